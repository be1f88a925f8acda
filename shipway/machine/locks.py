"""File locks: the kernel lets go of them when the holder dies, however it dies."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shipway.errors import MachineError
from shipway.machine.state import unwritable

_POLL_S = 0.05


@contextmanager
def file_lock(path: Path, *, timeout_s: float = 60.0) -> Iterator[None]:
    """Holds an exclusive lock on `path`, waiting at most `timeout_s`; MachineError names the file when that is over,
    or when it cannot be written."""
    descriptor = _open(path)
    try:
        _wait_for(descriptor, path, timeout_s)
        yield
    finally:
        os.close(descriptor)


def take_lock(path: Path) -> int | None:
    """The descriptor of a lock taken at once, to be closed by the caller or handed to a child; None when it is held."""
    descriptor = _open(path)
    if _try(descriptor):
        return descriptor
    os.close(descriptor)
    return None


def is_locked(path: Path) -> bool:
    """Whether a living process holds the lock. A file that is not there is not locked.

    Looks with a shared lock, so that two who look at once do not take each other for a holder.
    """
    if not path.exists():
        return False
    descriptor = _open(path)
    try:
        return not _try(descriptor, fcntl.LOCK_SH)
    finally:
        os.close(descriptor)


def _open(path: Path) -> int:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise unwritable(path, error) from error


def _try(descriptor: int, kind: int = fcntl.LOCK_EX) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _wait_for(descriptor: int, path: Path, timeout_s: float) -> None:
    deadline = time.monotonic() + timeout_s
    while not _try(descriptor):
        if time.monotonic() > deadline:
            raise MachineError(
                f"the lock {path} is held by another process for more than {timeout_s:g} s; "
                "wait for that command to end, or see `shipway status`"
            )
        time.sleep(_POLL_S)
