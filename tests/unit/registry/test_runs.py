"""What may go wrong between a run's files and us. How MLflow itself answers is in tests/runs."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from shipway.errors import RegistryError, Transient
from shipway.registry.mlflow_http import Connection, tracking_server
from shipway.registry.mlflow_tracking import Tracking
from shipway.registry.run_download import download, find_in, run_path
from shipway.registry.run_files import RunFile, files_at
from shipway.registry.runs import best_run, fetch_from_run, find_run
from tests.unit.registry.tracking import RUN, Behaviour, misbehaving

DATA = bytes(range(256)) * 8192
"""2 MB: two chunks, so that what a broken line brought is not all or nothing."""


@contextmanager
def connected(behaviour: Behaviour, pauses: list[float] | None = None) -> Iterator[Connection]:
    with misbehaving(behaviour) as url:
        noted = pauses if pauses is not None else []
        connection = Connection(tracking_server({"MLFLOW_TRACKING_URI": url}), pause=noted.append)
        try:
            yield connection
        finally:
            connection.close()


def fetch(connection: Connection, path: str, to: Path, *, run_id: str | None = None) -> bytes:
    files = files_at("mlflow-artifacts:/0/run/files", connection, {}, run_id=run_id)
    wanted = find_in(files, path)
    assert wanted is not None
    download(files, wanted, to, pause=lambda _: None)
    return to.read_bytes() if to.is_file() else b""


def fault(act: Callable[[], object]) -> str:
    with pytest.raises(RegistryError) as caught:
        act()
    return str(caught.value)


def test_a_broken_line_is_taken_up_where_it_broke(tmp_path: Path) -> None:
    behaviour = Behaviour({"outputs/model.onnx": DATA}, breaks=[1_500_000, 100_000])
    with connected(behaviour) as connection:
        assert fetch(connection, "outputs/model.onnx", tmp_path / "model") == DATA
    ranges = [headers.get("range") for path, headers in behaviour.asked if path.endswith("model.onnx")]
    assert ranges[0] is None
    assert all(one is not None and one != "bytes=0-" for one in ranges[1:])


def test_where_a_part_cannot_be_had_the_file_begins_again(tmp_path: Path) -> None:
    with connected(Behaviour({"model": DATA}, breaks=[1_500_000], ranges=False)) as connection:
        assert fetch(connection, "model", tmp_path / "model") == DATA


def test_other_bytes_at_the_same_path_are_never_mixed_with_the_first(tmp_path: Path) -> None:
    behaviour = Behaviour({"model": DATA}, breaks=[1_500_000], marks=['"1"', '"2"'])
    with connected(behaviour) as connection:
        assert fetch(connection, "model", tmp_path / "model") == DATA
    assert behaviour.asked[-1][1]["if-range"] == '"1"'


def test_bytes_without_a_mark_begin_again(tmp_path: Path) -> None:
    """Nobody could tell whether they are still the same."""
    behaviour = Behaviour({"model": DATA}, breaks=[1_500_000], marks=[""])
    with connected(behaviour) as connection:
        assert fetch(connection, "model", tmp_path / "model") == DATA
    assert not any("range" in headers for _, headers in behaviour.asked)


@pytest.mark.parametrize(
    "behaviour",
    [
        Behaviour({"model": DATA}, breaks=[0] * 9),
        Behaviour({"model": DATA}, breaks=[1_500_000] * 9, ranges=False),
    ],
    ids=["nothing comes", "it always begins again"],
)
def test_a_line_that_brings_no_more_than_before_is_given_up(tmp_path: Path, behaviour: Behaviour) -> None:
    with (
        connected(behaviour) as connection,
        pytest.raises(Transient, match=r"does not answer: .* of 2097152 bytes of model had come$"),
    ):
        fetch(connection, "model", tmp_path / "model")
    assert len(behaviour.breaks) == 5


def test_a_line_that_breaks_again_and_again_is_taken_up_as_long_as_it_brings_something(tmp_path: Path) -> None:
    behaviour = Behaviour({"model": DATA * 5}, breaks=[1_100_000] * 9)
    with connected(behaviour) as connection:
        assert fetch(connection, "model", tmp_path / "model") == DATA * 5


@pytest.mark.parametrize("shortcut", [True, False])
def test_a_runs_files_are_had_as_the_servers_pages_have_them_where_it_has_pages(tmp_path: Path, shortcut: bool) -> None:
    behaviour = Behaviour({"model": DATA}, shortcut=shortcut)
    with connected(behaviour) as connection:
        assert fetch(connection, "model", tmp_path / "model", run_id=RUN) == DATA
    assert (behaviour.asked[-1][0] == "/get-artifact") is shortcut


def test_a_file_of_another_size_than_the_run_says_is_refused(tmp_path: Path) -> None:
    with connected(Behaviour({"model": b"abc"}, sizes={"model": 4})) as connection:
        said = fault(lambda: fetch(connection, "model", tmp_path / "model"))
        assert said == f"model of the run has 4 bytes, and 3 came from {connection.where}; try again"


def test_a_busy_server_is_asked_again_and_a_dead_one_given_up() -> None:
    pauses: list[float] = []
    with connected(Behaviour({}, busy=2), pauses) as connection:
        assert find_run(Tracking(connection), RUN).experiment == "Default"
    assert pauses == [0.5, 2.0]
    with connected(Behaviour({}, busy=3)) as connection:
        said = fault(lambda: find_run(Tracking(connection), RUN))
        assert said == f"the tracking server {connection.where} refuses (503): Service Unavailable"


def test_a_refused_login_says_which_variables_there_are() -> None:
    with connected(Behaviour({}, status=401)) as connection:
        assert fault(lambda: find_run(Tracking(connection), RUN)) == (
            f"the tracking server {connection.where} does not let you in (401); set MLFLOW_TRACKING_TOKEN, or "
            "MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD"
        )


def test_what_is_no_tracking_server_is_said_to_be_none() -> None:
    with connected(Behaviour({}, status=200, body=b"<html>Welcome</html>")) as connection:
        assert fault(lambda: find_run(Tracking(connection), RUN)) == (
            f"{connection.where} does not answer as an MLflow tracking server does (200, text/html); "
            "check MLFLOW_TRACKING_URI"
        )


def test_a_name_that_leads_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    files = {"outputs/x": b"x"}
    listed = {"outputs": [{"path": "..", "is_dir": False, "file_size": 1}]}
    with connected(Behaviour(files, listed=listed)) as connection:
        said = fault(lambda: fetch(connection, "outputs", tmp_path / "payload"))
    assert said == "a tree with the path '..' cannot be written: it leads outside its folder"
    assert [path.name for path in tmp_path.rglob("*")] == ["payload"]


def test_an_endless_listing_is_refused(tmp_path: Path) -> None:
    """A proxy that shows the same for every path would never end."""
    listed = {"/".join(["x"] * depth): [{"path": "x", "is_dir": True}] for depth in range(1, 40)}
    with connected(Behaviour({"x/y": b""}, listed=listed)) as connection:
        said = fault(lambda: fetch(connection, "x", tmp_path / "payload"))
    assert said.endswith("of the run lies more than 32 folders deep; fetch it by other means")


def test_an_empty_folder_of_a_run_registers_nothing(tmp_path: Path) -> None:
    with connected(Behaviour({"outputs/x": b""}, listed={"outputs": []})) as connection:
        said = fault(lambda: fetch(connection, "outputs", tmp_path / "payload"))
    assert said == "outputs of the run is empty: there is nothing to register"


def test_a_token_goes_to_the_tracking_server_and_nowhere_else() -> None:
    with (
        misbehaving(one := Behaviour({"model": b"x"})) as ours,
        misbehaving(other := Behaviour({"model": b"x"})) as theirs,
    ):
        connection = Connection(tracking_server({"MLFLOW_TRACKING_URI": ours, "MLFLOW_TRACKING_TOKEN": "t0p"}))
        find_run(Tracking(connection), RUN)
        elsewhere = files_at(f"mlflow-artifacts://{theirs.removeprefix('http://')}/0/run/files", connection, {})
        assert elsewhere.children("") == [RunFile(path="model", is_folder=False, size_bytes=1)]
        with elsewhere.open("model", 0, "") as opened:
            assert b"".join(opened.chunks) == b"x"
        connection.close()
    assert one.asked[0][1]["authorization"] == "Bearer t0p"
    assert all("authorization" not in headers for _, headers in other.asked)


def test_a_name_and_a_password_are_taken_from_the_url_or_the_environment() -> None:
    for settings in (
        {"MLFLOW_TRACKING_URI": "http://me:hunter2@127.0.0.1:5000/ml/"},
        {
            "MLFLOW_TRACKING_URI": "http://127.0.0.1:5000/ml",
            "MLFLOW_TRACKING_USERNAME": "me",
            "MLFLOW_TRACKING_PASSWORD": "hunter2",
        },
    ):
        server = tracking_server(settings)
        assert (server.url, server.username) == ("http://127.0.0.1:5000/ml", "me")
        assert server.password is not None
        assert server.password.reveal() == "hunter2"
        assert "hunter2" not in repr(server)


def test_a_server_that_is_away_is_named_without_its_password() -> None:
    server = tracking_server({"MLFLOW_TRACKING_URI": "http://me:hunter2@127.0.0.1:9/ml/"})
    said = fault(lambda: find_run(Tracking(Connection(server, pause=lambda _: None)), "x"))
    assert said.startswith("the tracking server http://127.0.0.1:9/ml does not answer: ")
    assert said.endswith("; check MLFLOW_TRACKING_URI")


@pytest.mark.parametrize(
    ("uri", "text"),
    [
        ("", "MLFLOW_TRACKING_URI is not set, and a run is looked up on an MLflow tracking server: "),
        ("./mlruns", "MLFLOW_TRACKING_URI: ./mlruns is not the URL of a tracking server; "),
        ("sqlite:///mlflow.db", "MLFLOW_TRACKING_URI: sqlite:///mlflow.db is not the URL of a tracking server; "),
        ("databricks", "MLFLOW_TRACKING_URI: databricks is not the URL of a tracking server; "),
    ],
)
def test_a_setting_that_names_no_server_says_what_to_do(uri: str, text: str) -> None:
    said = fault(lambda: tracking_server({"MLFLOW_TRACKING_URI": uri}))
    assert said.startswith(text)
    assert "-p PATH" in said


@pytest.mark.parametrize("text", ["", ".", "/outputs", "../outputs", "a/../../b"])
def test_a_path_that_leads_out_of_the_run_is_refused(text: str) -> None:
    assert (
        fault(lambda: run_path(text)) == f"asset path {text!r} is no path in a run; give one such as outputs/model.onnx"
    )


def test_a_path_is_taken_as_people_write_it() -> None:
    assert [run_path(text) for text in ("./outputs/", "outputs//model.onnx", r"outputs\model.onnx")] == [
        "outputs",
        "outputs/model.onnx",
        "outputs/model.onnx",
    ]


def test_files_that_nobody_here_can_reach_are_refused(tmp_path: Path) -> None:
    with connected(Behaviour({})) as connection:
        assert fault(lambda: files_at("hdfs://cluster/run", connection, {})) == (
            "hdfs://cluster/run cannot be reached from here; fetch the files with MLflow's own client, and register "
            "them with -p"
        )
        said = fault(lambda: files_at("s3://bucket/run", connection, {"MLFLOW_S3_ENDPOINT_URL": "http://127.0.0.1:9"}))
        assert "set AWS_ENDPOINT_URL to the same" in said


def test_what_a_killed_download_left_behind_is_removed_by_a_later_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    old, young, ours = (
        tmp_path / f"shipway-run-{name}" for name in (f"{ended.pid}-a", f"{ended.pid}-b", f"{os.getpid()}-c")
    )
    for folder in (old, young, ours):
        folder.mkdir()
    for folder in (old, ours):
        os.utime(folder, (0, 0))
    with connected(Behaviour({"model": b"x"})) as connection:
        tracking = Tracking(connection)
        with fetch_from_run(tracking, find_run(tracking, RUN), "model", {}) as fetched:
            assert fetched.path.read_bytes() == b"x"
    assert set(tmp_path.iterdir()) == {young, ours}


def test_a_name_of_a_metric_cannot_end_its_quotes() -> None:
    with connected(Behaviour({})) as connection:
        said = fault(lambda: best_run(Tracking(connection), "Default", "a` DESC, `b"))
        assert said == "metric 'a` DESC, `b' is no name that MLflow takes; leave the backtick out"
