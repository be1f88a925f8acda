"""The worker's HTTP side: the reactor with its listeners, connections and deadlines, the supervisor's wire, the drain.

It belongs to whoever has the helm; ``drain`` may be called from a signal handler.
"""

import os
import socket
import time
from email.utils import formatdate
from typing import Any, Callable, Optional

from shipway_serving.contract.cors import Cors
from shipway_serving.server.acceptor import Acceptor, accept_delay
from shipway_serving.server.channel import Channel
from shipway_serving.server.connection import Connection, Site
from shipway_serving.server.exchange import Exchange, Stage, fresh_ids
from shipway_serving.server.exit_codes import ORPHANED, WORKER_LEFT
from shipway_serving.server.keys import Keys, Respond, guarded
from shipway_serving.server.line import Line
from shipway_serving.server.reactor import Reactor
from shipway_serving.server.settings import Access
from shipway_serving.server.wire import Word
from shipway_serving.server.worker_plan import WorkerPlan
from shipway_serving.telemetry.emitter import Emitter
from shipway_serving.telemetry.metrics import Metrics

SWEEP_S = 1.0

LAST_CALL_S = 0.5
"""How long a draining worker still accepts: whoever routes traffic here has to notice first that it is not ready."""

LAST_REQUEST_S = 0.25
"""After that, how long an open connection may still bring a request that was under way."""

SLOW_READERS_S = 5.0
"""How long a worker that retires waits for clients who have their answer and do not read it: the next worker is started
when this one has ended, and a service of one worker answers nobody until then."""


