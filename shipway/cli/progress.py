"""What the library says while it works, for whoever waits at a terminal."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

from shipway.cli.context import Context


@contextmanager
def progress(context: Context, of: str = "shipway") -> Iterator[None]:
    """What the library's loggers say, or those of the part `of` it, with the seconds since the start, on stderr."""
    handler = _Progress(context)
    logger = logging.getLogger(of)
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.setLevel(before)
        logger.removeHandler(handler)


class _Progress(logging.Handler):
    """One line a record."""

    def __init__(self, context: Context) -> None:
        super().__init__(logging.INFO)
        self._context = context
        self._began = time.monotonic()

    def emit(self, record: logging.LogRecord) -> None:
        self._context.output.say(f"{time.monotonic() - self._began:6.1f} s  {record.getMessage()}")
