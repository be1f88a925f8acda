"""The form of a log record: one JSON object a line.

``ts`` is UTC as RFC 3339 with milliseconds. Everything here is pure; times come in as seconds since the epoch.
"""

import time
from json.encoder import encode_basestring_ascii as _quoted
from typing import Dict, NamedTuple

_seconds: Dict[int, str] = {}
"""The last second that was formatted: ``gmtime`` would otherwise be a third of a record's cost."""


class Access(NamedTuple):
    """One answered request."""

    method: str
    path: str
    """Without the query, which may hold what does not belong in a log."""
    status: int
    duration_ms: float
    """From the request's last byte to its response's first."""
    request_id: str


def timestamp(now: float) -> str:
    """``now`` as ``2026-01-31T12:00:00.123Z``."""
    second = int(now)
    text = _seconds.get(second)
    if text is None:
        _seconds.clear()
        text = _seconds[second] = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
    return f"{text}.{int((now - second) * 1000):03d}Z"


def record(now: float, level: str, pid: int, logger: str, message: str) -> bytes:
    """A record with its line end; a message of many lines, such as a traceback, stays one record."""
    form = '{{"ts": "{}", "level": "{}", "pid": {}, "logger": {}, "message": {}}}\n'
    return form.format(timestamp(now), level, pid, _quoted(logger), _quoted(message)).encode("ascii")


def access_record(now: float, pid: int, access: Access) -> bytes:
    """The record of one answered request, with its line end."""
    method, path, status, duration_ms, request_id = access
    return (
        f'{{"ts": "{timestamp(now)}", "level": "INFO", "pid": {pid}, "logger": "shipway_serving.access", '
        f'"message": {_quoted(f"{method} {path} {status}")}, "method": {_quoted(method)}, "path": {_quoted(path)}, '
        f'"status": {status}, "duration_ms": {duration_ms:.3f}, "request_id": {_quoted(request_id)}}}\n'
    ).encode("ascii")
