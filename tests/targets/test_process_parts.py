"""What the process target decides, without processes."""

import json
import os
import re
import stat
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipway.domain.service import NO_TRAFFIC, GatewayConfig, ServiceState, Traffic
from shipway.errors import TargetError
from shipway.image.bundle import WrittenBundle
from shipway.targets._local.health import NoAnswer, judge_answers, probe
from shipway.targets._local.logs import exit_reason, merged, tail_of, timed, written_at
from shipway.targets._local.plan import concurrency_of, gateway_spec, revision_record
from shipway.targets._local.records import RevisionFolder, ServiceFolder, ServiceRecord
from shipway.targets._local.runner import Examined
from shipway.targets._local.snapshot import log_lines
from shipway.targets.process import server
from shipway.targets.process.app import copy_app
from shipway.targets.process.files import ServerFiles
from shipway.targets.process.health import Observation, status_of
from shipway.targets.process.runner import ProcessRunner
from tests.targets.contract import CANARY, spec_for
from tests.targets.test_fake import IMAGE
from tests.unit.verification.little_server import little_server

NOW = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
TRACEBACK = 'init() failed\nTraceback (most recent call last):\n  File "score.py", line 3\nValueError: bad weights'


def record(level, message):
    return json.dumps({"ts": "2026-07-01T12:00:00.000Z", "level": level, "pid": 1, "logger": "x", "message": message})


START = record("INFO", "shipway-serving 0.1.0 listens on 127.0.0.1:5101")


def revision(revision_id, *, port=5101, **changes):
    image = replace(IMAGE, interpreter="/venvs/a/bin/python")
    spec = replace(spec_for(image, revision_id), **changes)
    return revision_record(spec, Examined(concurrency=1), port=port, asked_port=port, now=NOW)


@pytest.mark.parametrize(
    ("seen", "native", "message"),
    [
        (Observation(alive=False, reason="init() failed"), "failed", "init() failed"),
        (
            Observation(alive=False, reason="it was killed", foreign="nginx (process 8)"),
            "failed",
            "it was killed; its port 5101 is held by nginx (process 8) now: `shipway up` moves it to another",
        ),
        (Observation(alive=False, stopped=True), "stopped", "it was stopped; `shipway up` starts it again"),
        (Observation(alive=True, stopped=True), "deploying", "its server is starting"),
        (Observation(alive=True), "deploying", "its server is starting"),
        (Observation(alive=True, listening=True, ready=503), "deploying", "init() has not finished"),
        (Observation(alive=True, listening=True, ready=200, health=200), "running", ""),
        (
            Observation(alive=True, listening=True),
            "unknown",
            "its server did not answer GET /ready on port 5101 within 2 s",
        ),
        (
            Observation(alive=True, listening=True, ready=200, health=502),
            "unknown",
            "its server is ready but answers GET / with 502",
        ),
        (
            Observation(alive=True, listening=True, ready=200),
            "unknown",
            "its server is ready but answers GET / with nothing",
        ),
        (Observation(alive=True, listening=True, ready=404), "unknown", "its server answers GET /ready with 404"),
    ],
)
def test_what_is_seen_of_a_revision_has_v1s_word(seen, native, message):
    status = status_of(seen, 5101, NOW)
    assert (status.native, status.message, status.observed_at) == (native, message, NOW)
    assert (status.state is ServiceState.HEALTHY) == (native == "running")


def test_the_scripts_own_error_is_the_reason_of_an_end():
    lines = [START, record("ERROR", TRACEBACK), record("CRITICAL", "The server ends."), record("INFO", "ended with 3")]
    assert exit_reason(lines, []) == "init() failed: ValueError: bad weights"


def raised(text, frames='  File "score.py", line 3\n    load()\n'):
    return record("ERROR", f"init() failed\nTraceback (most recent call last):\n{frames}{text}")


