"""A real Envoy in front of small servers that say what they were asked."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from shipway.gateway.envoy import Envoy


@dataclass
class Upstream:
    """Answers with the request as JSON. `/wait` waits for `release`; `/break` ends in the middle of its answer."""

    port: int
    seen: list[str] = field(default_factory=list)
    release: threading.Event = field(default_factory=threading.Event)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"


def eventually(true: Callable[[], bool]) -> bool:
    """Waits for what another process does; false after 10 s."""
    deadline = time.monotonic() + 10
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.005)
    return True


def _handler(upstream: Upstream) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            upstream.seen.append(self.path)
            if self.path == "/wait":
                upstream.release.wait(10)
            answer = json.dumps({"path": self.path, "headers": self.headers.items(), "bytes": len(body)}).encode()
            self.send_response(500 if self.path == "/fail" else 200)
            self.send_header("X-Ms-Run-Function-Failed", "False")
            self.send_header("Content-Length", str(len(answer) + (99 if self.path == "/break" else 0)))
            self.end_headers()
            self.wfile.write(answer)
            self.close_connection = self.path == "/break"

        do_GET = do_POST  # noqa: N815 - the server's own names

        def log_message(self, *_: object) -> None:
            """Quiet."""

    return Handler


@pytest.fixture
def upstream() -> Iterator[Callable[[], Upstream]]:
    servers = []

    def serve() -> Upstream:
        here = Upstream(port=0)
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(here))
        server.daemon_threads = True
        here.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        servers.append((server, here))
        return here

    yield serve
    for server, here in servers:
        here.release.set()
        server.shutdown()
        server.server_close()


@pytest.fixture
def envoy(tmp_path: Path) -> Iterator[Envoy]:
    here = Envoy(tmp_path / "gateway")
    here.folder.mkdir()
    yield here
    here.stop()
