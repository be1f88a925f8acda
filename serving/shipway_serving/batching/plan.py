"""Which of the waiting requests to take into a batch now, or when to look again. Pure.

The oldest request decides: those of its kind join it in order of arrival, and none is overtaken by a later one of its
own kind. So nobody starves, and the wait for company is bounded whatever arrives beside it.
"""

from typing import Hashable, Iterable, List, NamedTuple, Optional, Tuple


class Limits(NamedTuple):
    """How large a batch may grow, and for how long it may wait to grow."""

    max_rows: int
    """Rows in one batch. A request with more of them is scored alone; it is never cut in two."""
    max_wait_s: float
    """From the oldest request's arrival. Requests that gather while another batch runs cost no wait at all."""


class Waiting(NamedTuple):
    """A request in line."""

    rows: int
    key: Hashable
    """Only requests with equal keys may share a batch."""
    arrived: float
    """Seconds, by the clock that ``now`` is read from."""


class Plan(NamedTuple):
    """What to do now."""

    take: Tuple[int, ...]
    """Places in the line, ascending; empty when it is better to wait."""
    wait_s: Optional[float]
    """Seconds until to look again unless something arrives before; 0 with a batch, None when nobody waits."""


def plan(waiting: Iterable[Waiting], now: float, limits: Limits, *, more_may_come: bool = True) -> Plan:
    """Decide; ``waiting`` is the line from its oldest request on and is read no further than needed.

    Without ``more_may_come`` nobody is waited for: every client that there is has its request in line.
    """
    taken: List[int] = []
    oldest: Optional[Waiting] = None
    rows = 0
    full = False
    for place, one in enumerate(waiting):
        oldest = oldest or one
        if one.key != oldest.key:
            continue
        rows += one.rows
        full = bool(taken) and rows > limits.max_rows
        if full:
            break
        taken.append(place)
        full = rows >= limits.max_rows
        if full:
            break
    if oldest is None:
        return Plan((), None)
    left_s = oldest.arrived + limits.max_wait_s - now
    return Plan(tuple(taken), 0.0) if full or left_s <= 0 or not more_may_come else Plan((), left_s)
