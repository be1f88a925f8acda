"""A response that the script made with a web framework (H-45, R-8 to R-10), taken by its shape.

Flask's, werkzeug's and ``AMLResponse`` have that shape in every release; none of them is imported here.
"""

from typing import Any, Iterable, Iterator, List, Tuple

from shipway_serving.contract.environ import environ_of
from shipway_serving.contract.messages import BODILESS, RUN_FAILED, Request, Response
from shipway_serving.contract.profile import MODERN, Profile
from shipway_serving.contract.results import RUN_MS


def is_framework_response(result: Any) -> bool:
    """Whether ``result`` is one; to be asked only of what is not plain data."""
    return hasattr(result, "get_wsgi_response") and hasattr(result, "status_code") and hasattr(result, "headers")


def taken_over(result: Any, request: Request, run_ms: float, profile: Profile = MODERN) -> Response:
    """``result`` as it would have gone out, with the duration of ``run`` added.

    A body of unknown length becomes a stream; one whose length the response names, or that is a list, is read whole.
    Raises whatever the response raises when it cannot be turned into bytes.
    """
    if profile.marks_server_errors and result.status_code >= 500:
        result.headers[RUN_FAILED] = "True"
    # As for GET: a HEAD request's response needs the length of the body that is left out.
    environ = dict(environ_of(request), REQUEST_METHOD="GET")
    parts, status, headers = result.get_wsgi_response(environ)
    kept, length_is_known = _without_length(headers)
    kept.append((RUN_MS, "%.3f" % run_ms))
    code = int(status.partition(" ")[0])
    whole = length_is_known or code in BODILESS or request.method == "HEAD"
    body, stream = (_whole(parts), None) if whole else (b"", _parts(parts))
    return Response(code, body, "", tuple(kept), stream, from_script=True)


def _without_length(headers: Iterable[Tuple[str, Any]]) -> Tuple[List[Tuple[str, str]], bool]:
    """The headers less what the connection adds, and whether they named the length of the body."""
    pairs = [(name, str(value)) for name, value in headers]
    kept = [pair for pair in pairs if pair[0].lower() not in _HOP_BY_HOP]
    return kept, any(name.lower() == "content-length" for name, _ in pairs)


_HOP_BY_HOP = frozenset(
    (
        "connection",
        "content-length",
        "date",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "server",
        "te",
        "trailers",
        "transfer-encoding",
        "upgrade",
    )
)
"""They belong to the connection; gunicorn left them out too."""


def _whole(parts: Any) -> bytes:
    try:
        return b"".join(parts)
    finally:
        _close(parts)


def _parts(parts: Any) -> Iterator[bytes]:
    try:
        for part in parts:
            if part:
                yield part
    finally:
        _close(parts)


def _close(parts: Any) -> None:
    close = getattr(parts, "close", None)
    if close is not None:
        close()
