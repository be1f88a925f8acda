"""What the library's loggers say while it works, for whoever waits, or for a file."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def telling(say: Callable[[str], None], of: str = "shipway") -> Iterator[None]:
    """Each line goes to `say`, with the seconds since the start; of the whole library, or of its part `of`."""
    with heard_by(_Teller(say), of):
        yield


@contextmanager
def heard_by(handler: logging.Handler, of: str = "shipway") -> Iterator[None]:
    """The loggers are as they were afterwards; the handler is the caller's to close."""
    logger = logging.getLogger(of)
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.setLevel(before)
        logger.removeHandler(handler)


class _Teller(logging.Handler):
    """One line a record."""

    def __init__(self, say: Callable[[str], None]) -> None:
        super().__init__(logging.INFO)
        self._say = say
        self._began = time.monotonic()

    def emit(self, record: logging.LogRecord) -> None:
        self._say(f"{time.monotonic() - self._began:6.1f} s  {record.getMessage()}")
