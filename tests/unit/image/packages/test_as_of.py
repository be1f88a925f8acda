"""The versions of a day, from an index that says when each was published, and from one that does not."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from shipway.domain.environment import Environment
from shipway.image.interpreters import own_interpreter
from shipway.image.packages.as_of import NO_DAY, attempts, names_in
from shipway.image.packages.lock import Lock, PythonThere, packages_in
from shipway.image.packages.question import Question
from shipway.image.packages.resolve import resolve
from shipway.machine.state import MachineState
from tests.unit.image.wheels import write_wheel

HERE = PythonThere(version=own_interpreter().version, interpreter=own_interpreter().path)
PUBLISHED = {
    ("httptools", "1.0"): "2025-01-01",
    ("alpha", "1.0"): "2020-05-01",
    ("alpha", "2.0"): "2022-05-01",
    ("beta", "1.0"): "2020-06-01",
    ("beta", "2.0"): "2023-06-01",
    ("gamma", "1.0"): "2022-08-01",  # needs a beta that is newer than itself
}


@contextmanager
def index_of(wheels: Path, *, dated: bool) -> Iterator[str]:
    """The JSON form of the simple API (PEP 691), with upload times (PEP 700) or without."""

    class Index(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = self.path.strip("/").split("/")
            data = page(parts[0], wheels, dated=dated) if len(parts) == 1 else (wheels / parts[1]).read_bytes()
            self.send_response(200)
            kind = "application/vnd.pypi.simple.v1+json" if len(parts) == 1 else "application/octet-stream"
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *words: object) -> None:
            """Not into the test's output."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Index)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def page(name: str, wheels: Path, *, dated: bool) -> bytes:
    files = []
    for (package, version), day in PUBLISHED.items():
        wheel = f"{package}-{version}-py3-none-any.whl"
        time = {"upload-time": f"{day}T12:00:00Z"} if dated else {}
        if package == name:
            files.append({"filename": wheel, "url": f"/files/{wheel}", "hashes": {}, **time})
    return json.dumps({"meta": {"api-version": "1.1"}, "name": name, "files": files}).encode()


@pytest.fixture
def wheels(tmp_path: Path) -> Path:
    for name, version in PUBLISHED:
        write_wheel(tmp_path / "wheels", name, version, requires=("beta>=2",) if name == "gamma" else ())
    return tmp_path / "wheels"


@pytest.fixture
def dated(wheels: Path) -> Iterator[str]:
    with index_of(wheels, dated=True) as url:
        yield url


def resolved(state: MachineState, index: str, *requirements: str, as_of: str | None) -> Lock:
    lines = (f"--index-url {index}", *requirements)
    return resolve(Environment(name="mine", requirements=lines, as_of=as_of), HERE, "httptools\n", state)


def test_unpinned_names_are_of_the_day_and_the_servers_own_are_not(dated: str, state: MachineState) -> None:
    lock = resolved(state, dated, "alpha", "beta", as_of="2021-01-01")
    assert packages_in(lock.text) == ["alpha==1.0", "beta==1.0", "httptools==1.0"]
    assert lock.told == ("packages as of 2021-01-01",)
    assert packages_in(resolved(state, dated, "alpha", as_of=None).text)[0] == "alpha==2.0"


def test_a_pin_that_is_newer_than_the_day_holds(dated: str, state: MachineState) -> None:
    lock = resolved(state, dated, "alpha==2.0", "beta", as_of="2021-01-01")
    assert packages_in(lock.text) == ["alpha==2.0", "beta==1.0", "httptools==1.0"]
    assert lock.told == ("packages as of 2021-01-01",)


def test_where_that_day_had_nothing_that_fits_only_unpinned_names_are_of_it(dated: str, state: MachineState) -> None:
    lock = resolved(state, dated, "gamma==1.0", "alpha", as_of="2021-01-01")
    assert packages_in(lock.text) == ["alpha==1.0", "beta==2.0", "gamma==1.0", "httptools==1.0"]
    assert lock.told == ("as of 2021-01-01 only alpha: with all packages of that day nothing satisfies the pins",)


def test_an_index_without_dates_gives_the_newest_and_that_is_said(wheels: Path, state: MachineState) -> None:
    with index_of(wheels, dated=False) as url:
        lock = resolved(state, url, "alpha", as_of="2021-01-01")
    assert packages_in(lock.text)[0] == "alpha==2.0"
    assert lock.told == (
        "not as of 2021-01-01, though it was asked for: of that day the index has nothing that satisfies the pins",
    )


def test_names_are_pinned_by_one_version_or_one_file() -> None:
    pinned = ("a==1", "B_b[x]==1.0 ; python_version < '3.9'", "c @ https://x.example/c.whl", "g===2", "j==1.2.3.*")
    free = ("d", "e>=1", "f==1.*", "h~=1.0", "i>=1,<2")
    assert names_in(("--pre", *pinned, *free)) == (("a", "b-b", "c", "g", "j"), ("d", "e", "f", "h", "i"))


@pytest.mark.parametrize(
    ("requirements", "unpinned"),
    [
        (["numpy"], True),
        (["numpy==1.19.5", "pandas>=1"], True),
        (["numpy==1.19.*"], True),
        (["scikit-learn==0.20.0.*"], False),
        (["numpy==1.19.5", "inference-schema[numpy-support]==1.4", 'six === 1.0 ; python_version < "3.8"'], False),
        (["--extra-index-url https://pypi.example/simple", "wheel @ https://example.org/w-1-py3-none-any.whl"], False),
        (["https://example.org/w-1-py3-none-any.whl", "git+https://example.org/w.git@v1", "./wheels/w.whl"], False),
        (["  numpy"], True),
        ([], False),
    ],
)
def test_a_name_without_a_version_is_left_to_the_day(requirements: list[str], unpinned: bool) -> None:
    assert bool(names_in(tuple(requirements))[1]) is unpinned


def test_without_a_day_there_is_one_question() -> None:
    question = Question(lines=("a",), there=HERE)
    assert [a.question for a in attempts(Environment(name="mine", requirements=("a",)), question)] == [question]
    environment = Environment(name="mine", requirements=("a==1",), as_of="2021-01-01")
    first, last = attempts(environment, question)
    assert (first.question.day, first.question.days) == ("2021-01-01", {"a": NO_DAY})
    assert last.question == question
