"""One act at a time on a local service, and none by a process that was taken over."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shipway.errors import FenceLost
from shipway.machine.locks import file_lock
from shipway.machine.state import private_folder, write_whole

_LONGEST_ACT_S = 120.0
"""A revision that drains may hold the lock for this long."""


@contextmanager
def locked(services: Path, name: str) -> Iterator[None]:
    """Holds the service's lock, for acts that belong to no release."""
    with file_lock(_folder(services) / f"{name}.lock", timeout_s=_LONGEST_ACT_S):
        yield


@contextmanager
def fenced(services: Path, name: str, fence: int) -> Iterator[None]:
    """Holds the service's lock. Raises FenceLost when a higher fence than `fence` has been seen, before anything else.

    Lock and fence outlive the service's folder: who was taken over cannot bring back what was deleted.
    """
    with locked(services, name):
        _take(_folder(services) / name, name, fence)
        yield


def _folder(services: Path) -> Path:
    return private_folder(services / ".fences")


def _take(path: Path, name: str, fence: int) -> None:
    seen = int(path.read_text()) if path.exists() else 0
    if fence < seen:
        raise FenceLost(
            f"service {name} has been taken over: this act has fence {fence}, and {seen} has been seen; stop, and see "
            f"`shipway service history -n {name}` (if its workspace was made anew since, remove {path})"
        )
    if fence > seen:
        write_whole(path, f"{fence}\n")
