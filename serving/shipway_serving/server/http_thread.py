"""The worker's second thread: its event loop with the listener, the connections, the supervisor's wire and the drain.

The main thread belongs to the script alone. Public methods may be called from any thread.
"""

import asyncio
import os
import socket
import threading
import time
from email.utils import formatdate
from typing import Any, Callable

from shipway_serving.server.acceptor import Acceptor, accept_delay
from shipway_serving.server.connection import Connection, Site
from shipway_serving.server.exchange import Exchange, Stage, fresh_ids
from shipway_serving.server.exit_codes import ORPHANED
from shipway_serving.server.handoff import Handoff
from shipway_serving.server.limits import Limits
from shipway_serving.server.wire import Word
from shipway_serving.server.worker_plan import WorkerPlan
from shipway_serving.telemetry.emitter import Emitter

SWEEP_S = 1.0

LAST_CALL_S = 0.5
"""How long a draining worker still accepts: whoever routes traffic here has to notice first that it is not ready."""

LAST_REQUEST_S = 0.25
"""After that, how long an open connection may still bring a request that was under way."""


class HttpThread:
    """Runs from construction to the end of the process."""

    def __init__(self, plan: WorkerPlan, emitter: Emitter) -> None:
        self._plan = plan
        self._emitter = emitter
        self._loop = asyncio.new_event_loop()
        self.handoff = Handoff(self._loop, plan.settings.max_queue)
        self._exchange = Exchange(self.handoff, emitter, fresh_ids(os.urandom(8).hex()))
        self._site = Site(Limits(), time.monotonic, self._exchange.respond)
        self._wire = socket.socket(fileno=plan.wire_fd)
        listener = socket.socket(fileno=plan.listener_fd)
        listener.setblocking(False)
        self._acceptor = Acceptor(self._loop, listener, lambda: Connection(self._site), self._accept_delay)
        self._asked_for_success = True
        self._emptied = False
        self.handoff.on_change = self._load_changed
        self._site.on_disconnect = self._load_changed
        _close_in_forks(listener, self._wire)
        threading.Thread(target=self._run, name="shipway-http", daemon=True).start()

    def ready(self) -> None:
        """``init`` has succeeded."""
        self._call(self._serve)

    def succeeded(self) -> None:
        """A run has returned; the supervisor hears of it if it has asked since the last time."""
        if self._asked_for_success:
            self._asked_for_success = False
            self._call(lambda: self._tell(Word.SUCCESS))

    def drain(self) -> None:
        """Leave because the server ends: accept for a moment more, answer everything, then end the main thread."""
        self._call(self._drain)

    def retire(self) -> None:
        """Leave alone, at once: the other workers and the next one take what has not been accepted yet."""
        self._call(self._retire)

    def _call(self, action: Callable[[], None]) -> None:
        self._loop.call_soon_threadsafe(action)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._wire.setblocking(False)
        self._loop.add_reader(self._wire.fileno(), self._hear)
        if self._plan.accepts_during_init:
            self._acceptor.start()
        self._sweep()
        self._loop.run_forever()

    def _sweep(self) -> None:
        self._site.date = formatdate(usegmt=True)
        self._site.sweep()
        self._loop.call_later(SWEEP_S, self._sweep)

    def _accept_delay(self) -> float:
        busy = self.handoff.in_flight > 0
        return accept_delay(self._plan.settings.workers, busy, len(self._site.connections))

    def _load_changed(self) -> None:
        if self._emptied:
            self._end_if_empty()
        elif self.handoff.in_flight == 0 and not self._site.draining:
            self._acceptor.hurry()

    # The supervisor's wire.

    def _tell(self, word: Word) -> None:
        try:
            self._wire.send(word.value)
        except OSError:
            return

    def _hear(self) -> None:
        """Obey the supervisor; its silence for good means that it was killed, and nobody would end this process."""
        try:
            words = self._wire.recv(64)
        except BlockingIOError:
            return
        except OSError:
            words = b""
        if not words:
            os._exit(ORPHANED)
        if Word.TELL_SUCCESS.value in words:
            self._asked_for_success = True
        if Word.OTHERS_READY.value in words and self._exchange.stage is Stage.STARTING:
            self._acceptor.pause()
        if Word.DRAIN.value in words:
            self._drain()

    # The worker's stages.

    def _serve(self) -> None:
        if self._exchange.stage is Stage.STARTING:
            self._exchange.stage = Stage.SERVING
            self._acceptor.start()
        self._tell(Word.READY)

    def _drain(self) -> None:
        if self._site.draining:
            return
        starting = self._exchange.stage is Stage.STARTING
        self._exchange.stage = Stage.LEAVING
        self._site.draining = True
        if starting and self.handoff.in_flight == 0:
            # Nothing to answer, and init, which has no time limit, is not waited for.
            self._emitter.flush()
            os._exit(0)
        self._loop.call_later(LAST_CALL_S, self._stop_accepting)

    def _retire(self) -> None:
        if not self._site.draining:
            self._exchange.stage = Stage.LEAVING
            self._site.draining = True
            self._acceptor.stop(take_waiting=False)
            self._loop.call_later(LAST_REQUEST_S, self._close_idle)

    def _stop_accepting(self) -> None:
        self._acceptor.stop(take_waiting=True)
        self._loop.call_later(LAST_REQUEST_S, self._close_idle)

    def _close_idle(self) -> None:
        self._site.close_idle()
        self._emptied = True
        self._end_if_empty()

    def _end_if_empty(self) -> None:
        """Every answer has been written out once its connection is gone."""
        if not (self.handoff.in_flight or self._site.connections or self._acceptor.arriving):
            self.handoff.end()


def _close_in_forks(*sockets: socket.socket) -> None:
    """A process that the script forks and leaves behind must not keep the port. Python 3.6 has no hook for it."""
    register: Any = getattr(os, "register_at_fork", None)
    if register is not None:
        for one in sockets:
            register(after_in_child=one.close)
