"""A Great Expectations process started before it is needed: its import takes 4 to 6 s, which a build can hide.

It is a head start and nothing else: whoever finds none starts one.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from shipway.verification.expectations import SuiteProcess

_waiting: list[SuiteProcess] = []


@contextmanager
def warming(*, needed: bool) -> Iterator[None]:
    """Starts one for the block, and ends it if nobody took it."""
    if needed:
        process = SuiteProcess()
        process.start()
        _waiting.append(process)
    try:
        yield
    finally:
        while _waiting:
            _waiting.pop().close()


@contextmanager
def suite_process(*, needed: bool) -> Iterator[SuiteProcess | None]:
    """The one that waits, or a new one; ended with the block. None when none is needed."""
    if not needed:
        yield None
        return
    process = _waiting.pop() if _waiting else SuiteProcess()
    process.start()
    try:
        yield process
    finally:
        process.close()
