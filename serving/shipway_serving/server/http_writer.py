"""Responses to bytes. Pure; the date comes in as text, because it is made once a second and not once a response."""

from http import HTTPStatus
from typing import Dict, List

from shipway_serving.contract.messages import Response

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"

_STATUS_LINES: Dict[int, str] = {status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n" for status in HTTPStatus}
_STATUS_LINES[431] = "HTTP/1.1 431 Request Header Fields Too Large\r\n"


def response_bytes(response: Response, date: str, *, closing: bool, head_only: bool) -> bytes:
    """The whole response. ``closing`` announces the end of the connection, ``head_only`` leaves the body out (HEAD)."""
    lines: List[str] = [_STATUS_LINES.get(response.status) or f"HTTP/1.1 {response.status} Unknown\r\n"]
    for name, value in response.headers:
        lines.append(f"{name}: {value}\r\n")
    lines.append(f"Content-Type: {response.content_type}\r\n")
    lines.append(f"Content-Length: {len(response.body)}\r\nDate: {date}\r\n")
    lines.append("Connection: close\r\n\r\n" if closing else "Connection: keep-alive\r\n\r\n")
    head = "".join(lines).encode("latin-1", "replace")
    return head if head_only else head + response.body