NO_MODEL = """azureml.exceptions.ModelNotFoundException: ModelNotFoundException:
\tMessage: Model mm not found in cache
\tInnerException None
\tErrorResponse\x20
{
    "error": {
        "message": "Model mm not found in cache"
    }
}"""


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (NO_MODEL, "ModelNotFoundException: Model mm not found in cache"),
        ("ValueError: shapes differ\n\nsee above\n}", "ValueError: shapes differ"),
        ("ValueError: shapes differ:\n  (3,) and (4,)\nsee above", "ValueError: shapes differ: (3,) and (4,)"),
        ("lib.errors.Bad: no", "lib.errors.Bad: no"),
        ("KeyError", "KeyError"),
        ("", "load()"),
        ("    | ValueError: of a group\n    +------------------------------------", "ValueError: of a group"),
    ],
)
def test_an_error_of_many_lines_is_told_by_its_name_and_first_line(text, told):
    assert exit_reason([START, raised(text)], []) == f"init() failed: {told}"


def test_of_errors_that_led_to_another_the_last_is_told():
    chain = "KeyError: 'w'\n\nThe above exception was the direct cause of the following exception:\n\n"
    chain += 'Traceback (most recent call last):\n  File "score.py", line 9\nRuntimeError: no weights\nof any kind'
    assert exit_reason([START, raised(chain)], []) == "init() failed: RuntimeError: no weights"


def test_an_error_before_the_last_start_is_not_the_reason():
    reason = exit_reason([START, record("ERROR", TRACEBACK), START], [])
    assert (
        reason
        == "its process has ended without a reason in its log; it may have been killed, or this machine restarted"
    )


def test_an_end_without_a_traceback_has_the_servers_reason():
    assert exit_reason([START, record("CRITICAL", "3 workers have died.\nmore")], []) == "3 workers have died."


HOPELESS = "3 workers have died without one successful run in between. The server ends."
QUIT = (
    "run() ended its process with SystemExit; the worker is restarted\n"
    "Traceback (most recent call last):\nSystemExit: no"
)


def test_workers_that_kept_quitting_are_told_with_what_their_script_said():
    lines = [
        START,
        record("ERROR", QUIT),
        record("ERROR", "worker 7 ended with exit code 5"),
        record("CRITICAL", HOPELESS),
    ]
    assert exit_reason(lines, []) == (
        "run() ended its process with SystemExit; the worker is restarted: SystemExit: no; "
        "3 workers have died without one successful run in between"
    )


def test_workers_that_kept_dying_are_told_with_how_and_not_with_an_error_that_they_lived_through():
    lines = [
        START,
        record("ERROR", TRACEBACK),
        record("ERROR", "worker 7 was ended by signal 11"),
        record("CRITICAL", HOPELESS),
    ]
    assert exit_reason(lines, []) == (
        "worker 7 was ended by signal 11; 3 workers have died without one successful run in between"
    )


def test_a_server_that_does_not_answer_is_told_with_the_last_error_in_its_log():
    silent = judge_answers(5001, ready=NoAnswer.SILENT, health=None, complaint="worker 7 was ended by signal 11")
    assert silent == (
        "unknown",
        "its server did not answer GET /ready on port 5001 within 2 s; its log says: worker 7 was ended by signal 11",
    )
    stuck = judge_answers(5001, ready=200, health=503, complaint="run() does not end: it was told to 10 s ago")
    assert stuck == (
        "unknown",
        "its server is ready but answers GET / with 503; its log says: run() does not end: it was told to 10 s ago",
    )


def test_a_run_that_does_not_end_is_told_from_an_init_that_has_not_ended():
    with little_server(health=(503, '{"message": "run() is stuck: it has not ended"}')) as url:
        host, port = url.removeprefix("http://").split(":")
        assert probe(host, int(port), "/") is NoAnswer.STUCK
    with little_server(health=(503, "Not ready: starting.")) as url:
        host, port = url.removeprefix("http://").split(":")
        assert probe(host, int(port), "/") == 503
    assert judge_answers(5001, ready=503, health=None) == ("deploying", "init() has not finished")
    assert judge_answers(5001, ready=NoAnswer.STUCK, health=None) == (
        "unknown",
        "run() does not end: it went on after SCORING_TIMEOUT_MS, and no request is answered",
    )


def test_a_server_with_thousands_of_threads_runs_and_says_so():
    assert judge_answers(5001, ready=200, health=200, threads=1000) == ("running", "")
    assert judge_answers(5001, ready=200, health=200, threads=1001) == (
        "running",
        "its processes have 1,001 threads: the script starts threads that do not end",
    )


