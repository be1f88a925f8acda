"""For what a script wants awaited: one event loop of the main thread, the same from ``init`` to the last ``run``.

asyncio is imported when it is needed for the first time: it costs a fifth of the server's start.
"""

from typing import Any, AsyncIterator, Iterator, Optional


class Overdue(TimeoutError):
    """``run`` took longer than ``SCORING_TIMEOUT_MS``; what it awaited has been cancelled."""


class Cancelled(Exception):
    """What ``run`` awaited was cancelled, by the script itself."""


class Awaiter:
    """Awaits for code that cannot. Main thread only; makes no loop before something has to be awaited."""

    def __init__(self) -> None:
        self._loop: Any = None

    def loop(self) -> Any:
        """The event loop, also as the thread's current one, which scripts ask for."""
        import asyncio

        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            asyncio.set_event_loop(self._loop)
        return self._loop

    def result_of(self, awaitable: Any, timeout_s: Optional[float] = None) -> Any:
        """What ``awaitable`` gives; raises what it raises, ``Overdue`` after ``timeout_s`` seconds."""
        import asyncio

        loop = self.loop()
        task = loop.create_task(within(awaitable, timeout_s))
        try:
            return loop.run_until_complete(task)
        except asyncio.CancelledError:
            raise Cancelled("what run() awaited was cancelled") from None
        finally:
            # An alarm may have come while the loop itself was at work; nothing of this run may go on in the next one.
            if not task.done():
                task.cancel()

    def items_of(self, source: AsyncIterator[Any]) -> Iterator[Any]:
        """The items of an asynchronous iterator, one after another."""
        try:
            while True:
                try:
                    item = self.result_of(source.__anext__())
                except StopAsyncIteration:
                    return
                yield item
        finally:
            close = getattr(source, "aclose", None)
            if close is not None:
                self.result_of(close())


async def to_the_end(awaitable: Any, timeout_s: Optional[float]) -> Any:
    """As ``within``, in a task that nobody but the script itself can cancel: raises ``Cancelled`` then.

    ``CancelledError`` is no ``Exception`` from Python 3.8 on, and would pass for the end of the process.
    """
    import asyncio

    try:
        return await within(awaitable, timeout_s)
    except asyncio.CancelledError:
        raise Cancelled("what run() awaited was cancelled") from None


async def within(awaitable: Any, timeout_s: Optional[float]) -> Any:
    """What ``awaitable`` gives; after ``timeout_s`` seconds it is cancelled and ``Overdue`` raised instead.

    Awaited directly and not as a task of its own, so that ``SystemExit`` arrives here and not at the loop's foot.
    """
    import asyncio

    if timeout_s is None:
        return await awaitable
    loop = asyncio.get_event_loop()
    home: Any = asyncio if hasattr(asyncio, "current_task") else asyncio.Task
    task: Any = home.current_task()
    expired = []

    def expire() -> None:
        expired.append(True)
        task.cancel()

    timer = loop.call_later(timeout_s, expire)
    try:
        return await awaitable
    except asyncio.CancelledError:
        if expired:
            raise Overdue() from None
        raise
    finally:
        timer.cancel()
