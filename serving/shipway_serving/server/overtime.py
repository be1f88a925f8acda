"""Ends a run that takes longer than ``SCORING_TIMEOUT_MS`` (H-49), at no cost to those that do not.

v1 set an alarm for each request; here the deputy (``helm``), which is awake in every run that lasts, sends the main
thread a signal of its own, so that a script's use of SIGALRM is not disturbed. As in v1, native code cannot be
interrupted: the exception is raised when it returns.
"""

import signal
import threading
from types import FrameType
from typing import Optional

SIGNAL = signal.SIGRTMAX - 1
"""A real-time signal: no library and no shell uses it."""


class ScoringTimeout(TimeoutError):
    """``run`` took longer than ``SCORING_TIMEOUT_MS``; raised inside it, where a script may catch it as v1's could."""


class Overtime:
    """To be made in the main thread. ``in_run`` is the scorer's to set, around the call of ``run`` and nothing else."""

    def __init__(self, timeout_ms: int) -> None:
        self.timeout_ms = timeout_ms
        self.in_run = False
        self._told = False
        self._main = threading.get_ident()
        signal.signal(SIGNAL, self._end)

    def check(self, away_s: float) -> None:
        """The main thread has been in one job for ``away_s`` seconds. Called every tick, by the deputy."""
        if away_s * 1000 < self.timeout_ms:
            self._told = False
        elif self.in_run and not self._told:
            self._told = True
            signal.pthread_kill(self._main, SIGNAL)

    def _end(self, number: int, frame: Optional[FrameType]) -> None:
        if self.in_run:
            raise ScoringTimeout()
