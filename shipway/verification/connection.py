"""One kept-alive connection to a revision.

`http.client` and not httpx: what the client itself adds blurs a measurement, and this one adds about a third of a
millisecond a request. With two requests at once that is nearer to one: the threads of one interpreter wait for each
other.
"""

import http.client
import time
from types import TracebackType
from urllib.parse import urlsplit

from shipway.verification.evidence import one_line
from shipway.verification.samples import Reply

MAX_ANSWER_BYTES = 8 * 1024 * 1024
_JSON = {"Content-Type": "application/json"}
_IDLE_S = 1.0
"""Servers drop idle connections when they like. One that waited longer is opened anew, so that this is not counted as
a failure.
"""


class Connection:
    """Not for two threads at once. `url` is that of the server, such as `http://127.0.0.1:40001`."""

    def __init__(self, url: str, *, timeout_s: float) -> None:
        parts = urlsplit(url)
        self._prefix = parts.path.rstrip("/")
        self._timeout_s = timeout_s
        self._http = http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=timeout_s)
        self._used_at = 0.0

    def __enter__(self) -> "Connection":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def score(self, body: str, request: int) -> Reply:
        """POST /score. Never raises for what a server does. A request is sent once: a second try would hide a
        failure.
        """
        return self._ask("POST", "/score", body.encode(), request)

    def health(self) -> Reply:
        """GET /, which answers 200 once the model is loaded."""
        return self.get("/")

    def get(self, path: str) -> Reply:
        """Never raises for what a server does."""
        return self._ask("GET", path, None, 0)

    def _ask(self, method: str, path: str, body: bytes | None, request: int) -> Reply:
        began = time.perf_counter()
        try:
            self._connect()
            began = time.perf_counter()
            self._http.request(method, self._prefix + path, body, _JSON if body is not None else {})
            status, text = self._read(self._http.getresponse(), began + self._timeout_s)
            problem, timed_out = "", False
        except (OSError, http.client.HTTPException, ValueError) as error:
            self._http.close()
            status, text, problem, timed_out = None, "", self._why(error), isinstance(error, TimeoutError)
        self._used_at = time.perf_counter()
        latency_ms = (self._used_at - began) * 1000
        return Reply(
            request=request, status=status, body=text, latency_ms=latency_ms, problem=problem, timed_out=timed_out
        )

    def _connect(self) -> None:
        if time.perf_counter() - self._used_at > _IDLE_S:
            self._http.close()
        if self._http.sock is None:
            self._http.connect()

    def _read(self, response: http.client.HTTPResponse, until: float) -> tuple[int, str]:
        """The socket's timeout is for one read: a server that drips its answer is stopped by `until`."""
        body = bytearray()
        while chunk := response.read1(65536):
            body += chunk
            if len(body) > MAX_ANSWER_BYTES:
                raise ValueError(f"the answer is longer than {MAX_ANSWER_BYTES} bytes")
            if time.perf_counter() > until:
                raise TimeoutError
        response.close()  # read1, unlike read, does not see the end by itself; the connection stays open
        return response.status, body.decode("utf-8", "replace")

    def _why(self, error: Exception) -> str:
        if isinstance(error, TimeoutError):
            return f"timed out after {self._timeout_s:g} s"
        return one_line(str(error) or type(error).__name__)
