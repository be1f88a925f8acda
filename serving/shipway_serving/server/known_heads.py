"""Heads of requests that were parsed before. A client on a kept connection sends the same bytes again and again, and
the same bytes mean the same; looking them up costs a quarter of parsing them.

Only whole requests that came in one piece, whose body has a length, are taken from here; everything else is parsed.
"""

from typing import Dict, NamedTuple, Optional, Set, Tuple

from shipway_serving.contract.messages import Request

LONGEST_HEAD = 2048
"""Bytes; with ``MOST_HEADS`` it bounds the memory."""

MOST_HEADS = 64

MOST_SIGHTINGS = 1024
"""Of heads that came once: those with an id of their own never come again, and must not push the others out."""

_FRAMING = ("transfer-encoding", "expect", "upgrade")
"""Headers with which a request is more than its head and so many bytes."""


class _Known(NamedTuple):
    request: Request
    chunks: bool
    length: int
    """Of the whole request, in bytes."""


class KnownHeads:
    """What the connections of one worker have learnt."""

    def __init__(self) -> None:
        self._known: Dict[bytes, _Known] = {}
        self._sightings: Set[int] = set()

    def find(self, data: bytes, client: str, scheme: str) -> Optional[Tuple[Request, bool]]:
        """The request that ``data`` is, and whether its client understands chunks; None when that is not known."""
        end = data.find(b"\r\n\r\n") + 4
        known = self._known.get(data[:end])
        if known is None or known.length != len(data):
            return None
        method, path, query, headers, _, target, _, _ = known.request
        return Request(method, path, query, headers.copy(), data[end:], target, client, scheme), known.chunks

    def learn(self, data: bytes, request: Request, chunks: bool) -> None:
        """``data`` is ``request`` and nothing else, and its connection is to be kept."""
        end = data.find(b"\r\n\r\n") + 4
        if end < 4 or end > LONGEST_HEAD or len(data) - end != len(request.body):
            return
        if any(name in request.headers for name in _FRAMING):
            return
        head = data[:end]
        sighting = hash(head)
        if sighting not in self._sightings:
            if len(self._sightings) >= MOST_SIGHTINGS:
                self._sightings.clear()
            self._sightings.add(sighting)
            return
        if len(self._known) >= MOST_HEADS:
            self._known.clear()
        self._known[head] = _Known(request._replace(headers=dict(request.headers), body=b""), chunks, len(data))