class Front:
    """One for the life of the worker."""

    def __init__(self, plan: WorkerPlan, emitter: Emitter, metrics: Metrics) -> None:
        settings = plan.settings
        self._workers = settings.workers
        self._emitter = emitter
        self._metrics = metrics
        self.reactor = Reactor()
        self.line = Line(settings.max_queue, time.monotonic)
        self.exchange = Exchange(self.line, emitter, fresh_ids(os.urandom(8).hex()), settings)
        self.exchange.metrics = metrics
        self._keys = Keys(settings.access.keys_file) if settings.access.keys_file else None
        respond: Respond = self.exchange.respond
        if self._keys is not None:
            respond = guarded(respond, self.exchange.refuse, self._keys, Cors(settings.contract.cors_origins))
        self.site = Site(settings.limits, time.monotonic, respond)
        self._connect = _connector(self.reactor, self.site, settings.access)
        self._acceptor = Acceptor(
            self.reactor, _listener(plan.listener_fd), self._welcome, self._accept_delay, self.site.make_room
        )
        self._wire = socket.socket(fileno=plan.wire_fd)
        self._wire.setblocking(False)
        self.asked_for_success = True
        """Whether the supervisor wants to hear of the next run that returns."""
        self.ended = False
        """Nothing is left to do: the main thread may go."""
        self.on_end: Callable[[], None] = lambda: None
        """Called when ``ended`` becomes true."""
        self._emptied = False
        self.line.on_change = self._load_changed
        self.site.on_refusal = self.exchange.refused_unread
        self.site.on_disconnect = self._load_changed
        _close_in_forks(self._wire)
        self.reactor.watch(self._wire.fileno(), self._hear)
        if plan.accepts_during_init:
            self._acceptor.start()
        self._sweep()

    def ready(self) -> None:
        """``init`` has succeeded."""
        if self.exchange.stage is Stage.STARTING:
            self.exchange.stage = Stage.SERVING
            self._acceptor.start()
        self._tell(Word.READY)

    def succeeded(self) -> None:
        """Tell the supervisor, who has asked, that a run has returned."""
        self.asked_for_success = False
        self._tell(Word.SUCCESS)

    def stuck(self, is_stuck: bool) -> None:
        """``run`` does not end; or it has, after all."""
        self._tell(Word.STUCK if is_stuck else Word.READY)

    def drain(self) -> None:
        """Leave because the server ends: accept for a moment more, answer everything, then be ``ended``."""
        self.reactor.call_soon(self._drain)

    def retire(self) -> None:
        """Leave alone, at once: the other workers and the next one take what has not been accepted yet."""
        if not self.site.draining:
            self.exchange.stage = Stage.LEAVING
            self.site.draining = True
            self._acceptor.stop(take_waiting=False)
            self.reactor.call_later(LAST_REQUEST_S, self._close_idle)
            self.reactor.call_later(SLOW_READERS_S, self._leave_slow_readers)

    def _sweep(self) -> None:
        self.site.date = formatdate(usegmt=True)
        self.site.sweep()
        self._metrics.queue(self.line.in_flight, len(self.line.waiting))
        if self._keys is not None:
            self._keys.refresh()
        self.reactor.call_later(SWEEP_S, self._sweep)

    # Connections.

    def _welcome(self, client: socket.socket, address: str) -> None:
        Connection(self.site, lambda owner: self._connect(client, owner), address)

    def _accept_delay(self) -> float:
        return accept_delay(self._workers, self.line.in_flight > 0, len(self.site.connections))

    def _load_changed(self) -> None:
        if self._emptied:
            self._end_if_empty()
        elif self.line.in_flight == 0 and not self.site.draining:
            self._acceptor.hurry()

    # The supervisor's wire.

    def _tell(self, word: Word) -> None:
        try:
            self._wire.send(word.value)
        except OSError:
            return

    def _hear(self, events: int) -> None:
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
            self.asked_for_success = True
        if Word.OTHERS_READY.value in words and self.exchange.stage is Stage.STARTING:
            self._acceptor.pause()
        if Word.DRAIN.value in words:
            self._drain()

    # The end.

    def _drain(self) -> None:
        if self.site.draining:
            return
        starting = self.exchange.stage is Stage.STARTING
        self.exchange.stage = Stage.LEAVING
        self.site.draining = True
        if starting and self.line.in_flight == 0:
            # Nothing to answer, and init, which has no time limit, is not waited for.
            self._emitter.flush()
            os._exit(WORKER_LEFT)
        self.reactor.call_later(LAST_CALL_S, self._stop_accepting)

    def _stop_accepting(self) -> None:
        self._acceptor.stop(take_waiting=True)
        self.reactor.call_later(LAST_REQUEST_S, self._close_idle)

    def _close_idle(self) -> None:
        self.site.close_idle()
        self._emptied = True
        self._end_if_empty()

    def _end_if_empty(self) -> None:
        """Every answer has been written out once its connection is gone."""
        if not (self.line.in_flight or self.site.connections):
            self._end()

    def _leave_slow_readers(self) -> None:
        if self.line.in_flight:
            self.reactor.call_later(SLOW_READERS_S, self._leave_slow_readers)
        else:
            self._end()

    def _end(self) -> None:
        self.ended = True
        self.on_end()


def _connector(reactor: Reactor, site: Site, access: Access) -> Callable[[socket.socket, Connection], Any]:
    """What makes a channel of an accepted socket: TLS is loaded only where it is used."""
    if not (access.certificate and access.private_key):
        return lambda client, owner: Channel(reactor, client, owner)
    from shipway_serving.server.tls import TlsChannel, tls_context

    context = tls_context(access.certificate, access.private_key)
    site.scheme = "https"
    return lambda client, owner: TlsChannel(reactor, client, owner, context)


def _listener(fd: int) -> socket.socket:
    listener = socket.socket(fileno=fd)
    listener.setblocking(False)
    _close_in_forks(listener)
    return listener


def _close_in_forks(one: socket.socket) -> None:
    """A process that the script forks and leaves behind must not keep the port. Python 3.6 has no hook for it."""
    register: Optional[Any] = getattr(os, "register_at_fork", None)
    if register is not None:
        register(after_in_child=one.close)
