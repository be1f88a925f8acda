"""A worker's event loop: one epoll, timers, and calls from other threads.

Not asyncio, because what drives it changes: the main thread while it has nothing to run, a second thread during a run
(``helm``). Only whoever has the helm may call anything here but ``call_soon`` and ``wake``, which any thread may.
"""

import heapq
import logging
import os
import select
import time
from collections import deque
from itertools import count
from typing import Callable, Deque, Dict, List, Optional, Tuple

READ = select.EPOLLIN
WRITE = select.EPOLLOUT

_log = logging.getLogger("shipway_serving.reactor")


class Timer:
    """Something to be done later, unless it is cancelled."""

    __slots__ = ("action",)

    def __init__(self, action: Callable[[], None]) -> None:
        self.action: Optional[Callable[[], None]] = action

    def cancel(self) -> None:
        """Never do it."""
        self.action = None


class Reactor:
    """Calls whoever waits for a descriptor, a time or a turn of the loop."""

    def __init__(self) -> None:
        self._epoll = select.epoll()
        self._poll = self._epoll.poll
        self._handlers: Dict[int, Callable[[int], None]] = {}
        self._timers: List[Tuple[float, int, Timer]] = []
        self._numbers = count()
        self._calls: Deque[Callable[[], None]] = deque()
        self._awake = False
        self._wake_read, self._wake_write = os.pipe()
        os.set_blocking(self._wake_read, False)
        self.polled_at = 0.0
        """When descriptors were last looked at, in monotonic seconds."""
        self.watch(self._wake_read, self._woken)

    def watch(self, fd: int, handler: Callable[[int], None], events: int = READ) -> None:
        """Call ``handler`` with the epoll events whenever ``fd`` has one of ``events``, a hang-up or an error."""
        self._handlers[fd] = handler
        self._epoll.register(fd, events)

    def change(self, fd: int, events: int) -> None:
        """Wait for ``events`` of ``fd`` instead."""
        self._epoll.modify(fd, events)

    def forget(self, fd: int) -> None:
        """Watch ``fd`` no more. To be called before it is closed: a forked child may hold what it stands for open."""
        if self._handlers.pop(fd, None) is not None:
            self._epoll.unregister(fd)

    def call_later(self, delay_s: float, action: Callable[[], None]) -> Timer:
        """Do ``action`` once, after ``delay_s``."""
        timer = Timer(action)
        heapq.heappush(self._timers, (time.monotonic() + delay_s, next(self._numbers), timer))
        return timer

    def call_soon(self, action: Callable[[], None]) -> None:
        """Do ``action`` in the next turn, whoever takes it. From any thread or signal handler."""
        self._calls.append(action)
        self.wake()

    def wake(self) -> None:
        """End the turn that waits now, or the next one, at once. From any thread or signal handler."""
        if not self._awake:
            self._awake = True
            os.write(self._wake_write, b"\0")

    def turn(self, longest_s: Optional[float] = None) -> None:
        """Wait for the first thing to happen, ``longest_s`` at most, and see to all that has; raises nothing."""
        events = self._poll(self._patience(longest_s))
        self.polled_at = time.monotonic()
        handlers = self._handlers
        for fd, what, handler in [(fd, what, handlers.get(fd)) for fd, what in events]:
            # An earlier one may have closed this descriptor, and a new connection may have its number by now.
            if handler is not None and handlers.get(fd) is handler:
                try:
                    handler(what)
                except Exception:
                    _log.exception("A handler of descriptor %d failed", fd)
        if self._timers and self._timers[0][0] <= self.polled_at:
            self._ring()

    def _patience(self, longest_s: Optional[float]) -> float:
        """Seconds to wait; -1 for ever."""
        if not self._timers:
            return -1 if longest_s is None else longest_s
        until = max(0.0, self._timers[0][0] - time.monotonic())
        return until if longest_s is None or until < longest_s else longest_s

    def _ring(self) -> None:
        while self._timers and self._timers[0][0] <= self.polled_at:
            _do(heapq.heappop(self._timers)[2].action)

    def _woken(self, events: int) -> None:
        os.read(self._wake_read, 64)
        self._awake = False
        for _ in range(len(self._calls)):
            # What these put in line comes in the next turn, after whatever else has happened.
            _do(self._calls.popleft())


def _do(action: Optional[Callable[[], None]]) -> None:
    if action is None:
        return
    try:
        action()
    except Exception:
        _log.exception("An action of the event loop failed")
