"""What goes in and what comes out: plain values, free of sockets and of any framework."""

import json
from typing import Any, Dict, Iterator, NamedTuple, Optional, Tuple

HTML = "text/html; charset=utf-8"
JSON = "application/json"

RUN_FAILED = "x-ms-run-function-failed"


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
    """The body in parts of unknown length, instead of ``body``; iterated in the main thread (H-82)."""


class Refusal(Exception):
    """The request gets ``status`` and ``message`` and never reaches ``run``."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(status, message)
        self.status = status
        self.message = message


def json_response(status: int, value: Any, *headers: Tuple[str, str]) -> Response:
    """``value`` as JSON the way v1 wrote it: the standard library's, ASCII only, NaN and Infinity as literals (H-44).

    Raises whatever ``json.dumps`` raises for a value that is not JSON.
    """
    return Response(status, json.dumps(value).encode("ascii"), JSON, headers)


def failure(status: int, message: str, *, run_failed: bool = False) -> Response:
    """A JSON error body with the header that tells the server's failures from the script's (H-60)."""
    return json_response(status, {"message": message}, (RUN_FAILED, str(run_failed)))
