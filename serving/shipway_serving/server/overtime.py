"""Ends a run that takes longer than ``SCORING_TIMEOUT_MS`` (H-49), at no cost to those that do not.

v1 set an alarm for each request; here the deputy (``helm``), which is awake in every run that lasts, sends the main
thread a signal of its own, so that a script's use of SIGALRM is not disturbed. As in v1, native code cannot be
interrupted: the exception is raised when it returns.
"""

import signal
import threading
import time
from types import FrameType
from typing import Optional

PART_S = 300.0
"""For the next part of a stream, at least: v1's gunicorn killed a worker that had been silent for so long."""

SIGNAL = signal.SIGRTMAX - 1
"""A real-time signal: no library and no shell uses it."""


class ScoringTimeout(TimeoutError):
    """``run`` took longer than ``SCORING_TIMEOUT_MS``; raised inside it, where a script may catch it as v1's could."""


class Overtime:
    """To be made in the main thread. ``begin`` and ``end`` are the scorer's to call, around each call of ``run`` and
    nothing else: a batch that is scored again one by one is many calls in one job, and each has the whole time.
    """

    def __init__(self, timeout_ms: int) -> None:
        """0 milliseconds are no limit, as in v1."""
        self.timeout_ms = timeout_ms
        self.timeout_s = timeout_ms / 1000 if timeout_ms else None
        self.part_s = None if self.timeout_s is None else max(self.timeout_s, PART_S)
        self._limit_s = self.timeout_s
        self._began: Optional[float] = None
        self._told: Optional[float] = None
        """When that call had begun which was told to end."""
        self._main = threading.get_ident()
        signal.signal(SIGNAL, self._end)

    def begin(self) -> None:
        """``run`` is called."""
        self._limit_s = self.timeout_s
        self._began = time.monotonic()

    def begin_part(self) -> None:
        """What ``run`` has returned is asked for a part of the body."""
        self._limit_s = self.part_s
        self._began = time.monotonic()

    def end(self) -> None:
        """The call has returned or raised."""
        self._began = None

    def lasted_s(self) -> float:
        """For how long the present call has lasted; 0 between calls."""
        began = self._began
        return 0.0 if began is None else time.monotonic() - began

    def over_s(self) -> float:
        """For how long the present call has been past its time; 0 as long as it is not."""
        return 0.0 if self._limit_s is None else max(0.0, self.lasted_s() - self._limit_s)

    def check(self) -> None:
        """Tell a call that is past its time to end, once. Called every tick, by the deputy."""
        began = self._began
        if began is not None and began != self._told and self.over_s() > 0:
            self._told = began
            signal.pthread_kill(self._main, SIGNAL)

    def _end(self, number: int, frame: Optional[FrameType]) -> None:
        """Not for a call that has begun since."""
        if self._began is not None and self._began == self._told:
            raise ScoringTimeout()
