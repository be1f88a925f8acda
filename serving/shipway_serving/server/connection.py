"""One client's connection: requests are answered one after another, in the order in which they came.

Runs on the reactor. It knows bytes, deadlines and back pressure; what a request means is the ``Site``'s.
Deadlines are checked by one sweep a second over all connections instead of a timer for each.
"""

import heapq
import logging
from collections import deque
from typing import Any, Callable, Deque, Optional, Set, Union

from shipway_serving.contract.messages import Request, Response, failure
from shipway_serving.server.http_parser import Malformed, Parsed, Phase, RequestParser
from shipway_serving.server.http_writer import CONTINUE, response_bytes, stream_head
from shipway_serving.server.known_heads import KnownHeads
from shipway_serving.server.limits import Limits, body_time, reading_time

_log = logging.getLogger("shipway_serving.connection")

Reply = Callable[[Response], None]


ROOM = 16
"""Connections closed at once when descriptors run out."""

MAKE_ROOM_EVERY_S = 0.1
"""To look for them among thousands takes its time."""

SHORTEST_IDLE_S = 2.0
"""A connection that has been idle for less is likely to bring its next request now."""


_IDLE, _HEADERS, _BODY, _ENDED = Phase.IDLE, Phase.HEADERS, Phase.BODY, Phase.ENDED
"""An attribute of an enum costs a tenth of a microsecond before Python 3.12."""


class Site:
    """What the connections of one worker have in common."""

    def __init__(self, limits: Limits, clock: Callable[[], float], respond: Callable[[Request, Reply], None]) -> None:
        self.scheme = "http"
        self.limits = limits
        self.clock = clock
        """Monotonic seconds."""
        self.respond = respond
        """Answers a request by calling the reply once, now or later, by whoever drives the reactor."""
        self.heads = KnownHeads()
        self.connections: Set["Connection"] = set()
        self.date = ""
        """For the ``Date`` header; whoever sweeps renews it."""
        self.draining = False
        """Every answer from now on is its connection's last."""
        self.on_refusal: Callable[[int], None] = lambda status: None
        """Called with the status of an answer to what is no whole request."""
        self.on_disconnect: Callable[[], None] = lambda: None
        """Called after a connection has gone."""
        self._room_made_at = float("-inf")
        self.streaming: Optional["Connection"] = None
        """The connection whose reply came last and has a stream, until somebody takes it up."""

    def sweep(self) -> None:
        """Close what is past its deadline."""
        now = self.clock()
        for connection in list(self.connections):
            connection.check_deadline(now)

    def make_room(self) -> None:
        """Close the ``ROOM`` connections that have waited longest for a request, if they have waited for a while."""
        now = self.clock()
        if now - self._room_made_at < MAKE_ROOM_EVERY_S:
            return
        self._room_made_at = now
        waiting = heapq.nsmallest(
            ROOM, ((connection.idle_since, id(connection), connection) for connection in self.connections)
        )
        for idle_since, _, connection in waiting:
            if idle_since <= now - SHORTEST_IDLE_S:
                connection.close_if_idle()

    def close_idle(self) -> None:
        """Close every connection that waits for a request; one that is arriving has little time left."""
        for connection in list(self.connections):
            connection.close_if_idle()


