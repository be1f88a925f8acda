"""Trying out a place for a workspace: is it reached, read, written, and does create-if-absent hold when eight race."""

import contextlib
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from statistics import median
from time import perf_counter

from shipway.errors import RecordExists, RecordMissing, StoreError
from shipway.store.objects import Objects

_RACERS, _RACES = 8, 3
_TRIES = 3


@dataclass(frozen=True, kw_only=True)
class Probe:
    """One thing that was tried. `took_ms` is the median of a few tries; None when there is nothing to time."""

    what: str
    good: bool
    found: str
    took_ms: float | None = None


def probe(objects: Objects, token: str) -> Iterator[Probe]:
    """Tries one thing after the other, and ends with the first that fails. Leaves nothing below `probes/<token>`.

    `token` keeps two that try at the same time apart.
    """
    prefix = f"probes/{token}"
    try:
        for what, act in _trials(objects, prefix):
            found = _tried(what, act)
            yield found
            if not found.good:
                return
    finally:
        _clean(objects, prefix)


def _trials(objects: Objects, prefix: str) -> list[tuple[str, Callable[[], str]]]:
    return [
        ("list", lambda: _list(objects)),
        ("write", lambda: _write(objects, prefix)),
        ("read", lambda: _read(objects, prefix)),
        ("see at once", lambda: _see(objects, prefix)),
        ("create once", lambda: _race(objects, prefix)),
        ("delete", lambda: _delete(objects, prefix)),
    ]


def _tried(what: str, act: Callable[[], str]) -> Probe:
    took: list[float] = []
    found = ""
    try:
        for _ in range(_TRIES):
            began = perf_counter()
            found = act()
            took.append(perf_counter() - began)
    except StoreError as error:
        return Probe(what=what, good=False, found=str(error))
    return Probe(what=what, good=True, found=found, took_ms=median(took) * 1000)


def _list(objects: Objects) -> str:
    names = sorted(set().union(*objects.children("")))
    return ", ".join(names[:5]) + (" ..." if names[5:] else "") if names else "nothing is there yet"


def _write(objects: Objects, prefix: str) -> str:
    objects.put(f"{prefix}/written", b"shipway")
    return "an object of 7 bytes"


def _read(objects: Objects, prefix: str) -> str:
    if objects.read(f"{prefix}/written") != b"shipway":
        raise StoreError(f"workspace {objects.where} gives back other bytes than were written to it; do not use it")
    return "the same bytes"


def _see(objects: Objects, prefix: str) -> str:
    if objects.children(prefix)[0] != {"written"}:
        raise StoreError(
            f"workspace {objects.where} does not list what was written a moment ago; a store that lists late "
            "cannot hold a workspace"
        )
    return "in the next listing"


def _race(objects: Objects, prefix: str) -> str:
    """Numbered by what is there already, so that each try races for a name of its own."""
    number = len(objects.children(prefix)[0])
    for race in range(_RACES):
        key = f"{prefix}/race-{number}-{race}"
        with ThreadPoolExecutor(_RACERS) as pool:
            won = sum(pool.map(lambda racer, key=key: _creates(objects, key, racer), range(_RACERS)))
        if won != 1:
            raise StoreError(
                f"workspace {objects.where} let {won} of {_RACERS} writers create one object; a store without "
                "create-if-absent (If-None-Match) cannot hold a workspace"
            )
    return f"one of {_RACERS} writers won, {_RACES} times"


def _creates(objects: Objects, key: str, racer: int) -> bool:
    try:
        objects.create(key, f"racer {racer}".encode())
    except RecordExists:
        return False
    return True


def _delete(objects: Objects, prefix: str) -> str:
    objects.delete(f"{prefix}/written")
    try:
        objects.read(f"{prefix}/written")
    except RecordMissing:
        return "it is gone"
    raise StoreError(f"workspace {objects.where} still has what was deleted a moment ago; do not use it")


def _clean(objects: Objects, prefix: str) -> None:
    with contextlib.suppress(StoreError):  # what failed was told
        for found in list(objects.under(prefix)):
            objects.delete(found.key)
    if objects.folder is not None:  # a folder outlives what was in it
        shutil.rmtree(objects.folder / prefix, ignore_errors=True)
        with contextlib.suppress(OSError):
            (objects.folder / prefix).parent.rmdir()
