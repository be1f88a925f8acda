"""Who takes a new connection when several workers listen on one socket: the least occupied, without their talking.

Every worker hears of the connection; each waits the longer the more it has to do, and the first to accept has it. A
busy worker still accepts in the end, because health has to answer while every worker is busy.
"""

import resource
import socket
from typing import Callable, Optional

from shipway_serving.server.reactor import Reactor, Timer

BUSY_DELAY_S = 0.05
"""Half of the 100 ms within which health answers."""

OPEN_CONNECTION_DELAY_S = 0.005
"""For each open connection; an idle worker wakes up and accepts in less, unless the machine is overloaded."""

LONGEST_IDLE_DELAY_S = 0.02

OUT_OF_DESCRIPTORS_DELAY_S = 0.1
"""The connection stays in the kernel's queue meanwhile; without the pause the loop would spin."""


SPARE_DESCRIPTORS = 8
"""One part of so many is left to the script: with that many in use, idle connections make room."""


def crowded_from(limit: int) -> int:
    """The descriptor number from which on a new connection is one too many; numbers are given out from the lowest."""
    return limit - limit // SPARE_DESCRIPTORS


def accept_delay(workers: int, busy: bool, open_connections: int) -> float:
    """Seconds to leave a new connection to the other workers; none when there are no others."""
    if workers == 1:
        return 0.0
    if busy:
        return BUSY_DELAY_S
    return min(LONGEST_IDLE_DELAY_S, OPEN_CONNECTION_DELAY_S * open_connections)


class Acceptor:
    """Accepts from ``listener``, each time after ``delay()`` seconds, and hands each client to ``welcome``."""

    def __init__(
        self,
        reactor: Reactor,
        listener: socket.socket,
        welcome: Callable[[socket.socket, str], None],
        delay: Callable[[], float],
        make_room: Callable[[], None] = lambda: None,
    ) -> None:
        """``welcome`` gets the client's socket, which does not block, and its address; ``make_room`` is to close some
        connections that nobody misses."""
        self._reactor = reactor
        self._listener = listener
        self._welcome = welcome
        self._delay = delay
        self._make_room = make_room
        self._timer: Optional[Timer] = None
        self._open = False

    def start(self) -> None:
        """Accept from now on."""
        if not self._open:
            self._open = True
            self._listen()

    def hurry(self) -> None:
        """The delay may have become shorter: ask for it anew."""
        if self._timer is not None:
            self._timer.cancel()
            self._listen()

    def pause(self) -> None:
        """Accept nothing until the next ``start``."""
        if self._open:
            self._open = False
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            self._reactor.forget(self._listener.fileno())

    def stop(self, *, take_waiting: bool) -> None:
        """Accept no more and close this process's listener; with ``take_waiting`` whoever waits is taken before."""
        self.pause()
        while take_waiting and self._accept():
            pass
        self._listener.close()

    def _listen(self) -> None:
        self._timer = None
        self._reactor.watch(self._listener.fileno(), self._knock)

    def _knock(self, events: int) -> None:
        delay = self._delay()
        if delay == 0:
            self._accept()
        else:
            self._wait(delay)

    def _wait(self, delay: float) -> None:
        self._reactor.forget(self._listener.fileno())
        self._timer = self._reactor.call_later(delay, self._accept_late)

    def _accept_late(self) -> None:
        self._listen()
        self._accept()

    def _accept(self) -> bool:
        """Take one connection; False when another worker was faster or it cannot be taken now."""
        try:
            client, address = self._listener.accept()
        except (BlockingIOError, ConnectionError):
            return False
        except OSError:
            if self._open:
                self._make_room()
                self._wait(OUT_OF_DESCRIPTORS_DELAY_S)
            return False
        if client.fileno() >= crowded_from(resource.getrlimit(resource.RLIMIT_NOFILE)[0]):
            self._make_room()
        try:
            client.setblocking(False)
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._welcome(client, str(address[0]))
        except OSError:
            # It has gone already.
            client.close()
        return True
