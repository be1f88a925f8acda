"""The open-loop client against servers whose manners are known."""

import json
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from benchmarks.serving_load import build_client

pytestmark = pytest.mark.skipif(shutil.which("cc") is None, reason="needs a C compiler")

REQUEST = b"POST /score HTTP/1.1\r\nHost: here\r\nContent-Length: 2\r\n\r\n{}"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_client(tmp_path_factory.mktemp("client"))


class Manners:
    """What the server does with the Nth request, counted from 0."""

    def __init__(self, *, failing: int = -1, closes: bool = False, chunked: bool = False, stalls_s: float = 0) -> None:
        self.failing, self.closes, self.chunked, self.stalls_s = failing, closes, chunked, stalls_s
        self.seen = 0
        self.lock = threading.Lock()

    def take(self) -> int:
        with self.lock:
            self.seen += 1
            return self.seen - 1


@contextmanager
def server(manners: Manners) -> Iterator[int]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            number = manners.take()
            self.rfile.read(int(self.headers["Content-Length"]))
            if number == 0:
                time.sleep(manners.stalls_s)
            self.send_response(500 if number == manners.failing else 200)
            if manners.closes:
                self.send_header("Connection", "close")
            if manners.chunked:
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                self.wfile.write(b"3\r\n[6]\r\n0\r\n\r\n")
            else:
                self.send_header("Content-Length", "3")
                self.end_headers()
                self.wfile.write(b"[6]")

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        listening.daemon_threads = True
        thread = threading.Thread(target=listening.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield listening.server_address[1]
        finally:
            listening.shutdown()
            thread.join()


def load(client: Path, port: int, *, connections: int) -> dict[str, Any]:
    """40 requests, due within about 0.1 s."""
    command = [str(client), str(port), "400", "0.1", str(connections)]
    done = subprocess.run(command, input=REQUEST, capture_output=True, check=True, timeout=30)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("chunked", [False, True])
def test_every_request_is_answered_on_few_connections(client: Path, chunked: bool) -> None:
    manners = Manners(chunked=chunked)
    with server(manners) as port:
        found = load(client, port, connections=2)
    assert (found["due"], found["answered"], found["errors"], manners.seen) == (40, 40, 0, 40)
    assert found["opened"] <= 2


def test_a_status_other_than_200_is_an_error(client: Path) -> None:
    with server(Manners(failing=3)) as port:
        assert load(client, port, connections=2)["errors"] == 1


def test_a_server_that_closes_after_each_answer_gets_a_new_connection_for_each(client: Path) -> None:
    with server(Manners(closes=True)) as port:
        found = load(client, port, connections=2)
    assert (found["answered"], found["errors"], found["opened"]) == (40, 0, 40)


def test_who_falls_due_while_the_server_stalls_has_waited_that_long(client: Path) -> None:
    """All 40 fall due long before the stall of the first answer ends, so the median is most of it too."""
    with server(Manners(stalls_s=0.5)) as port:
        found = load(client, port, connections=1)
    assert (found["answered"], found["errors"]) == (40, 0)
    assert found["p50_ms"] > 200
