"""The way of a request from the HTTP thread to the main thread, where ``run`` is called, and of its response back."""

import asyncio
import queue
from typing import Any, Callable, NamedTuple, Optional

from shipway_serving.contract.messages import Request, Response


class Job(NamedTuple):
    """A request under way to ``run``."""

    request: Request
    done: Callable[[Response], None]
    """To be called on the HTTP thread's loop."""


class Handoff:
    """One queue, one thread at each end. Everything but ``next`` and ``finish`` belongs to the HTTP thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop, max_queue: Optional[int]) -> None:
        self._loop = loop
        self._max_queue = max_queue
        # The C queue takes a fifth of the time of the other one; Python 3.6 does not have it.
        make_queue: Any = getattr(queue, "SimpleQueue", queue.Queue)
        self._jobs: Any = make_queue()
        self.in_flight = 0
        """Requests handed over and not yet answered: one of them in ``run``, the others waiting."""
        self.on_change: Callable[[], None] = lambda: None
        """Called when ``in_flight`` becomes zero or ceases to be zero."""

    def is_full(self) -> bool:
        """Whether the queue limit allows no further request to wait."""
        return self._max_queue is not None and self.in_flight > self._max_queue

    def put(self, request: Request, reply: Callable[[Response], None]) -> None:
        """Let ``run`` answer ``request``; ``reply`` is called on the loop."""

        def done(response: Response) -> None:
            self.in_flight -= 1
            reply(response)
            if self.in_flight == 0:
                self.on_change()

        self.in_flight += 1
        self._jobs.put(Job(request, done))
        if self.in_flight == 1:
            self.on_change()

    def end(self) -> None:
        """No job will follow those that wait."""
        self._jobs.put(None)

    def next(self) -> Optional[Job]:
        """The next job, waiting for it; None at the end. Main thread."""
        job: Optional[Job] = self._jobs.get()
        return job

    def finish(self, job: Job, response: Response) -> None:
        """Send ``response`` back for ``job``. Main thread."""
        self._loop.call_soon_threadsafe(job.done, response)
