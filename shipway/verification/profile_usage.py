"""What a container uses while it is asked: looked at several times a second by a thread of its own."""

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from types import TracebackType
from typing import Any

from shipway.engine.connection import connect
from shipway.errors import ShipwayError
from shipway.targets.docker.view import memory_in
from shipway.verification.profile import Usage

_EVERY_S = 0.25
_SHORTEST_S = 0.2
"""Over less, the kernel's own counting of CPU time is too coarse."""

_NS = 1e9


class UsageWatch:
    """From entering to leaving. `usage` may be read afterwards."""

    def __init__(self, container: str) -> None:
        self._container = container
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, name="shipway-usage", daemon=True)
        self._seen = Peaks()

    @property
    def usage(self) -> Usage:
        return self._seen.usage

    def __enter__(self) -> "UsageWatch":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        """What cannot be told is left out: a profile without it says so."""
        with suppress(ShipwayError):
            engine = connect()
            try:
                over = False
                while True:
                    with engine.speaking(f"looking at what container {self._container} uses"):
                        found = engine.client.api.stats(self._container, stream=False, one_shot=True)
                    self._seen.add(found)
                    if over:
                        return
                    over = self._over.wait(_EVERY_S)
            finally:
                engine.close()


class Peaks:
    """The most that was used, out of what the engine says again and again. `clock` is monotonic seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._before: tuple[float, float] | None = None
        self._cpu: float | None = None
        self._memory: int | None = None

    @property
    def usage(self) -> Usage:
        return Usage(cpu=self._cpu, memory_bytes=self._memory)

    def add(self, stats: Mapping[str, Any]) -> None:
        memory = memory_in(stats)
        if memory is not None:
            self._memory = max(memory, self._memory or 0)
        used = stats.get("cpu_stats", {}).get("cpu_usage", {}).get("total_usage")
        if used is not None:
            self._add_cpu(used / _NS, self._clock())

    def _add_cpu(self, used_s: float, now: float) -> None:
        if self._before is None:
            self._before = (used_s, now)
            return
        used_before, before = self._before
        if now - before >= _SHORTEST_S:
            self._cpu = max((used_s - used_before) / (now - before), self._cpu or 0.0)
            self._before = (used_s, now)