def test_an_end_before_the_log_has_the_last_word_of_the_output():
    output = ["Traceback (most recent call last):", "ModuleNotFoundError: No module named 'httptools'", ""]
    assert exit_reason([], output) == "ModuleNotFoundError: No module named 'httptools'"
    assert exit_reason([], []) == "its process has ended before it said anything"


def test_records_become_lines_for_people_and_other_lines_stay():
    lines = [line for _, line in timed(["plain", '{"half": ', record("ERROR", "one\ntwo"), "[]"])]
    assert lines == ["plain", '{"half": ', "2026-07-01T12:00:00.000Z ERROR one", "two", "[]"]


def test_the_logs_of_revisions_are_one_by_time_with_the_revision_before_each_line():
    def at(second, message):
        return json.dumps({"ts": f"2026-07-01T12:00:{second:02}.000Z", "level": "INFO", "message": message})

    logs = {"r1": timed([at(1, "a\nmore of a"), at(4, "d"), "no record"]), "r2": timed([at(2, "b"), at(3, "c")])}
    lines = [
        "r1  2026-07-01T12:00:01.000Z INFO a",
        "r1  more of a",
        "r2  2026-07-01T12:00:02.000Z INFO b",
        "r2  2026-07-01T12:00:03.000Z INFO c",
        "r1  2026-07-01T12:00:04.000Z INFO d",
        "r1  no record",
    ]
    assert merged(logs, 10) == lines
    assert merged(logs, 3) == lines[-3:]
    assert merged(logs, 0) == []
    assert merged({"r2": logs["r2"]}, 1) == ["2026-07-01T12:00:03.000Z INFO c"]


def test_what_a_server_said_before_it_had_a_log_counts_as_said_when_it_was_written(tmp_path):
    first, second = RevisionFolder(tmp_path / "r1"), RevisionFolder(tmp_path / "r2")
    for folder in (first, second):
        folder.root.mkdir()
    ServerFiles(first).server_log.write_text(record("INFO", "early") + "\n")
    output_log = ServerFiles(second).output_log
    output_log.write_text("Traceback\nImportError: no numpy\n")
    os.utime(output_log, (NOW.timestamp() + 1, NOW.timestamp() + 1))
    assert log_lines([second, first], ProcessRunner(), 9) == [
        "r1  2026-07-01T12:00:00.000Z INFO early",
        "r2  Traceback",
        "r2  ImportError: no numpy",
    ]
    assert log_lines([first], ProcessRunner(), 9) == ["2026-07-01T12:00:00.000Z INFO early"]
    assert written_at(tmp_path / "absent") == ""


@given(
    st.dictionaries(st.sampled_from(["r1", "r2", "r3"]), st.lists(st.one_of(st.none(), st.integers(0, 59)), max_size=9))
)
def test_merging_loses_no_line_and_goes_by_the_time_of_each_record(times):
    def line(number, second):
        known = {"ts": f"2026-07-01T12:00:{second:02}.000Z", "message": str(number)} if second is not None else None
        return json.dumps(known) if known else str(number)

    logs = {name: timed(line(n, second) for n, second in enumerate(seconds)) for name, seconds in times.items()}
    lines = merged(logs, 100)
    told = [line.removeprefix(f"{name}  ") for name in logs for line in lines if len(logs) == 1 or name in line]
    assert sorted(told) == sorted(text for of_one in logs.values() for _, text in of_one)
    at = [found.group() for each in lines if (found := re.search(r"2026-\S+Z", each))]
    assert at == sorted(at)


def test_workers_that_write_past_each_other_are_told_in_order_of_time():
    def at(millisecond, message):
        return json.dumps({"ts": f"2026-07-01T12:00:15.{millisecond}Z", "message": message})

    logs = {"r1": timed([at(946, "third")]), "r2": timed([at(950, "fourth"), at(920, "first\nsecond")])}
    assert [line.split()[-1] for line in merged(logs, 9)] == ["first", "second", "third", "fourth"]


def test_the_tail_of_a_large_log_begins_with_a_whole_line(tmp_path):
    log = tmp_path / "log"
    log.write_text("".join(f"{number:0999}\n" for number in range(1000)))
    lines = tail_of(log)
    assert 500 < len(lines) < 530
    assert {len(line) for line in lines} == {999}
    assert tail_of(tmp_path / "absent") == []


