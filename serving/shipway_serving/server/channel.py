"""One client's socket on the reactor: bytes in, bytes out, back pressure, and an orderly end."""

import select
import socket
from collections import deque
from typing import Any, Deque

from shipway_serving.server.reactor import READ, WRITE, Reactor

READ_BYTES = 64 * 1024

HIGH_WATER_BYTES = 64 * 1024
"""Unsent, past which the owner is asked to pause."""

_BROKEN = select.EPOLLHUP | select.EPOLLERR

_LATER = (BlockingIOError, InterruptedError)


class Channel:
    """``owner`` is told ``received(data)``, ``eof()`` (which says whether to keep the connection), ``lost()`` once at
    the end, and ``stalled()`` and ``flowing()`` when the client stops reading and has caught up.
    """

    def __init__(self, reactor: Reactor, client: Any, owner: Any) -> None:
        """``client`` is a socket that does not block."""
        self._reactor = reactor
        self._client = client
        self._fd: int = client.fileno()
        self._owner = owner
        self._unsent: Deque[memoryview] = deque()
        self._unsent_bytes = 0
        self._reading = True
        self._eof = False
        self._stalled = False
        self._closing = False
        self._half_closing = False
        self.ended = False
        self.taken_late = 0
        """Bytes that the client took after they had waited; grows as long as it reads."""
        self._events = READ
        reactor.watch(self._fd, self._ready)

    # The owner's.

    def write(self, data: bytes) -> None:
        """Send ``data``, now as far as the kernel takes it, the rest when it does."""
        if self.ended:
            return
        if not self._unsent:
            try:
                sent = self._send(data)
            except OSError:
                self.abort()
                return
            if sent == len(data):
                return
            data = data[sent:]
        self._unsent.append(memoryview(data))
        self._unsent_bytes += len(data)
        self._listen()
        if self._unsent_bytes > HIGH_WATER_BYTES and not self._stalled:
            self._stalled = True
            self._owner.stalled()

    def read(self, wanted: bool) -> None:
        """Go on reading, or leave what comes in the kernel."""
        if wanted is not self._reading and not self._closing:
            self._reading = wanted
            self._listen()

    def close(self) -> None:
        """End once everything is sent."""
        self._closing = True
        if not self._unsent:
            self.abort()
        else:
            self._listen()

    def close_half(self) -> None:
        """Send no more after what is unsent; what the client still sends is read."""
        self._half_closing = True
        if not self._unsent:
            self._shut(socket.SHUT_WR)

    def abort(self) -> None:
        """End now."""
        if self.ended:
            return
        self.ended = self._closing = True
        self._reactor.forget(self._fd)
        # A child that the script has forked may hold the socket too, and the client shall see the end all the same.
        self._shut(socket.SHUT_RDWR)
        self._client.close()
        self._unsent.clear()
        self._owner.lost()

    # The reactor's.

    def _ready(self, events: int) -> None:
        if events & READ:
            self._receive()
        if events & WRITE and not self.ended:
            self._flush()
        if events & _BROKEN and not self.ended:
            self.abort()

    def _receive(self) -> None:
        try:
            data = self._client.recv(READ_BYTES)
        except _LATER:
            return
        except OSError:
            self.abort()
            return
        self._take(data)

    def _take(self, data: bytes) -> None:
        if data:
            self._owner.received(data)
            return
        self._eof = True
        if self._owner.eof():
            self._listen()
        elif not self.ended:
            self.close()

    def _send(self, data: Any) -> int:
        """How much of ``data`` was taken; raises ``OSError`` when the connection is broken."""
        try:
            sent: int = self._client.send(data)
        except _LATER:
            return 0
        return sent

    def _flush(self) -> None:
        try:
            while self._unsent:
                sent = self._send(self._unsent[0])
                self._unsent_bytes -= sent
                self.taken_late += sent
                if sent < len(self._unsent[0]):
                    self._unsent[0] = self._unsent[0][sent:]
                    break
                self._unsent.popleft()
        except OSError:
            self.abort()
            return
        if not self._unsent:
            self._sent_all()

    def _sent_all(self) -> None:
        if self._closing:
            self.abort()
            return
        if self._half_closing:
            self._shut(socket.SHUT_WR)
        self._listen()
        if self._stalled:
            self._stalled = False
            self._owner.flowing()

    def _listen(self) -> None:
        """Ask the reactor for what matters now."""
        events = (READ if self._reading and not self._eof else 0) | (WRITE if self._unsent else 0)
        if events != self._events and not self.ended:
            self._events = events
            self._reactor.change(self._fd, events)

    def _shut(self, how: int) -> None:
        try:
            self._client.shutdown(how)
        except OSError:
            return
