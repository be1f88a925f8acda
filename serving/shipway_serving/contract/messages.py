"""What goes in and what comes out: plain values, free of sockets and of any framework."""

import json
from typing import Any, Dict, Iterator, NamedTuple, Optional, Tuple

HTML = "text/html; charset=utf-8"
JSON = "application/json"

BODILESS = (204, 304)
"""Statuses whose responses have no body, and no length of one."""

RUN_FAILED = "x-ms-run-function-failed"
RUN_DID_NOT_FAIL = (RUN_FAILED, "False")
RUN_DID_FAIL = (RUN_FAILED, "True")


class Request(NamedTuple):
    """One whole HTTP request."""

    method: str
    """As sent; HTTP methods are case-sensitive."""
    path: str
    """Percent-decoded, without the query."""
    query: str
    """As sent, without the question mark; empty when there is none."""
    headers: Dict[str, str]
    """By lower-case name; the values of a repeated header are joined by commas, as WSGI servers do."""
    body: bytes
    """Without its transfer coding (chunks are joined); a content coding such as gzip is left as it is (H-24)."""
    target: str = ""
    """The request target as it was sent; empty stands for ``path`` and ``query``."""
    client: str = ""
    """The address of the client's end of the connection; empty when it is not known."""
    scheme: str = "http"
    """``https`` behind our own TLS."""


class Response(NamedTuple):
    """One whole HTTP response, less what the connection adds (length, date, keep-alive)."""

    status: int
    body: bytes
    content_type: str
    """Empty for none."""
    headers: Tuple[Tuple[str, str], ...] = ()
    stream: Optional[Iterator[bytes]] = None
    """The body in parts of unknown length, instead of ``body``; iterated in the main thread (H-82). It raises
    ``StreamBroken`` after its cause has been logged, and wants to be closed when it is given up."""
    from_script: bool = False
    """Made by the script, so that it may have ids of its own, which ours replace (H-67)."""


class StreamBroken(Exception):
    """The script failed in the middle of a stream: the response cannot be finished and its connection has to end."""


class Refusal(Exception):
    """The request gets ``status`` and ``message`` and never reaches ``run``."""

    def __init__(
        self, status: int, message: str, *, run_failed: bool = False, response: Optional[Response] = None
    ) -> None:
        super().__init__(status, message)
        self.status = status
        self.message = message
        self.run_failed = run_failed
        """The server of the time had called ``run`` all the same, so it counts as ``run``'s failure."""
        self.response = response
        """The answer, where it is not the usual one."""


def json_response(status: int, value: Any, *headers: Tuple[str, str]) -> Response:
    """``value`` as JSON the way v1 wrote it: the standard library's, ASCII only, NaN and Infinity as literals (H-44).

    Raises whatever ``json.dumps`` raises for a value that is not JSON.
    """
    return Response(status, json.dumps(value).encode("ascii"), JSON, headers)


def failure(status: int, message: str, *, run_failed: bool = False) -> Response:
    """A JSON error body with the header that tells the server's failures from the script's (H-60)."""
    return json_response(status, {"message": message}, RUN_DID_FAIL if run_failed else RUN_DID_NOT_FAIL)
