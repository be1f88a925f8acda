"""What an index has, as its JSON says and as a folder of wheels does."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from packaging.version import Version

from shipway.image.packages.lock import PythonThere
from shipway.image.packages.mending.index import Index, IndexFile, releases_of
from tests.unit.image.wheels import write_wheel

THERE = PythonThere(version="3.6.15", platform="x86_64-manylinux_2_36")


def _file(name: str, day: str = "", **more: object) -> dict[str, object]:
    return {"filename": name, "upload-time": f"{day}T10:00:00Z" if day else None, **more}


NUMPY = [
    _file("numpy-1.15.0.zip", "2018-07-23"),
    _file("numpy-1.15.4.zip", "2018-11-04"),
    _file("numpy-1.15.4-cp36-cp36m-manylinux1_x86_64.whl", "2018-11-05"),
    _file("numpy-1.15.4-cp37-cp37m-manylinux1_x86_64.whl", "2018-11-05"),
    _file("numpy-1.16.0-cp36-cp36m-win_amd64.whl", "2019-01-14"),
    _file("numpy-1.16.0rc1-cp36-cp36m-manylinux1_x86_64.whl", "2018-12-20"),
    _file("numpy-1.17.0-cp36-cp36m-manylinux1_x86_64.whl", "2019-07-26", yanked="broken"),
    _file("numpy-1.20.0-cp36-cp36m-manylinux2010_x86_64.whl", "2021-01-30", **{"requires-python": ">=3.7"}),
    _file("numpy-tools-9.0-py3-none-any.whl", "2021-01-30"),
    _file("not a package", "2021-01-30"),
]


@pytest.fixture
def index() -> Iterator[str]:
    """An index that speaks JSON, and knows numpy alone."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known = self.path == "/simple/numpy/" and "json" in self.headers["Accept"]
            body = json.dumps({"files": NUMPY}).encode() if known else b"<html>"
            self.send_response(200 if known else 404)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/simple"
    server.shutdown()
    server.server_close()


def test_an_index_tells_versions_days_and_which_have_a_wheel_for_this_python(index: str, tmp_path: Path) -> None:
    found = Index((f"--index-url {index}",), THERE, tmp_path)
    known = {str(release.version): (release.day, release.has_wheel) for release in found.releases("NumPy")}
    assert known == {
        "1.20.0": ("2021-01-30", False),
        "1.16.0": ("2019-01-14", False),
        "1.15.4": ("2018-11-04", True),
        "1.15.0": ("2018-07-23", False),
    }
    assert found.day_of("numpy", "1.15.0") == "2018-07-23"
    release = found.release("numpy", "1.15.4")
    assert release is not None
    assert release.pythons == {"3.6", "3.7"}


def test_what_an_index_does_not_know_or_does_not_say_is_nothing(index: str, tmp_path: Path) -> None:
    found = Index((f"--index-url {index}",), THERE, tmp_path)
    assert found.releases("pandas") == ()
    assert found.day_of("numpy", "not.a.version") == ""
    assert Index((f"--index-url {index.replace('127.0.0.1', '127.0.0.1:1')}",), THERE, tmp_path).releases("numpy") == ()


def test_uvs_own_settings_name_the_index(index: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_DEFAULT_INDEX", index)
    assert Index((), THERE, tmp_path).day_of("numpy", "1.15.4") == "2018-11-04"


def test_a_folder_of_wheels_is_read_by_its_names(tmp_path: Path) -> None:
    write_wheel(tmp_path / "wheels", "alpha", "1.0")
    write_wheel(tmp_path / "wheels", "alpha", "2.0")
    found = Index(("--no-index", f"--find-links {tmp_path / 'wheels'}"), THERE, tmp_path)
    assert [release.version for release in found.releases("alpha")] == [Version("2.0"), Version("1.0")]


def test_a_wheel_of_this_machine_fits_this_machine() -> None:
    files = [IndexFile(name="alpha-1.0-py3-none-any.whl"), IndexFile(name="alpha-2.0-cp99-cp99-any.whl")]
    assert [release.has_wheel for release in releases_of(files, "alpha", PythonThere(version="3.11.7"))] == [
        False,
        True,
    ]
