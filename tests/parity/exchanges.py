"""One raw HTTP request and its answer: bytes on a socket, so that both servers are sent the very same."""

import contextlib
import http.client
import socket
from typing import NamedTuple

HOST = "parity.test"
PATIENCE_S = 30.0

Headers = tuple[tuple[str, str], ...]


class Ask(NamedTuple):
    """A request."""

    method: str = "POST"
    target: str = "/score"
    headers: Headers = ()
    body: bytes = b""

    def sent(self, name: str) -> str | None:
        """The value of a header that this request carries."""
        return next((value for key, value in self.headers if key.lower() == name), None)

    def to_bytes(self) -> bytes:
        lines = [f"{self.method} {self.target} HTTP/1.1", f"Host: {HOST}", "Connection: close"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        framed = self.sent("content-length") is not None or self.sent("transfer-encoding") is not None
        if not framed and (self.body or self.method in ("POST", "PUT", "PATCH")):
            lines.append(f"Content-Length: {len(self.body)}")
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + self.body


class Answer(NamedTuple):
    """A response, read whole; status 0 when the connection was closed without one."""

    status: int
    headers: Headers
    body: bytes

    def values(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name]


DROPPED = Answer(0, (), b"")


def exchange(port: int, ask: Ask) -> Answer:
    """Send `ask` on a connection of its own. Raises TimeoutError when no answer comes within `PATIENCE_S`."""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S) as connection:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(ask.to_bytes())  # refused before it was read whole: an answer may be there all the same
        try:
            return _read(connection, ask.method)
        except (http.client.HTTPException, ConnectionResetError, BrokenPipeError):
            return DROPPED


def _read(connection: socket.socket, method: str) -> Answer:
    response = http.client.HTTPResponse(connection, method=method)
    try:
        response.begin()
        return Answer(response.status, tuple(response.getheaders()), response.read())
    finally:
        response.close()
