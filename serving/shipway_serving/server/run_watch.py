"""Watches a run that lasts: ends it past its time, and tells whoever has to know when it does not end."""

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
