"""The short load of a verification: bounded in count and in time, challenger and champion side by side."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass

from shipway.domain.release import LoadPlan
from shipway.verification.connection import Connection
from shipway.verification.samples import MINIMUM_SAMPLE, Reply, Samples

Clock = Callable[[], float]

_SOAK_BATCH = 500
"""Answers of so many requests are held at once."""
_SOAK_REQUEST_S = 60.0
"""Slowness is not what a soak looks for: that is judged beside the champion, by the release's own limits."""


@dataclass(frozen=True, kw_only=True)
class LoadBounds:
    """How long a load may take, in seconds. The end of the time is seen between requests: a request adds up to
    `request_s`.

    After `enough_s` the minimum sample is enough: a slow challenger is not asked hundreds of times. This looks at the
    time and the count and never at the answers, so it cannot favour either side. After `total_s` for each endpoint it
    ends whatever has been seen.
    """

    request_s: float = 5.0
    enough_s: float = 5.0
    total_s: float = 10.0


def measure(
    endpoints: Mapping[str, str],
    requests: Sequence[str],
    plan: LoadPlan,
    *,
    bounds: LoadBounds | None = None,
    clock: Clock = time.monotonic,
) -> dict[str, Samples]:
    """Sends the same requests to all endpoints (name to base URL), interleaved, and returns what each one answered.

    Each turn sends one body to every endpoint, one right after the other, first to the one that was last the turn
    before: whatever disturbs the machine disturbs all alike. Requests are taken in their order, again from the first
    after the last; at most `plan.requests` go to each endpoint. The first request of each connection is not counted.
    Safe to repeat, as far as scoring is. Raises ValueError when there are no requests.
    """
    if not requests:
        raise ValueError("there are no requests to send")
    bounds = bounds or LoadBounds()
    turns = _Turns(plan.requests, clock=clock, enough_s=bounds.enough_s, total_s=bounds.total_s * len(endpoints))
    drive = _Drive(endpoints=endpoints, requests=requests, timeout_s=bounds.request_s, warm_up=True)
    return drive.run(turns, plan.concurrency)


def ask(
    url: str,
    requests: Sequence[str],
    *,
    concurrency: int = 2,
    request_s: float = 10.0,
    total_s: float = 60.0,
    clock: Clock = time.monotonic,
) -> tuple[Reply, ...]:
    """Sends each request once and returns the replies in their order; fewer than the requests when `total_s` is
    over.
    """
    if not requests:
        return ()
    turns = _Turns(len(requests), clock=clock, enough_s=total_s, total_s=total_s)
    drive = _Drive(endpoints={"": url}, requests=requests, timeout_s=request_s, warm_up=False)
    return drive.run(turns, concurrency)[""].replies


@dataclass(frozen=True, kw_only=True)
class Soaked:
    """What a soak saw: how many requests, over how many seconds, and the first of those that were not answered."""

    requests: int
    failures: int
    seconds: float
    first_failure: Reply | None = None


def soak(
    url: str, requests: Sequence[str], *, seconds: float, concurrency: int = 1, clock: Clock = time.monotonic
) -> Soaked:
    """Asks the same requests again and again for `seconds`, and keeps no answers. Raises ValueError without requests.

    The end of the time is seen between requests, and an endpoint that fails is not asked for longer.
    """
    began, sent, failures, first = clock(), 0, 0, None
    drive = _Drive(endpoints={"": url}, requests=requests, timeout_s=_SOAK_REQUEST_S, warm_up=False)
    while (left := began + seconds - clock()) > 0 and first is None:
        turns = _Turns(_SOAK_BATCH, clock=clock, enough_s=left, total_s=left)
        samples = drive.run(turns, concurrency)[""]
        sent, failures = sent + len(samples.replies), failures + samples.failures
        first = next((reply for reply in samples.replies if not reply.ok), None)
    return Soaked(requests=sent, failures=failures, seconds=clock() - began, first_failure=first)


class _Turns:
    """Hands out turns to all threads, until there were enough or the time is over."""

    def __init__(self, count: int, *, clock: Clock, enough_s: float, total_s: float) -> None:
        self._lock = threading.Lock()
        self._next = 0
        self._count = count
        self._clock = clock
        self._enough_at = clock() + enough_s
        self._end_at = clock() + total_s

    def take(self) -> int | None:
        with self._lock:
            now = self._clock()
            enough = now >= self._enough_at and self._next >= MINIMUM_SAMPLE
            if self._next >= self._count or enough or now >= self._end_at:
                return None
            self._next += 1
            return self._next - 1


@dataclass(frozen=True, kw_only=True)
class _Drive:
    endpoints: Mapping[str, str]
    requests: Sequence[str]
    timeout_s: float
    warm_up: bool

    def run(self, turns: _Turns, concurrency: int) -> dict[str, Samples]:
        threads = max(1, concurrency)
        with ThreadPoolExecutor(threads, thread_name_prefix="shipway-load") as pool:
            parts = [pool.submit(self._take_turns, turns) for _ in range(threads)]
        replies = dict(sorted(item for part in parts for item in part.result().items()))
        return {name: Samples(replies=tuple(turn[name] for turn in replies.values())) for name in self.endpoints}

    def _take_turns(self, turns: _Turns) -> dict[int, dict[str, Reply]]:
        taken = {}
        with ExitStack() as open_connections:
            connections = {
                name: open_connections.enter_context(Connection(url, timeout_s=self.timeout_s))
                for name, url in self.endpoints.items()
            }
            if self.warm_up:
                for connection in connections.values():
                    connection.score(self.requests[0], 0)
            while (turn := turns.take()) is not None:
                request = turn % len(self.requests)
                names = list(connections) if turn % 2 else list(reversed(connections))
                taken[turn] = {name: connections[name].score(self.requests[request], request) for name in names}
        return taken
