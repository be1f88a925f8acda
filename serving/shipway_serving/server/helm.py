"""Who drives the reactor: the main thread between runs; a second thread during a run that takes more than a moment.

A request that comes while the worker is idle is read, run and answered by one thread, without a word to another: half
of what such a request costs would else be the handing over. Only when a run lasts does the deputy notice, take the
helm, and see to connections, health and the supervisor until the main thread wants it back.
"""

import os
import threading
import time
import traceback
from typing import Callable

from shipway_serving.server.exit_codes import WORKER_QUIT
from shipway_serving.server.reactor import Reactor

TICK_S = 0.01
"""How often the deputy looks while the worker is busy; it takes over in the second tick of a run at the latest, well
within the 100 ms in which health answers."""

LONGEST_TICK_S = 0.5
"""In a long run the ticks grow longer with it, a twentieth of its time."""

IDLE_TICKS = 20
"""Without a run between them; then the deputy sleeps, so that an idle worker costs nothing."""


class Helm:
    """Begins in the main thread's hands; ``give`` and ``take`` are for that thread, around whatever may last."""

    def __init__(self, reactor: Reactor) -> None:
        self._reactor = reactor
        self._lock = threading.Lock()
        self._lock.acquire()
        self._stir = threading.Event()
        self._gives = 0
        self._away = False
        self._wanted = False
        self._given_at = 0.0
        self._pid = os.getpid()
        self.on_stand_in: Callable[[], None] = lambda: None
        """Called, with the helm, when the deputy takes it."""
        self.on_tick: Callable[[float], None] = lambda away_s: None
        """Hears, in the deputy's thread, for how many seconds the main thread has been away, several times a run."""
        threading.Thread(target=self._deputize_or_die, name="shipway-http", daemon=True).start()

    def give(self) -> None:
        """The main thread turns to something else."""
        self._gives += 1
        self._given_at = time.monotonic()
        self._away = True
        self._lock.release()
        if not self._stir.is_set():
            self._stir.set()

    def take(self) -> None:
        """The main thread is back; waits until the deputy has finished what it is at.

        In a process that the script has forked and that comes back out of its code, this is the end: clients, epoll and
        answer are its parent's.
        """
        if os.getpid() != self._pid:
            os._exit(0)
        if not self._lock.acquire(False):
            self._wanted = True
            self._reactor.wake()
            self._lock.acquire()
            self._wanted = False
        self._away = False

    def _deputize_or_die(self) -> None:
        """Without a deputy a worker whose run lasts would neither answer nor end; a script may close any descriptor."""
        try:
            self._deputize()
        except BaseException:
            os.write(2, traceback.format_exc().encode("utf-8", "replace"))
        finally:
            os._exit(WORKER_QUIT)

    def _deputize(self) -> None:
        idle = 0
        while True:
            self._stir.wait()
            gives = self._gives
            time.sleep(TICK_S)
            if self._gives != gives:
                idle = 0
            elif self._away:
                idle = 0
                self._stand_in()
            else:
                idle += 1
                if idle >= IDLE_TICKS:
                    self._sleep(gives)

    def _sleep(self, gives: int) -> None:
        self._stir.clear()
        if self._gives != gives:
            self._stir.set()

    def _stand_in(self) -> None:
        if not self._lock.acquire(False):
            return
        try:
            self.on_stand_in()
            away_s = 0.0
            while not self._wanted:
                self._reactor.turn(max(TICK_S, min(LONGEST_TICK_S, away_s / 20)))
                away_s = time.monotonic() - self._given_at
                self.on_tick(away_s)
        finally:
            self._lock.release()
