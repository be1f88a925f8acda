"""What was asked of a revision and what came back."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from shipway.verification.evidence import one_line

MINIMUM_SAMPLE = 20
"""Fewer requests than this say nothing: of 20, the 95th percentile is the second slowest, of fewer it is the slowest
one alone.
"""


@dataclass(frozen=True, kw_only=True)
class Reply:
    """The reply to one request.

    `request` is its index among the requests, `latency_ms` the time until the whole answer had come. `status` is None
    where no answer came; `problem` then says why, and `timed_out` whether there was none in the time that it had.
    """

    request: int
    status: int | None
    body: str
    latency_ms: float
    problem: str = ""
    timed_out: bool = False

    @property
    def ok(self) -> bool:
        return self.status == 200

    def describe(self) -> str:
        """Why this is not a good reply, in one bounded line."""
        if self.status is None:
            return one_line(f"no answer: {self.problem}")
        return one_line(f"status {self.status}: {self.body}" if self.body.strip() else f"status {self.status}, no text")


@dataclass(frozen=True, kw_only=True)
class Samples:
    """The replies of one endpoint in the order of asking; those of endpoints measured together stand at the same
    place.
    """

    replies: tuple[Reply, ...]

    @property
    def failures(self) -> int:
        return sum(not reply.ok for reply in self.replies)

    @property
    def latencies_ms(self) -> tuple[float, ...]:
        """Of good replies only: a refused connection is fast, and no achievement."""
        return tuple(reply.latency_ms for reply in self.replies if reply.ok)


def percentile(values: Sequence[float], percent: int) -> float:
    """The nearest-rank percentile, always one of the values. Raises ValueError for no values or a percent outside 1
    to 100.
    """
    if not values or not 1 <= percent <= 100:
        raise ValueError(f"no percentile {percent} of {len(values)} values")
    return sorted(values)[math.ceil(percent * len(values) / 100) - 1]
