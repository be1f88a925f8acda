"""What stands at MLFLOW_TRACKING_URI may be no tracking server at all: said in words, whatever it answers."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from shipway.errors import MachineError, RegistryError
from shipway.registry.mlflow_http import Connection, tracking_server
from shipway.registry.mlflow_tracking import Tracking
from shipway.registry.run_download import download, find_in, what_is_there
from shipway.registry.run_files import RunFile, files_at
from shipway.registry.runs import best_run, find_run
from tests.unit.registry.tracking import served


@contextmanager
def answering(body: bytes, status: int = 200, **headers: str) -> Iterator[str]:
    """The URL of a server that says the same to all."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("content-length", 0)))
            self.send_response(status)
            for name, value in (headers | {"content-length": str(len(body))}).items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815 - http.server's name

        def log_message(self, *_: object) -> None:
            pass

    with served(Handler) as url:
        yield url


@contextmanager
def tracked(url: str) -> Iterator[Tracking]:
    connection = Connection(tracking_server({"MLFLOW_TRACKING_URI": url}), pause=lambda _: None)
    try:
        yield Tracking(connection)
    finally:
        connection.close()


def test_of_a_folder_only_files_and_folders_are_files_of_a_run(tmp_path: Path) -> None:
    (tmp_path / "model").write_text("abc")
    (tmp_path / "gone").symlink_to("nowhere")
    os.mkfifo(tmp_path / "pipe")
    with tracked("http://127.0.0.1:1") as tracking:
        files = files_at(tmp_path.as_uri(), tracking.connection, {})
    assert [one.path for one in files.children("")] == ["model"]
    assert find_in(files, "a\0/b") is None


def test_a_place_that_cannot_be_reached_is_named_without_its_login() -> None:
    with tracked("http://127.0.0.1:1") as tracking, pytest.raises(RegistryError) as error:
        files_at("sftp://ada:hunter2@host/x", tracking.connection, {})
    assert str(error.value).startswith("sftp://host/x cannot be reached from here; ")
    with tracked("http://127.0.0.1:1") as tracking, pytest.raises(RegistryError, match="does not answer as an MLflow"):
        files_at("http://[::1", tracking.connection, {})


@pytest.mark.parametrize("files", [b"null", b"[{}]", b'["a"]', b'[{"path": "a", "file_size": "much"}]'])
@pytest.mark.parametrize("location", ["mlflow-artifacts:/0/a", "nfs://there/a"])
def test_a_listing_in_a_form_that_no_mlflow_has_is_said_to_be_none(location: str, files: bytes) -> None:
    with answering(b'{"files": %s}' % files) as url, tracked(url) as tracking, pytest.raises(RegistryError) as error:
        files_at(location, tracking.connection, {}, run_id="a").children("")
    assert str(error.value).startswith(f"{url} does not answer as an MLflow tracking server does")


def test_files_that_the_disk_cannot_hold_are_refused_before_the_first_byte(tmp_path: Path) -> None:
    huge = RunFile(path="x", is_folder=False, size_bytes=10**18)
    with tracked("http://127.0.0.1:1") as tracking:
        files = files_at("mlflow-artifacts:/0/a", tracking.connection, {}, run_id="a")
        with pytest.raises(MachineError) as error:
            download(files, huge, tmp_path / "x")
    assert str(error.value).startswith(f"the run's files need 1000000000000 MB, and {tmp_path} has ")
    assert not (tmp_path / "x").exists()


def test_folders_within_folders_without_end_are_not_looked_through_for_a_message() -> None:
    with answering(b'{"files": [{"path": "x", "is_dir": true}]}') as url, tracked(url) as tracking:
        assert what_is_there(files_at("mlflow-artifacts:/0/a", tracking.connection, {}, run_id="a")) == "nothing, ..."


INFO = b'{"run": {"info": {"run_id": "a", "experiment_id": "1", %s}, "data": {"metrics": [%s]}}}'


@pytest.mark.parametrize(
    "body",
    [
        b'{"run": {}}',
        b'{"run": "x"}',
        b'{"run": null}',
        b'{"run": {"info": null}}',
        INFO % (b'"start_time": "yesterday"', b""),
        INFO % (b'"start_time": 99999999999999999999', b""),
        INFO % (b'"status": ""', b'{"key": "a", "value": "zz"}'),
        INFO % (b'"status": ""', b'"a"'),
        b"[" * 100_000,
    ],
)
def test_a_run_in_a_form_that_no_mlflow_has_is_said_to_be_none(body: bytes) -> None:
    with answering(body) as url, tracked(url) as tracking, pytest.raises(RegistryError) as error:
        find_run(tracking, "a")
    assert str(error.value).startswith(f"{url} does not answer as an MLflow tracking server does")
    assert str(error.value).endswith("check MLFLOW_TRACKING_URI")


@pytest.mark.parametrize("runs", [b'"abc"', b"null", b"[1]"])
@pytest.mark.parametrize("experiment", [b'{"experiment_id": "1"}', b"{}", b"null"])
def test_an_experiment_in_such_a_form_as_well(experiment: bytes, runs: bytes) -> None:
    body = b'{"experiment": %s, "runs": %s}' % (experiment, runs)
    with answering(body) as url, tracked(url) as tracking, pytest.raises(RegistryError) as error:
        best_run(tracking, "e", "auc")
    assert str(error.value).startswith(f"{url} does not answer as an MLflow tracking server does")


@pytest.mark.parametrize(("status", "headers"), [(302, {"location": "/x"}), (200, {"content_encoding": "gzip"})])
def test_a_server_that_sends_in_circles_or_garbage_does_not_answer(status: int, headers: dict[str, str]) -> None:
    with (
        answering(b"no gzip", status, **headers) as url,
        tracked(url) as tracking,
        pytest.raises(RegistryError) as error,
    ):
        find_run(tracking, "a")
    assert str(error.value).startswith(f"the tracking server {url} does not answer: ")


@pytest.mark.parametrize("url", ["http://[::1", "http://ada:pw@host:port", "http://host:99999999", "http://\0"])
def test_an_address_that_is_none_is_refused_by_name(url: str) -> None:
    with pytest.raises(RegistryError) as error:
        tracking_server({"MLFLOW_TRACKING_URI": url})
    shown = url.replace("ada:pw@", "")
    assert str(error.value).startswith(f"MLFLOW_TRACKING_URI: {shown} is not the URL of a tracking server; give http")


def test_a_host_that_no_name_can_be_does_not_answer() -> None:
    with (
        tracked("http://a..b") as tracking,
        pytest.raises(RegistryError, match=r"^the tracking server http://a\.\.b does"),
    ):
        find_run(tracking, "a")
