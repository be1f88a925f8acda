"""A response that the script made with a web framework (H-45, R-8 to R-10), taken by its shape.

Flask's, werkzeug's and ``AMLResponse`` have that shape in every release; none of them is imported here.
"""

from typing import Any, Iterable, Iterator, List, Tuple

from shipway_serving.contract.environ import environ_of
from shipway_serving.contract.header_fields import checked_fields, checked_status
from shipway_serving.contract.messages import BODILESS, RUN_FAILED, Request, Response
from shipway_serving.contract.profile import MODERN, Profile
from shipway_serving.contract.results import RUN_MS


def is_framework_response(result: Any) -> bool:
    """Whether ``result`` is one; to be asked only of what is not plain data."""
    return hasattr(result, "get_wsgi_response") and hasattr(result, "status_code") and hasattr(result, "headers")


def taken_over(result: Any, request: Request, run_ms: float, profile: Profile = MODERN) -> Response:
    """``result`` as it would have gone out, with the duration of ``run`` added.

    A body whose parts cannot be counted becomes a stream, of which the first part is made here, before the head of the
    response is sent; any other is read whole. Raises whatever the response raises when it cannot be turned into bytes.
    """
    if profile.marks_server_errors and result.status_code >= 500:
        result.headers[RUN_FAILED] = "True"
    countable = hasattr(getattr(result, "response", ()), "__len__")
    # As for GET: a HEAD request's response needs the length of the body that is left out.
    environ = dict(environ_of(request), REQUEST_METHOD="GET")
    parts, status, headers = result.get_wsgi_response(environ)
    kept, length_is_known = _without_length(headers)
    kept.append((RUN_MS, "%.3f" % run_ms))
    code = checked_status(int(status.partition(" ")[0]))
    whole = countable or length_is_known or code in BODILESS or request.method == "HEAD"
    body, stream = (_whole(parts), None) if whole else (b"", _begun(parts))
    return Response(code, body, "", tuple(kept), stream, from_script=True)


def _without_length(headers: Iterable[Tuple[str, Any]]) -> Tuple[List[Tuple[str, str]], bool]:
    """The headers less what the connection adds, and whether they named the length of the body.

    Raises ``ValueError`` for one that HTTP cannot carry.
    """
    pairs = checked_fields((name, str(value)) for name, value in headers)
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


def _begun(parts: Any) -> Iterator[bytes]:
    """The stream of ``parts``, whose first one is made now."""
    items = iter(parts)
    try:
        first = _bytes(next(items, b""))
    except BaseException:
        _close(parts)
        raise
    return _parts(first, items, parts)


def _parts(first: bytes, items: Iterator[bytes], parts: Any) -> Iterator[bytes]:
    try:
        yield first
        for item in items:
            yield _bytes(item)
    finally:
        _close(parts)


def _bytes(part: Any) -> bytes:
    if not isinstance(part, bytes):
        raise TypeError(f"a part of the response is {type(part).__name__} and neither text nor bytes")
    return part


def _close(parts: Any) -> None:
    close = getattr(parts, "close", None)
    if close is not None:
        close()
