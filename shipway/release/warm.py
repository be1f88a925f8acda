"""Great Expectations processes started before they are needed: the import takes 4 to 6 s, which a build can hide.

They are a head start and nothing else: whoever finds none starts one. One that was used waits for the next release of
this process.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from shipway.verification.expectations import SuiteProcess

_waiting: list[SuiteProcess] = []


@contextmanager
def warming(*, needed: bool) -> Iterator[None]:
    """Has one ready in the block. The outermost block ends those that are left."""
    outermost = not _waiting
    if needed and outermost:
        process = SuiteProcess()
        process.start()
        _waiting.append(process)
    try:
        yield
    finally:
        while outermost and _waiting:
            _waiting.pop().close()


@contextmanager
def suite_process(*, needed: bool) -> Iterator[SuiteProcess | None]:
    """The one that waits, or a new one; None when none is needed. It goes on waiting when all went well."""
    if not needed:
        yield None
        return
    process = _waiting.pop() if _waiting else SuiteProcess()
    process.start()
    try:
        yield process
    except BaseException:
        process.close()
        raise
    _waiting.append(process)
