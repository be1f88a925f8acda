"""What a case is, and short ways to write requests."""

import json
from typing import NamedTuple
from urllib.parse import quote

from tests.parity.exchanges import Ask, Headers
from tests.parity.servers import Setup

JSON = (("Content-Type", "application/json"),)
TEXT = (("Content-Type", "text/plain"),)
FORM = (("Content-Type", "application/x-www-form-urlencoded"),)
MULTIPART = (("Content-Type", "multipart/form-data; boundary=edge"),)


class Case(NamedTuple):
    """Both servers, set up alike, must answer each of these requests alike."""

    name: str
    ids: tuple[str, ...]
    """Of the contract."""
    setup: Setup
    asks: tuple[Ask, ...]
    """In this order, each on a connection of its own."""
    smoke: bool = False
    """Also in the quick round, on every Python: the script needs nothing but the standard library."""


def post(body: str | bytes = b"", headers: Headers = JSON, target: str = "/score") -> Ask:
    return Ask("POST", target, headers, body.encode() if isinstance(body, str) else body)


def post_json(value: object, headers: Headers = JSON) -> Ask:
    return post(json.dumps(value), headers)


def get(target: str = "/score", headers: Headers = ()) -> Ask:
    return Ask("GET", target, headers)


def ask(method: str, target: str = "/score", headers: Headers = (), body: bytes = b"") -> Ask:
    return Ask(method, target, headers, body)


def query(target: str, **values: str | list[str]) -> str:
    """`target` with a query."""
    pairs = [(key, each) for key, value in values.items() for each in ([value] if isinstance(value, str) else value)]
    return f"{target}?" + "&".join(f"{quote(key)}={quote(each)}" for key, each in pairs)


def multipart(*parts: tuple[str, bytes]) -> bytes:
    """A body for `MULTIPART`: each part a disposition and a content."""
    lines = [
        f"--edge\r\nContent-Disposition: form-data; {disposition}\r\n\r\n".encode() + content + b"\r\n"
        for disposition, content in parts
    ]
    return b"".join(lines) + b"--edge--\r\n"
