"""The supervisor: listens, keeps the workers alive, ends with them. It runs no line of the user's code.

It holds the listening socket for its whole life, so a connection that comes while a worker is replaced waits for the
next one instead of being refused. One thread of its own writes the log (``telemetry.collector``).
"""

import os
import selectors
import signal
import socket
import time
from typing import List, Optional

from shipway_serving import __version__
from shipway_serving.server.deaths import Deaths, after_death, after_success
from shipway_serving.server.exit_codes import DRAINED, NEVER_STARTED
from shipway_serving.server.settings import Settings, described, worker_environment
from shipway_serving.server.shared_metrics import attach_metrics
from shipway_serving.server.wire import Word
from shipway_serving.server.worker_plan import WorkerPlan
from shipway_serving.server.worker_process import WorkerProcess
from shipway_serving.telemetry.collector import Collector
from shipway_serving.telemetry.metrics import shared_memory

OVERTIME_S = 2.0
"""Past the drain time, for the script's ``atexit`` handlers; then the workers are killed."""


class Supervisor:
    """One run of the server."""

    def __init__(self, settings: Settings, listener: socket.socket, collector: Collector) -> None:
        self._settings = settings
        self._listener = listener
        self._collector = collector
        self._metrics_fd = shared_memory(settings.workers)
        self.metrics = attach_metrics(self._metrics_fd, settings)
        self._environment = worker_environment(settings, dict(os.environ))
        self._workers: List[WorkerProcess] = []
        self._deaths = Deaths()
        self._code: Optional[int] = None
        """Of the server's end, once it has been decided."""
        self._kill_at = float("inf")
        self._ever_ready = False
        self._selector = selectors.DefaultSelector()
        self._signals, self._signals_in = socket.socketpair()

    def run(self) -> int:
        """Until no worker is left; returns the exit code."""
        self._listen_to_signals()
        host, port = self._listener.getsockname()[:2]
        self._log("INFO", f"shipway-serving {__version__} listens on {host}:{port}")
        self._log("INFO", described(self._settings))
        for warning in self._settings.warnings:
            self._log("WARNING", warning)
        for _ in range(self._settings.workers):
            self._start_worker()
        while self._workers:
            for key, _ in self._selector.select(self._patience()):
                self._hear(key)
            self._bury()
            if time.monotonic() >= self._kill_at:
                self._kill_all()
        assert self._code is not None
        self._log("INFO", f"ended with exit code {self._code}")
        return self._code

    def why_not_ready(self) -> str:
        """For the health port; empty when some worker scores. Called from its thread."""
        if self._code is not None:
            return "Not ready: the server is shutting down."
        if any(worker.ready for worker in list(self._workers)):
            return ""
        if not self._ever_ready:
            return "Not ready: init() has not finished."
        if "dead-healthy" in self._settings.contract.bugs:
            return ""
        return "Not ready: no worker can score: each of them is stuck in run() or being replaced."

    def _log(self, level: str, message: str) -> None:
        self._collector.log(level, message)

    def _patience(self) -> Optional[float]:
        return None if self._kill_at == float("inf") else max(0.0, self._kill_at - time.monotonic())

    # Signals.

    def _listen_to_signals(self) -> None:
        """Signals become bytes on a socket, so that everything happens in one loop and nothing in a handler."""
        for end in (self._signals, self._signals_in):
            end.setblocking(False)
        signal.set_wakeup_fd(self._signals_in.fileno())
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD):
            signal.signal(number, lambda number, frame: None)
        self._selector.register(self._signals, selectors.EVENT_READ)

    def _hear(self, key: selectors.SelectorKey) -> None:
        worker: Optional[WorkerProcess] = key.data
        if worker is not None:
            self._hear_worker(worker)
            return
        numbers = self._signals.recv(4096)
        impatient = signal.SIGINT in numbers and self._code is not None
        if signal.SIGTERM in numbers or signal.SIGINT in numbers:
            self._drain(DRAINED)
        if impatient:
            self._kill_all()

    # Workers.

    def _start_worker(self) -> None:
        plan = WorkerPlan(
            settings=self._settings,
            listener_fd=self._listener.fileno(),
            wire_fd=-1,
            log_fd=-1,
            metrics_fd=self._metrics_fd,
            place=_free_place(self._workers),
            accepts_during_init=not any(worker.ready for worker in self._workers),
        )
        try:
            worker = WorkerProcess(plan, self._environment, self._collector)
        except OSError as error:
            # The machine is out of memory, processes or descriptors: whoever runs us may start us somewhere else.
            self._log("CRITICAL", f"a worker cannot be started: {error}")
            self._drain(NEVER_STARTED)
            return
        self._workers.append(worker)
        self._selector.register(worker.wire, selectors.EVENT_READ, worker)
        self._log("INFO", f"worker {worker.pid} started")

    def _hear_worker(self, worker: WorkerProcess) -> None:
        words = worker.words()
        if Word.READY.value in words:
            worker.ready = self._ever_ready = True
            self._tell_others(worker, Word.OTHERS_READY)
        if words.rfind(Word.STUCK.value) > words.rfind(Word.READY.value):
            worker.ready = False
        if Word.SUCCESS.value in words:
            self._deaths = after_success(self._deaths)
        if not words:
            # Its end of the wire is closed: it is dying, and SIGCHLD will say when it is dead.
            self._selector.unregister(worker.wire)
            worker.wire.close()

    def _bury(self) -> None:
        for worker in list(self._workers):
            code = worker.exit_code()
            if code is not None:
                self._take_leave(worker)
                if self._code is None:
                    self._replace(worker, code)

    def _take_leave(self, worker: WorkerProcess) -> None:
        """Hear its last words, which may be that a run succeeded before it died."""
        while worker.wire.fileno() >= 0:
            self._hear_worker(worker)
        self._workers.remove(worker)

    def _replace(self, worker: WorkerProcess, code: int) -> None:
        self._log("ERROR", f"worker {worker.pid} {_ending(code)}")
        self._deaths = after_death(self._deaths, code)
        if self._deaths.hopeless:
            self._log("CRITICAL", self._hopeless(code))
            self._drain(NEVER_STARTED)
            return
        self._tell_others(worker, Word.TELL_SUCCESS)
        self._start_worker()

    def _tell_others(self, worker: WorkerProcess, word: Word) -> None:
        for other in self._workers:
            if other is not worker:
                other.tell(word)

    def _hopeless(self, code: int) -> str:
        if code == NEVER_STARTED:
            return "The entry script cannot be loaded or its init() fails; its traceback stands above. The server ends."
        return f"{self._deaths.in_a_row} workers have died without one successful run in between. The server ends."

    # The end.

    def _drain(self, code: int) -> None:
        """Let every worker finish; the first reason to end decides the exit code."""
        if self._code is not None:
            return
        self._code = code
        if self._workers:
            self._log("INFO", f"draining {len(self._workers)} workers, {self._settings.drain_s:g} s at most")
        self._listener.close()
        self._kill_at = time.monotonic() + self._settings.drain_s + OVERTIME_S
        for worker in self._workers:
            worker.tell(Word.DRAIN)

    def _kill_all(self) -> None:
        for worker in self._workers:
            self._log("ERROR", f"worker {worker.pid} is killed before it has answered all its requests")
            worker.kill()
        self._bury()


def _free_place(workers: List[WorkerProcess]) -> int:
    taken = {worker.place for worker in workers}
    return next(place for place in range(len(workers) + 1) if place not in taken)


def _ending(code: int) -> str:
    if code >= 0:
        return f"ended with exit code {code}"
    cause = ", often the kernel's for want of memory" if code == -signal.SIGKILL else ""
    return f"was ended by signal {-code}{cause}"
