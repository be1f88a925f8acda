"""What differs between two answers to the same request. Pure."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from tests.parity.exchanges import Answer, Ask

_PER_CONNECTION = frozenset({"connection", "server", "keep-alive"})
"""Said by the HTTP server about itself; nothing that a client of v1 could rely on."""

_FORMS = {
    "date": re.compile(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT"),
    "x-ms-run-fn-exec-ms": re.compile(r"\d+\.\d{3}"),
}
"""Headers whose values are never the same twice: compared by form."""

_IDS = frozenset({"x-request-id", "x-ms-request-id", "x-ms-client-request-id"})


_TRACEBACK = re.compile(rb"Traceback \(most recent call last\):\n.*\n(?=\S)", re.DOTALL)
"""In a body of the legacy server: what it shows of files and lines is nobody's but its own. The last line counts."""


class Divergence(NamedTuple):
    """One thing in which two answers differ."""

    aspect: str
    """`status`, `body`, or `header <name>` in lower case."""
    microsoft: str
    ours: str

    def __str__(self) -> str:
        return f"{self.aspect}: Microsoft's {self.microsoft}, ours {self.ours}"


def divergences(ask: Ask, microsoft: Answer, ours: Answer) -> list[Divergence]:
    """Everything that differs; empty when the answers are the same."""
    found = []
    if microsoft.status != ours.status:
        found.append(Divergence("status", str(microsoft.status), str(ours.status)))
    found += _headers(ask, microsoft, ours)
    if _told(microsoft) != _told(ours):
        found.append(Divergence("body", repr(_told(microsoft)[:300]), repr(_told(ours)[:300])))
    return found


def _told(answer: Answer) -> bytes:
    return _TRACEBACK.sub(b"", answer.body)


def _headers(ask: Ask, microsoft: Answer, ours: Answer) -> Iterator[Divergence]:
    names = {name.lower() for name, _ in (*microsoft.headers, *ours.headers)} - _PER_CONNECTION
    for name in sorted(names):
        theirs, own = _comparable(ask, microsoft, name), _comparable(ask, ours, name)
        if theirs != own:
            yield Divergence(f"header {name}", repr(microsoft.values(name)), repr(ours.values(name)))


def _comparable(ask: Ask, answer: Answer, name: str) -> list[str]:
    values = answer.values(name)
    if name == "content-length" and _told(answer) != answer.body:
        return ["that of a traceback"] if values == [str(len(answer.body))] else values
    form = _FORMS.get(name)
    if form is not None:
        return ["as it should be" if form.fullmatch(value) else value for value in values]
    if name == "allow":
        return sorted(part.strip() for value in values for part in value.split(","))
    if name in _IDS:
        return [_id(ask, answer, value) for value in values]
    return values


def _id(ask: Ask, answer: Answer, value: str) -> str:
    """A made-up id stands for itself, unless it is the same as the one in `x-request-id`."""
    sent = {text for key, text in ask.headers if key.lower() in _IDS}
    if value in sent or not value:
        return value
    return "the fresh id" if value in (answer.values("x-request-id") or [value]) else "another fresh id"