def test_a_server_gets_what_it_needs_of_the_machine_and_nothing_else():
    caller = {"HOME": "/home/ada", "PATH": "/usr/bin", "AWS_SECRET_ACCESS_KEY": CANARY, "PREFECT_API_KEY": CANARY}
    variables = {"AZUREML_MODEL_DIR": "azureml-models/digits/1", "AML_APP_ROOT": "/bundles/b/app", "PYTHONPATH": "lib"}
    bundle = WrittenBundle(location=Path("/bundles/b"), variables=variables, command=())
    assert server.environment("digits", revision("r1"), bundle, Path("/s/app"), caller) == {
        "HOME": "/home/ada",
        "PATH": "/venvs/a/bin:/usr/bin",
        "VIRTUAL_ENV": "/venvs/a",
        "PYTHONPATH": "/bundles/b/serving:lib",
        "SERVICE_NAME": "digits",
        "AML_APP_ROOT": "/s/app",
        "AZUREML_MODEL_DIR": "azureml-models/digits/1",
    }


def test_a_server_is_started_on_loopback_with_files_of_its_own():
    files = ServerFiles(RevisionFolder(Path("/s/revisions/r1")))
    assert server.argv(revision("r1"), files, drain_s=60) == (
        *("/venvs/a/bin/python", "-m", "shipway_serving"),
        *("--host", "127.0.0.1", "--port", "5101"),
        *("--pid_file", "/s/revisions/r1/pid", "--log_file", "/s/revisions/r1/server.log"),
        *("--log_max_bytes", "10000000", "--log_backups", "2", "--drain_s", "60"),
    )


@pytest.mark.parametrize(("value", "count"), [(None, 1), ("4", 4), ("0", 1), ("many", 1)])
def test_v1s_worker_count_is_how_many_requests_run_at_once(value, count):
    assert concurrency_of(value) == count


def test_the_revision_with_the_most_traffic_decides_about_limits():
    one = revision("r1", gateway=GatewayConfig(timeout_ms=1000))
    two = revision("r2", port=5102, gateway=GatewayConfig(timeout_ms=2000, max_queue=3))
    service = ServiceRecord(name="digits", kind="process", port=6789, traffic=NO_TRAFFIC, created_at=NOW)

    def settings(**weights):
        return gateway_spec(replace(service, traffic=Traffic(weights=weights)), (one, two)).settings

    assert gateway_spec(service, (one, two)).settings == GatewayConfig()
    assert settings(r1=90, r2=10) == one.gateway
    assert settings(r1=10, r2=90) == two.gateway
    assert gateway_spec(service, (one, two)).revisions == {"r1": "127.0.0.1:5101", "r2": "127.0.0.1:5102"}


def test_records_are_read_as_they_were_written(tmp_path):
    folder = ServiceFolder(tmp_path / "digits")
    service = ServiceRecord(name="digits", kind="process", port=1, traffic=Traffic.all_to("r1"), created_at=NOW)
    folder.write(service)
    folder.revision("r1").write(revision("r1"))
    assert folder.read() == service
    assert folder.revisions() == (revision("r1"),)
    assert folder.record.stat().st_mode & 0o077 == 0


def test_a_revision_has_its_own_writable_copy_and_what_was_half_copied_is_done_anew(tmp_path):
    source, app = tmp_path / "bundle" / "app", tmp_path / "revision" / "app"
    source.mkdir(parents=True)
    (source / "model").write_text("whole")
    (source / "model").chmod(0o555)
    app.with_name("app.new").mkdir(parents=True)
    (app.with_name("app.new") / "rubbish").touch()
    copy_app(source, app)
    assert [path.name for path in app.iterdir()] == ["model"]
    assert stat.S_IMODE((app / "model").stat().st_mode) == 0o755
    (app / "model").write_text("changed")
    copy_app(source, app)
    assert ((app / "model").read_text(), (source / "model").read_text()) == ("changed", "whole")


def test_a_copy_that_fails_says_why_and_leaves_nothing(tmp_path):
    with pytest.raises(
        TargetError, match=r"the app folder .*absent cannot be copied to .*app: No such file or directory"
    ):
        copy_app(tmp_path / "absent", tmp_path / "revision" / "app")
    assert list((tmp_path / "revision").iterdir()) == []
