"""One client's connection: requests are answered one after another, in the order in which they came.

Runs on the HTTP thread's loop. It knows bytes, deadlines and back pressure; what a request means is the ``Site``'s.
Deadlines are checked by one sweep a second over all connections instead of a timer for each.
"""

import asyncio
from collections import deque
from typing import Any, Callable, Deque, Optional, Set, Union

from shipway_serving.contract.messages import Request, Response, failure
from shipway_serving.server.http_parser import Malformed, Parsed, Phase, RequestParser
from shipway_serving.server.http_writer import CONTINUE, response_bytes
from shipway_serving.server.limits import Limits, body_time

Reply = Callable[[Response], None]


class Site:
    """What the connections of one worker have in common."""

    def __init__(self, limits: Limits, clock: Callable[[], float], respond: Callable[[Request, Reply], None]) -> None:
        self.limits = limits
        self.clock = clock
        """Monotonic seconds."""
        self.respond = respond
        """Answers a request by calling the reply once, now or later, on this loop."""
        self.connections: Set["Connection"] = set()
        self.date = ""
        """For the ``Date`` header; whoever sweeps renews it."""
        self.draining = False
        """Every answer from now on is its connection's last."""
        self.on_disconnect: Callable[[], None] = lambda: None
        """Called after a connection has gone."""

    def sweep(self) -> None:
        """Close what is past its deadline."""
        now = self.clock()
        for connection in list(self.connections):
            connection.check_deadline(now)

    def close_idle(self) -> None:
        """Close every connection that waits for a request; one that is arriving has little time left."""
        for connection in list(self.connections):
            connection.close_if_idle()


class Connection(asyncio.Protocol):
    """The protocol of one accepted socket."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._parser = RequestParser(site.limits)
        self._waiting: Deque[Union[Parsed, Malformed]] = deque()
        self._current: Optional[Parsed] = None
        self._client_done = False
        self._closing = False
        self._stalled = False
        self._reading = True
        self._pumping = False
        self._transport: Any = None
        self._deadline = 0.0
        self._phase_began = 0.0

    # Called by asyncio.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client has connected."""
        self._transport = transport
        self._site.connections.add(self)
        self._await_more(Phase.ENDED)

    def data_received(self, data: bytes) -> None:
        """Bytes have come; after the last answer they are thrown away."""
        if self._closing:
            return
        before = self._parser.phase
        self._waiting.extend(self._parser.feed(data))
        if self._current is None and not self._waiting:
            self._await_more(before)
        self._pump()

    def eof_received(self) -> bool:
        """The client sends no more; it may still wait for answers, so the connection stays while there are any."""
        self._client_done = True
        return self._current is not None or bool(self._waiting)

    def connection_lost(self, exc: Optional[Exception]) -> None:
        """The connection is gone, whoever closed it."""
        self._closing = True
        self._waiting.clear()
        self._site.connections.discard(self)
        self._site.on_disconnect()

    def pause_writing(self) -> None:
        """The client does not read what we send."""
        self._stalled = True
        self._deadline = self._site.clock() + self._site.limits.stalled_s

    def resume_writing(self) -> None:
        """It reads again."""
        self._stalled = False
        if not self._closing:
            self._await_more(Phase.ENDED)
            self._pump()

    # Called by the site.

    def check_deadline(self, now: float) -> None:
        """Give up on a client that is too slow."""
        if now < self._deadline:
            return
        if self._closing or self._stalled:
            self._transport.abort()
        elif self._current is None and self._parser.phase in (Phase.HEADERS, Phase.BODY):
            self._refuse(Malformed(408, "The request did not arrive in time."))
        elif self._current is None:
            self._finish()

    def close_if_idle(self) -> None:
        """Close unless a request is being answered or arriving; what is arriving has to hurry."""
        if self._closing or self._current or self._waiting:
            return
        if self._parser.phase in (Phase.HEADERS, Phase.BODY):
            self._deadline = min(self._deadline, self._site.clock() + self._site.limits.last_request_s)
        else:
            self._finish()

    # The life of a request.

    def _await_more(self, before: Phase) -> None:
        """Set the deadline for what the parser, which was in phase ``before``, waits for; let a held-back body come."""
        phase = self._parser.phase
        limits = self._site.limits
        if phase is not before:
            self._phase_began = self._site.clock()
        if phase is Phase.HEADERS:
            self._deadline = self._phase_began + limits.header_s
        elif phase is Phase.BODY:
            self._deadline = self._phase_began + body_time(limits, self._parser.body_received)
        else:
            self._deadline = self._phase_began + limits.idle_s
        if self._parser.awaits_continue:
            self._parser.awaits_continue = False
            self._transport.write(CONTINUE)

    def _pump(self) -> None:
        """Hand over requests until one is left unanswered; a loop, because replies may come within ``respond``."""
        if self._pumping:
            return
        self._pumping = True
        while self._waiting and not (self._current or self._closing or self._stalled):
            item = self._waiting.popleft()
            if isinstance(item, Malformed):
                self._refuse(item)
            else:
                self._current = item
                self._site.respond(item.request, self._reply)
        self._pumping = False
        self._read(not self._waiting or self._closing)

    def _read(self, wanted: bool) -> None:
        """Leave the client's further bytes in the kernel while requests of its own wait here."""
        if wanted is self._reading or self._transport.is_closing():
            return
        self._reading = wanted
        if wanted:
            self._transport.resume_reading()
        else:
            self._transport.pause_reading()

    def _reply(self, response: Response) -> None:
        current, self._current = self._current, None
        if current is None or self._closing:
            return
        last = not current.keep_alive or (not self._waiting and (self._site.draining or self._client_done))
        self._write(response, closing=last, head_only=current.request.method == "HEAD")
        if last:
            self._finish()
            return
        if not self._stalled:
            self._await_more(Phase.ENDED)
        self._pump()

    def _write(self, response: Response, *, closing: bool, head_only: bool) -> None:
        self._transport.write(response_bytes(response, self._site.date, closing=closing, head_only=head_only))

    def _refuse(self, item: Malformed) -> None:
        """Answer, then leave the client time to read it: closing with unread input would reset the connection."""
        self._write(failure(item.status, item.message), closing=True, head_only=False)
        self._closing = True
        self._deadline = self._site.clock() + self._site.limits.linger_s
        self._transport.write_eof()

    def _finish(self) -> None:
        self._closing = True
        self._deadline = self._site.clock() + self._site.limits.stalled_s
        self._transport.close()
