"""The requests that wait for ``run``, in the order in which they came. Everything here needs the helm."""

from collections import deque
from typing import Any, Callable, Deque, List, Optional, Tuple

from shipway_serving.contract.messages import Request, Response

LONGEST_HOLD_S = 0.001
"""For an answer while other requests that wait are run. Sent one by one, each answer wakes its client on another core,
which with a small model costs more than the model does."""


class Job:
    """A request under way to ``run``."""

    __slots__ = ("came_at", "inputs", "reply", "request")

    def __init__(self, request: Request, reply: Callable[[Response], None], came_at: float) -> None:
        self.request = request
        self.reply = reply
        self.came_at = came_at
        """Monotonic seconds."""
        self.inputs: Any = None
        """What batching has read from the request, so that it is read once."""


class Line:
    """One queue of one worker."""

    def __init__(self, max_queue: Optional[int], clock: Callable[[], float]) -> None:
        self._max_queue = max_queue
        self._clock = clock
        self.waiting: Deque[Job] = deque()
        self._held: List[Tuple[Job, Response]] = []
        self._held_since = 0.0
        self.in_flight = 0
        """Requests put in line and not yet answered: some in ``run``, the others waiting."""
        self.all_at_once = False
        """Nobody waits for another, so that the queue limit is one of requests in flight beside the first."""
        self.on_change: Callable[[], None] = lambda: None
        """Called when ``in_flight`` becomes zero or ceases to be zero."""
        self.on_put: Callable[[], None] = lambda: None
        """Called when a request has been put in line."""

    def is_full(self) -> bool:
        """Whether the queue limit allows no further request to wait; what runs, batches too, does not count."""
        if self._max_queue is None:
            return False
        if self.all_at_once:
            return self.in_flight > self._max_queue
        waiting = len(self.waiting)
        # While nothing runs, the first of them does not wait either.
        return waiting > self._max_queue if waiting == self.in_flight else waiting >= self._max_queue

    def put(self, request: Request, reply: Callable[[Response], None]) -> None:
        """Let ``run`` answer ``request``; ``reply`` is called once."""
        self.waiting.append(Job(request, reply, self._clock()))
        self.in_flight += 1
        if self.in_flight == 1:
            self.on_change()
        self.on_put()

    def hold(self, job: Job, response: Response) -> None:
        """Answer ``job`` at the next ``release``."""
        if not self._held:
            self._held_since = self._clock()
        self._held.append((job, response))

    def release(self) -> None:
        """Answer what is held."""
        if self._held:
            held, self._held = self._held, []
            for job, response in held:
                self.finish(job, response)

    def release_late(self) -> None:
        """Answer what is held, if it has been for long enough."""
        if self._held and self._clock() - self._held_since > LONGEST_HOLD_S:
            self.release()

    def finish(self, job: Job, response: Response) -> None:
        """Answer ``job``; one that gets a stream is in flight until ``stream_ended``."""
        if response.stream is not None:
            job.reply(response)
            return
        self.in_flight -= 1
        job.reply(response)
        if self.in_flight == 0:
            self.on_change()

    def stream_ended(self) -> None:
        """To be called once for each stream, when there is nothing more of it to send."""
        self.in_flight -= 1
        if self.in_flight == 0:
            self.on_change()
