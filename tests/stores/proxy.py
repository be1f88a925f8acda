"""A proxy before a store that is slow, throttles, hangs up in the middle of a request, or loses the answer."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from http.client import HTTPConnection, HTTPResponse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self
from urllib.parse import urlsplit

_SLOW_DOWN = b"<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"
_CONFLICT = b"<Error><Code>ConditionalRequestConflict</Code><Message>A conflicting operation.</Message></Error>"
_SKEWED = b"<Error><Code>RequestTimeTooSkewed</Code><Message>The difference is too large.</Message></Error>"
_HOP_BY_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length"})


class Act(StrEnum):
    """What happens to one request."""

    FORWARD = "forward"
    LOSE_ANSWER = "lose the answer: the store has done it, and the client does not learn so"
    HANG_UP = "read half of the body and hang up; the store sees nothing"
    SLOW_DOWN = "503"
    CONFLICT = "409"
    SKEWED = "403"


@dataclass(frozen=True)
class Request:
    method: str
    path: str

    @property
    def is_part(self) -> bool:
        """Of a multipart upload, in S3's words or Azure's."""
        return self.method == "PUT" and ("partNumber=" in self.path or "comp=block&" in self.path)


Rule = Callable[[Request], Act]


def always(_request: Request) -> Act:
    return Act.FORWARD


def first(count: int, act: Act, of: Callable[[Request], bool]) -> Rule:
    """`act` for the first `count` requests for which `of` is true, all others are forwarded."""
    left, lock = [count], threading.Lock()

    def rule(request: Request) -> Act:
        with lock:
            if left[0] and of(request):
                left[0] -= 1
                return act
        return Act.FORWARD

    return rule


@dataclass
class Proxy:
    """`with Proxy(endpoint) as proxy:`; `proxy.seen` and `proxy.acts` are what came and what was done."""

    upstream: str
    latency_s: float = 0.0
    rule: Rule = always
    seen: list[Request] = field(default_factory=list)
    acts: list[Act] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._server = _Server(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        return type("Handler", (_Handler,), {"proxy": self})


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def handle_error(self, *_: object) -> None:
        """A client that goes away is no news."""


class _Handler(BaseHTTPRequestHandler):
    proxy: Proxy
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def setup(self) -> None:
        super().setup()
        parts = urlsplit(self.proxy.upstream)
        self._upstream = HTTPConnection(parts.hostname or "", parts.port)

    def finish(self) -> None:
        self._upstream.close()
        super().finish()

    def _serve(self) -> None:
        request = Request(self.command, self.path)
        self.proxy.seen.append(request)
        length = int(self.headers.get("Content-Length") or 0)
        act = self.proxy.rule(request)
        self.proxy.acts.append(act)
        if act is Act.HANG_UP:
            self.rfile.read(length // 2)
            self.close_connection = True
            return
        body = self.rfile.read(length)
        if self.proxy.latency_s:
            time.sleep(self.proxy.latency_s)
        match act:
            case Act.SLOW_DOWN:
                self._answer(503, {}, _SLOW_DOWN)
            case Act.CONFLICT:
                self._answer(409, {}, _CONFLICT)
            case Act.SKEWED:
                self._answer(403, {}, _SKEWED)
            case _:
                self._forward(body, lose=act is Act.LOSE_ANSWER)

    def _forward(self, body: bytes, *, lose: bool) -> None:
        self._upstream.request(self.command, self.path, body=body or None, headers=dict(self.headers.items()))
        response = self._upstream.getresponse()
        content = response.read()
        if lose:
            self.close_connection = True
            return
        self._answer(response.status, _headers(response), content)

    def _answer(self, status: int, headers: dict[str, str], content: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers.items():
            self.send_header(name, value)
        length = headers.get("x-length") if self.command == "HEAD" else None
        self.send_header("Content-Length", length or str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        self.wfile.flush()

    def log_message(self, *_: object) -> None:
        """Says nothing."""

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = _serve  # noqa: N815 - http.server's names


def _headers(response: HTTPResponse) -> dict[str, str]:
    kept = {name: value for name, value in response.getheaders() if name.lower() not in _HOP_BY_HOP}
    length = response.getheader("Content-Length")
    return {**kept, "x-length": length} if length else kept