class Connection:
    """One accepted socket, from the first byte to the end."""

    def __init__(self, site: Site, connect: Callable[["Connection"], Any], client: str = "") -> None:
        """``connect`` makes the ``Channel`` whose owner this is; ``client`` is the other end's address."""
        self._site = site
        self._parser = RequestParser(site.limits, client, site.scheme, site.heads)
        self._waiting: Deque[Union[Parsed, Malformed]] = deque()
        self._current: Optional[Parsed] = None
        self._client_done = False
        self._closing = False
        self._stalled = False
        self._pumping = False
        self._chunked = False
        self._deadline = 0.0
        self._phase_began = 0.0
        self._taken_before = 0
        self._channel = connect(self)
        site.connections.add(self)
        self._await_more(_ENDED)

    # Called by the channel.

    def received(self, data: bytes) -> None:
        """Bytes have come; after the last answer they are thrown away."""
        if self._closing:
            return
        before = self._parser.phase
        self._waiting.extend(self._parser.feed(data))
        if self._current is None and not self._waiting:
            self._await_more(before)
        self._pump()

    def eof(self) -> bool:
        """The client sends no more; it may still wait for answers, so the connection stays while there are any."""
        self._client_done = True
        return self._current is not None or bool(self._waiting)

    def lost(self) -> None:
        """The connection is gone, whoever closed it."""
        self._closing = True
        self._waiting.clear()
        self._site.connections.discard(self)
        self._site.on_disconnect()

    def stalled(self) -> None:
        """The client does not read what we send."""
        self._stalled = True
        self._give_time_to_read(self._site.limits.stalled_s)

    def flowing(self) -> None:
        """It reads again."""
        self._stalled = False
        if not self._closing:
            self._await_more(_ENDED)
            self._pump()

    # Called by the main thread, for a reply with a stream.

    @property
    def is_clogged(self) -> bool:
        """Whether the next part of a stream has to wait."""
        return self._stalled

    @property
    def is_gone(self) -> bool:
        """Whether nobody reads any more."""
        return self._closing

    def send_part(self, part: bytes) -> None:
        """One more part of the stream; an empty one is nothing."""
        if part and not self._closing:
            self._channel.write(b"%x\r\n%b\r\n" % (len(part), part) if self._chunked else part)

    def end_stream(self, *, broken: bool) -> None:
        """The stream is at its end; a ``broken`` one must not look whole, so the connection is cut."""
        if self._closing:
            return
        if broken:
            self._channel.abort()
            return
        if self._chunked:
            self._channel.write(b"0\r\n\r\n")
        self._answered(last=not self._chunked or self._is_last())

    # Called by the site.

    def check_deadline(self, now: float) -> None:
        """Give up on a client that is too slow."""
        if now < self._deadline:
            return
        if self._closing or self._stalled:
            if now >= self._deadline + reading_time(self._channel.taken_late - self._taken_before):
                self._channel.abort()
        elif self._current is None and self._parser.phase in (_HEADERS, _BODY):
            self._refuse(Malformed(408, "The request did not arrive in time."))
        elif self._current is None:
            self._finish()

    @property
    def idle_since(self) -> float:
        """When it began to wait for a request, in monotonic seconds; infinite while it does not."""
        is_busy = self._closing or self._current or self._waiting or self._parser.phase is not _IDLE
        return float("inf") if is_busy else self._phase_began

    def close_if_idle(self) -> None:
        """Close unless a request is being answered or arriving; what is arriving has to hurry."""
        if self._closing or self._current or self._waiting:
            return
        if self._parser.phase in (_HEADERS, _BODY):
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
        if phase is _HEADERS:
            self._deadline = self._phase_began + limits.header_s
        elif phase is _BODY:
            self._deadline = self._phase_began + body_time(limits, self._parser.body_received)
        else:
            self._deadline = self._phase_began + limits.idle_s
        if self._parser.awaits_continue:
            self._parser.awaits_continue = False
            self._channel.write(CONTINUE)

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
                self._respond(item)
        self._pumping = False
        # The client's further bytes stay in the kernel while requests of its own wait here.
        self._channel.read(not self._waiting or self._closing)

    def _respond(self, item: Parsed) -> None:
        """A failure of ours ends the connection; without an answer the client would wait for ever."""
        try:
            self._site.respond(item.request, self._reply)
        except Exception:
            _log.exception("A request could not be answered: %s %s", item.request.method, item.request.path)
            if not self._closing:
                self._refuse(Malformed(500, "The server failed to answer the request; its log says why."))

    def _reply(self, response: Response) -> None:
        if self._current is None or self._closing:
            return
        head_only = self._current.request.method == "HEAD"
        if response.stream is not None and not head_only:
            self._begin_stream(response)
            return
        last = self._is_last()
        self._write(response, closing=last, head_only=head_only)
        self._answered(last=last)

    def _is_last(self) -> bool:
        """Whether the connection ends with the answer that is due."""
        assert self._current is not None
        return not self._current.keep_alive or (not self._waiting and (self._site.draining or self._client_done))

    def _answered(self, *, last: bool) -> None:
        self._current = None
        if last:
            self._finish()
            return
        if not self._stalled:
            self._await_more(_ENDED)
        self._pump()

    def _begin_stream(self, response: Response) -> None:
        """Chunks, or, for a client of HTTP/1.0, up to the end of the connection."""
        assert self._current is not None
        self._chunked = self._current.chunks
        closing = not self._chunked or self._is_last()
        self._channel.write(stream_head(response, self._site.date, chunked=self._chunked, closing=closing))
        self._site.streaming = self

    def _write(self, response: Response, *, closing: bool, head_only: bool) -> None:
        self._channel.write(response_bytes(response, self._site.date, closing=closing, head_only=head_only))

    def _refuse(self, item: Malformed) -> None:
        """Answer, then leave the client time to read it: closing with unread input would reset the connection."""
        self._site.on_refusal(item.status)
        self._write(failure(item.status, item.message), closing=True, head_only=False)
        self._closing = True
        self._give_time_to_read(self._site.limits.linger_s)
        self._channel.close_half()

    def _finish(self) -> None:
        self._closing = True
        self._give_time_to_read(self._site.limits.stalled_s)
        self._channel.close()

    def _give_time_to_read(self, seconds: float) -> None:
        self._taken_before = self._channel.taken_late
        self._deadline = self._site.clock() + seconds
