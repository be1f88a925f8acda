"""Responses to bytes. Pure; the date comes in as text, because it is made once a second and not once a response."""

from http import HTTPStatus
from typing import Dict, List

from shipway_serving.contract.messages import Response

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"

_STATUS_LINES: Dict[int, str] = {status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n" for status in HTTPStatus}
_STATUS_LINES[431] = "HTTP/1.1 431 Request Header Fields Too Large\r\n"

_BODILESS = (204, 304)
"""Statuses whose responses end with their headers (RFC 9112, 6.3)."""


def response_bytes(response: Response, date: str, *, closing: bool, head_only: bool) -> bytes:
    """The whole response. ``closing`` announces the end of the connection, ``head_only`` leaves the body out (HEAD)."""
    if response.status in _BODILESS:
        return _head(response, date, "", closing)
    head = _head(response, date, f"Content-Length: {len(response.body)}\r\n", closing)
    return head if head_only else head + response.body


def stream_head(response: Response, date: str, *, chunked: bool, closing: bool) -> bytes:
    """The head of a response whose body follows in parts."""
    return _head(response, date, "Transfer-Encoding: chunked\r\n" if chunked else "", closing)


def _head(response: Response, date: str, framing: str, closing: bool) -> bytes:
    lines: List[str] = [_STATUS_LINES.get(response.status) or f"HTTP/1.1 {response.status} Unknown\r\n"]
    for name, value in response.headers:
        lines.append(f"{name}: {value}\r\n")
    if response.content_type:
        lines.append(f"Content-Type: {response.content_type}\r\n")
    kept = "close" if closing else "keep-alive"
    lines.append(f"{framing}Date: {date}\r\nConnection: {kept}\r\n\r\n")
    return "".join(lines).encode("latin-1", "replace")
