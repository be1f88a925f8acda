"""What a script's reader sees. v1 printed; so does this: what was asked for to stdout, remarks to stderr."""

import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager


def show(text: str, *, end: str = "\n") -> None:
    """Flushed, for progress is watched as it comes."""
    sys.stdout.write(text + end)
    sys.stdout.flush()


def remark(text: str) -> None:
    sys.stderr.write(f"shipway: {text}\n")
    sys.stderr.flush()


@contextmanager
def progress() -> Iterator[None]:
    """What the library's loggers say meanwhile, as remarks: resolving and building may take minutes."""
    handler = _Progress()
    logger = logging.getLogger("shipway")
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.setLevel(before)
        logger.removeHandler(handler)


class _Progress(logging.Handler):
    """One line a record, with the seconds since the start."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self._began = time.monotonic()

    def emit(self, record: logging.LogRecord) -> None:
        remark(f"{time.monotonic() - self._began:6.1f} s  {record.getMessage()}")
