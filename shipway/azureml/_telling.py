"""What a script's reader sees. v1 printed; so does this: what was asked for to stdout, remarks to stderr."""

import sys
from contextlib import AbstractContextManager

from shipway.machine.progress import telling


def show(text: str, *, end: str = "\n") -> None:
    """Flushed, for progress is watched as it comes."""
    sys.stdout.write(text + end)
    sys.stdout.flush()


def remark(text: str) -> None:
    sys.stderr.write(f"shipway: {text}\n")
    sys.stderr.flush()


def progress() -> AbstractContextManager[None]:
    """What the library's loggers say meanwhile, as remarks: resolving and building may take minutes."""
    return telling(remark)
