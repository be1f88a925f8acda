"""Small pure decisions: settings, deaths, who accepts, how output and logs are cut."""

import os
from typing import Any, List

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipway_serving.contract.request_ids import ids_of
from shipway_serving.server.acceptor import BUSY_DELAY_S, accept_delay
from shipway_serving.server.command_line import settings_from
from shipway_serving.server.deaths import Deaths, after_death, after_success
from shipway_serving.server.exit_codes import WORKER_LEFT
from shipway_serving.server.limits import Limits, body_time
from shipway_serving.server.pid_file import path_in_arguments
from shipway_serving.server.settings import described, worker_environment
from shipway_serving.telemetry.log_sink import LogFile, LogSink
from shipway_serving.telemetry.output_lines import LONGEST_MESSAGE, OutputLines
from shipway_serving.telemetry.records import timestamp

HERE = os.path.dirname(os.path.realpath(__file__))

TRACEBACK = 'Traceback (most recent call last):\n  File "a", line 1\n    x()\nValueError: no\n'


def test_flags_are_taken_with_dashes_and_underscores() -> None:
    """Values with dashes stay as they are."""
    for flags in (["--model-dir", "a-b", "--worker-count=2"], ["--model_dir", "a-b", "--worker_count=2"]):
        settings = settings_from(flags, {}, HERE)
        assert (settings.layout.model_dir, settings.workers) == ("a-b", 2)


def test_without_flags_the_environment_of_v1_counts() -> None:
    """Section 7.2 of the contract."""
    environment = {
        "AML_APP_ROOT": "/tmp",
        "AZUREML_SOURCE_DIRECTORY": "src",
        "AZUREML_ENTRY_SCRIPT": "src/./score.py",
        "AZUREML_MODEL_DIR": "azureml-models/m/1",
        "SCORING_TIMEOUT_MS": "5000",
        "WORKER_COUNT": "3",
        "AZUREML_LOG_LEVEL": "debug",
    }
    settings = settings_from([], environment, HERE)
    assert settings.layout.script_path() == "/tmp/src/./score.py"
    assert settings.layout.import_folders() == ["/tmp", "/tmp/src"]
    assert settings.layout.model_dir == "azureml-models/m/1"
    assert (settings.contract.scoring_timeout_ms, settings.workers, settings.telemetry.log_level) == (5000, 3, "DEBUG")
    assert settings_from(["--worker_count", "1"], environment, HERE).workers == 1


def test_what_v1_took_is_taken() -> None:
    """No scoring timeout at all, and the other names of logging's levels."""
    settings = settings_from([], {"SCORING_TIMEOUT_MS": "0", "AZUREML_LOG_LEVEL": "warn"}, HERE)
    assert (settings.contract.scoring_timeout_ms, settings.telemetry.log_level) == (0, "WARNING")
    assert (
        settings_from(["--scoring_timeout_ms", "0"], {"SCORING_TIMEOUT_MS": "5"}, HERE).contract.scoring_timeout_ms == 0
    )


def test_a_worker_timeout_is_ignored_with_a_warning_unless_a_flag_or_a_variable_wants_it() -> None:
    """WORKER_TIMEOUT alone was v1's bug."""
    environment = {"WORKER_TIMEOUT": "9"}
    assert "WORKER_TIMEOUT is ignored" in settings_from([], environment, HERE).warnings[0]
    assert settings_from(["--v1_bugs", "worker-timeout"], environment, HERE).warnings == ()
    assert settings_from([], dict(environment, SHIPWAY_V1_BUGS="worker-timeout"), HERE).warnings == ()


def test_null_in_a_settings_file_is_as_good_as_nothing(tmp_path: Any) -> None:
    """And other values are those that stand there."""
    (tmp_path / "own.json").write_text(
        '\ufeff{"AML_CORS_ORIGINS": null, "WORKER_COUNT": 2, "SERVICE_NAME": "churn", "A=B": 1}', encoding="utf-8"
    )
    settings = settings_from(["--config_file", "own.json"], {"SERVICE_VERSION": "2"}, str(tmp_path))
    assert (settings.contract.cors_origins, settings.workers) == ((), 2)
    assert settings.identity.service_name == "churn"
    shown = worker_environment(settings, {"SERVICE_VERSION": "2", "A": "b"})
    assert shown == {
        "A": "b",
        "AML_APP_ROOT": str(tmp_path),
        "SERVICE_NAME": "churn",
        "SERVICE_VERSION": "2",
        "WORKER_COUNT": "2",
    }, "as if they stood in the environment: data collection looks there"


def test_paths_on_the_command_line_are_meant_from_the_working_folder() -> None:
    """A model folder stays relative where that means the same, because scripts take its value apart (C-20)."""
    flags = ["--entry_script", "x/score.py", "--model_dir", "azureml-models/m/1"]
    here = settings_from(flags, {}, HERE).layout
    assert (here.app_root, here.script_path(), here.model_dir) == (HERE, HERE + "/x/score.py", "azureml-models/m/1")
    settings = settings_from(flags, {"AML_APP_ROOT": "/tmp"}, HERE)
    away = settings.layout
    assert (away.script_path(), away.model_dir) == (HERE + "/x/score.py", HERE + "/azureml-models/m/1")
    shown = worker_environment(settings, {"A": "b"})
    assert shown == {
        "A": "b",
        "AML_APP_ROOT": "/tmp",
        "AZUREML_ENTRY_SCRIPT": HERE + "/x/score.py",
        "AZUREML_MODEL_DIR": HERE + "/azureml-models/m/1",
    }


