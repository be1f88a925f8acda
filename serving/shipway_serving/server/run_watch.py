"""Watches a run that lasts: ends it past its time, and tells whoever has to know when it does not end.

Where many runs are awaited at once, it is their event loop that is watched: nothing can end a run that blocks it.
"""

import logging
import os
import signal
from typing import Callable, Optional

from shipway_serving.server.overtime import Overtime

STUCK_AFTER_S = 10.0
"""From the moment at which a run was told to end. One that catches the exception once may still come back."""

_log = logging.getLogger("shipway_serving.run_watch")


class RunWatch:
    """The deputy's eyes (``Helm.on_tick``)."""

    def __init__(
        self,
        overtime: Overtime,
        worker_timeout_s: Optional[int],
        on_stuck: Callable[[], None],
        flush_log: Callable[[], None],
    ) -> None:
        """``worker_timeout_s`` brings back v1's bug of killing a worker for one long run; None does not."""
        self._overtime = overtime
        self._flush_log = flush_log
        self._worker_timeout_s = worker_timeout_s
        self._on_stuck = on_stuck
        self.is_stuck = False
        """``run`` was told to end and has not: native code, or a script that catches everything."""

    def tick(self) -> None:
        """To be called several times in a run that lasts."""
        self._overtime.check()
        if self._worker_timeout_s is not None and self._overtime.lasted_s() > self._worker_timeout_s:
            _log.critical("WORKER TIMEOUT (pid:%d)", os.getpid())
            self._flush_log()
            os.kill(os.getpid(), signal.SIGKILL)
        over_s = self._overtime.over_s()
        if over_s > STUCK_AFTER_S and not self.is_stuck:
            self.is_stuck = True
            _log.critical("run() does not end: it was told to %.0f s ago, past SCORING_TIMEOUT_MS", over_s)
            self._on_stuck()

    def back(self) -> bool:
        """The job is over; whether it had been stuck."""
        was, self.is_stuck = self.is_stuck, False
        return was


ASK_EVERY_S = 1.0
"""How often the loop is asked for a sign of life; each time costs a system call or two."""


class LoopWatch:
    """Whether the event loop of many runs still turns (``Helm.on_tick``)."""

    def __init__(
        self, timeout_s: Optional[float], ask: Callable[[Callable[[], None]], None], on_stuck: Callable[[bool], None]
    ) -> None:
        """``ask`` has the loop call a function from any thread; ``on_stuck`` is called in the thread that ticks.

        No run may block the loop for longer than ``timeout_s``; None is no limit.
        """
        self._patience_s = float("inf") if timeout_s is None else timeout_s + STUCK_AFTER_S
        self._ask = ask
        self._on_stuck = on_stuck
        self._asked_at = float("-inf")
        self._answered = True
        self.is_stuck = False

    def tick(self, now: float) -> None:
        """To be called every second or more often, at ``now`` in monotonic seconds."""
        late_s = 0.0 if self._answered else now - self._asked_at
        if (late_s > self._patience_s) is not self.is_stuck:
            self.is_stuck = not self.is_stuck
            if self.is_stuck:
                _log.critical("run() has blocked the event loop for %.0f s; only its own end can change that", late_s)
            self._on_stuck(self.is_stuck)
        if self._answered and now - self._asked_at >= ASK_EVERY_S:
            self._asked_at, self._answered = now, False
            self._ask(self._turned)

    def _turned(self) -> None:
        self._answered = True
