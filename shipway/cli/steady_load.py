"""A steady stream of requests to a service in the background, and how many of them failed."""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from shipway.verification.connection import Connection

_TIMEOUT_S = 10.0


@dataclass(frozen=True, kw_only=True)
class LoadResult:
    """`failures` are told in words, the first few of them."""

    sent: int
    failed: int
    failures: tuple[str, ...]


class SteadyLoad:
    """`with SteadyLoad(...) as load:` sends until the block ends, at most `per_second`, over one kept-alive connection.

    Open loop it is not: a slow answer delays the next request, so that a service that hangs is not flooded.
    """

    def __init__(self, url: str, bodies: Sequence[str], *, per_second: float) -> None:
        self._url = url
        self._bodies = bodies
        self._pause_s = 1 / per_second
        self._sent = 0
        self._failures: list[str] = []
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._send, name="steady-load", daemon=True)

    @property
    def result(self) -> LoadResult:
        return LoadResult(sent=self._sent, failed=len(self._failures), failures=tuple(self._failures[:5]))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._thread.join()

    def _send(self) -> None:
        due = time.monotonic()
        with Connection(self._url, timeout_s=_TIMEOUT_S) as connection:
            while not self._done.wait(max(0.0, due - time.monotonic())):
                reply = connection.score(self._bodies[self._sent % len(self._bodies)], self._sent)
                self._sent += 1
                if not reply.ok:
                    self._failures.append(reply.describe())
                due = max(due + self._pause_s, time.monotonic() - self._pause_s)