@pytest.mark.parametrize(
    "flags, environment, complaint",
    [
        (["--port", "99999"], {}, "argument --port: 99999 is out of range: 0 to 65535"),
        (["--worker_count", "0"], {}, "argument --worker_count: 0 is out of range: at least 1"),
        ([], {"WORKER_COUNT": "many"}, "WORKER_COUNT: 'many' is not a whole number"),
        (["--nonsense"], {}, "unrecognized arguments: --nonsense"),
        (["--drain_s", "-1"], {}, "argument --drain_s: -1 is not a number of zero or more"),
        ([], {"AML_APP_ROOT": "/no/such/folder"}, "AML_APP_ROOT: /no/such/folder is not a folder"),
        ([], {"AZUREML_LOG_LEVEL": "loud"}, "AZUREML_LOG_LEVEL: 'LOUD' is none of DEBUG, INFO"),
        ([], {"AML_CORS_ORIGINS": "*.example.com"}, "AML_CORS_ORIGINS: '*.example.com' is no valid pattern"),
    ],
)
def test_bad_settings_exit_with_1(flags: List[str], environment: Any, complaint: str, capsys: Any) -> None:
    """Not with argparse's 2."""
    with pytest.raises(SystemExit) as caught:
        settings_from(flags, environment, HERE)
    assert caught.value.code == 1
    assert complaint in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments, path",
    [
        ([], None),
        (["--pid_file", "/p"], "/p"),
        (["--pid-file=/p"], "/p"),
        (["--pid_file", "/o", "--pid_file=/p"], "/p"),
        (["--pid_file"], None),
    ],
)
def test_the_pid_file_is_found_without_argparse(arguments: List[str], path: Any) -> None:
    """It is needed before argparse has been imported."""
    assert path_in_arguments(arguments) == path


def test_three_deaths_in_a_row_are_hopeless_and_a_success_starts_anew() -> None:
    """Whatever killed the workers."""
    two = after_death(after_death(Deaths(), -9), 5)
    assert not two.hopeless
    assert after_death(two, 1).hopeless
    assert not after_death(after_success(two), 1).hopeless
    assert after_death(two, WORKER_LEFT) == two


def test_an_empty_request_id_counts_as_none() -> None:
    """A proxy with an unset variable sends one."""
    assert ids_of({"x-request-id": ""}, "new").request_id == "new"


def test_a_script_that_cannot_start_is_hopeless_at_once() -> None:
    """Exit code 3 of a worker ends the server (P-4)."""
    assert after_death(Deaths(), 3).hopeless


def test_the_only_worker_accepts_at_once_and_a_busy_one_of_many_last() -> None:
    """Health answers within 100 ms in every case."""
    assert accept_delay(1, True, 100) == 0
    assert accept_delay(2, False, 0) == 0
    assert accept_delay(2, False, 1) < accept_delay(2, False, 3) < accept_delay(2, True, 0) == BUSY_DELAY_S < 0.1


def test_a_slow_body_may_take_longer_if_it_keeps_coming() -> None:
    """The time grows with what has come, a second a kibibyte."""
    limits = Limits(body_s=30.0)
    assert (body_time(limits, 0), body_time(limits, 10 * 1024)) == (30.0, 40.0)


@given(st.lists(st.sampled_from(["one\n", "two\n", "\n", TRACEBACK, "é\n"])), st.lists(st.integers(0, 400)))
def test_how_output_is_cut_does_not_change_its_messages(texts: List[str], cuts: List[int]) -> None:
    """Lines are messages and a traceback is a single one."""
    data = "".join(texts).encode("utf-8")
    edges = [0] + sorted(min(cut, len(data)) for cut in cuts) + [len(data)]
    output = OutputLines()
    messages = [message for begin, end in zip(edges, edges[1:]) for message in output.feed(data[begin:end])]
    assert messages + output.flush() == [text.rstrip("\n") for text in texts if text != "\n"]


def test_output_without_an_end_is_held_back_until_flushed_or_too_long() -> None:
    """It must neither glue to the next message nor fill the memory."""
    output = OutputLines()
    assert output.feed(b"begun") == [] and output.holds_back()
    assert output.flush() == ["begun"] and not output.holds_back()
    assert len(output.feed(b"x" * (LONGEST_MESSAGE + 1))) == 1


def test_a_log_file_is_rotated_before_it_exceeds_its_limit(tmp_path: Any) -> None:
    """No line is cut, the oldest backup goes, and a restart appends."""
    path = str(tmp_path / "log")
    for batch in ([b"one..\n", b"two..\n", b"three\n"], [b"four.\n", b"five.\n"]):
        LogSink(LogFile(path, 12, 2)).write(batch)
    contents = {name: (tmp_path / name).read_bytes() for name in os.listdir(str(tmp_path))}
    assert contents == {"log": b"five.\n", "log.1": b"three\nfour.\n", "log.2": b"one..\ntwo..\n"}


def test_times_are_utc_with_milliseconds() -> None:
    """RFC 3339."""
    assert timestamp(0.0) == "1970-01-01T00:00:00.000Z"
    assert timestamp(1767225599.9999) == "2025-12-31T23:59:59.999Z"


def test_a_settings_file_that_names_what_nobody_reads_is_told_so(tmp_path: Any) -> None:
    """P-1; what the script may want stays."""
    path = tmp_path / "settings.json"
    path.write_text('{"port": 5733, "WORKER_COUNT": 2, "AML_MODEL_DC_DEBUG": "true"}')
    settings = settings_from(["--config_file", str(path)], {}, HERE)
    assert settings.workers == 2
    told = "The settings file names port, which is no setting of the server; only the script sees it."
    assert settings.warnings == (told,)


def test_the_log_says_at_the_start_what_was_asked_for() -> None:
    settings = settings_from(["--profile", "legacy", "--worker_count", "2", "--health_port", "5000"], {}, HERE)
    assert described(settings) == "profile legacy, 2 workers, http, no keys asked for, health on port 5000"
