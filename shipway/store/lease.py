"""Leases: who may work on a name, kept as numbered create-only records `leases/<name>/NNNNNN`.

The newest record is the state. It is never removed, so that a fence is never given out twice; older ones are pruned.
Whoever acts compares its fence just before it acts: a lease alone cannot stop a holder that slept through its expiry.
"""

import contextlib
import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from types import TracebackType
from typing import Self

from shipway.errors import FenceLost, LeaseHeld, RecordExists, RecordMissing, StoreError
from shipway.store.codec import decode, encode
from shipway.store.holder import Holder, is_gone
from shipway.store.records import Records

__all__ = [
    "LIFETIME",
    "RENEW_EVERY_S",
    "Holder",
    "Keeper",
    "Lease",
    "acquire",
    "check_fence",
    "current",
    "kept",
    "last_holder",
    "release",
    "renew",
]

LIFETIME = timedelta(seconds=60)
"""How long a holder that cannot be seen (on another host) is waited for."""

RENEW_EVERY_S = 15.0
"""A quarter of the lifetime: three attempts may fail."""

_KEPT = 8
"""Records kept behind the newest, for whoever asks what happened."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Lease:
    """As it stood when it was taken or renewed."""

    name: str
    holder: Holder
    fence: int
    expires_at: datetime


class _Kind(StrEnum):
    ACQUIRE = "acquire"
    RENEW = "renew"
    RELEASE = "release"


@dataclass(frozen=True, kw_only=True)
class _Turn:
    """One record."""

    seq: int
    kind: _Kind
    holder: Holder
    fence: int
    at: datetime
    expires_at: datetime


def acquire(records: Records, name: str, holder: Holder, *, now: datetime, lifetime: timedelta = LIFETIME) -> Lease:
    """Takes the lease when it is free, expired, or its holder's process is dead on this host; the fence goes up by one.

    The holder itself gets its fence again: safe to repeat. Raises LeaseHeld, naming who holds it and until when.
    """
    while True:
        turn = _next_turn(name, _newest(records, name), holder, now=now, gone=is_gone)
        turn = replace(turn, expires_at=now + lifetime)
        if _write(records, name, turn):
            return _lease(name, turn)


def renew(records: Records, lease: Lease, *, now: datetime, lifetime: timedelta = LIFETIME) -> Lease:
    """Holds it for another `lifetime` from `now`. Raises FenceLost when somebody took it over, or it was released."""
    while True:
        newest = _require_fence(_newest(records, lease.name), lease.name, lease.fence)
        turn = replace(newest, seq=newest.seq + 1, kind=_Kind.RENEW, at=now, expires_at=now + lifetime)
        if _write(records, lease.name, turn):
            return _lease(lease.name, turn)


def release(records: Records, lease: Lease, *, now: datetime) -> None:
    """Gives it back. Nothing when it is somebody else's by now, or was released: safe to repeat."""
    while True:
        newest = _newest(records, lease.name)
        if newest is None or newest.fence != lease.fence or newest.kind is _Kind.RELEASE:
            return
        turn = replace(newest, seq=newest.seq + 1, kind=_Kind.RELEASE, at=now, expires_at=now)
        if _write(records, lease.name, turn):
            return


def current(records: Records, name: str, *, now: datetime) -> Lease | None:
    """Who holds it; None when it is free to take: released, expired, or its process dead on this host."""
    newest = _newest(records, name)
    if newest is None or _is_free(newest, now=now, gone=is_gone):
        return None
    return _lease(name, newest)


def last_holder(records: Records, name: str) -> Holder | None:
    """Who holds it, or held it last, however long ago; None when nobody ever did."""
    newest = _newest(records, name)
    return None if newest is None else newest.holder


def check_fence(records: Records, name: str, fence: int) -> None:
    """Raises FenceLost unless `fence` is the newest and not released. An expired lease that nobody took still holds."""
    _require_fence(_newest(records, name), name, fence)


class Keeper:
    """`with Keeper(...) as keeper:` renews until the block ends, and leaves the lease held.

    `keeper.lost` turns true when somebody took the lease over. It comes late by nature: compare fences before each act.
    A workspace that does not answer is tried again at the next turn.
    """

    def __init__(
        self, records: Records, lease: Lease, *, clock: Callable[[], datetime], every_s: float = RENEW_EVERY_S
    ) -> None:
        self._records = records
        self._lease = lease
        self._clock = clock
        self._every_s = every_s
        self._lost = False
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._renew, name=f"lease-{lease.name}", daemon=True)

    @property
    def lost(self) -> bool:
        return self._lost

    @property
    def lease(self) -> Lease:
        """As last renewed."""
        return self._lease

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._thread.join()

    def _renew(self) -> None:
        while not self._done.wait(self._every_s):
            try:
                self._lease = renew(self._records, self._lease, now=self._clock())
            except FenceLost as error:
                self._lost = True
                _log.warning("%s", error)
                return
            except StoreError as error:
                _log.warning("the lease on %s could not be renewed yet: %s", self._lease.name, error)


@contextlib.contextmanager
def kept(records: Records, lease: Lease, *, clock: Callable[[], datetime]) -> Iterator[None]:
    """Renews the lease until the block ends, then gives it back. In this order: a renewal that comes after would tell
    of a lease that was lost."""
    try:
        with Keeper(records, lease, clock=clock):
            yield
    finally:
        release(records, lease, now=clock())


def _next_turn(
    name: str, newest: _Turn | None, holder: Holder, *, now: datetime, gone: Callable[[Holder], bool]
) -> _Turn:
    """What `holder` has to write to have the lease. Raises LeaseHeld."""
    fence = newest.fence if newest else 0
    if newest and newest.kind is not _Kind.RELEASE and newest.holder.is_same_as(holder):
        kind = _Kind.RENEW
    elif newest is None or _is_free(newest, now=now, gone=gone):
        kind, fence = _Kind.ACQUIRE, fence + 1
    else:
        raise LeaseHeld(
            f"{name} is held by release {newest.holder.release_id} ({_process(newest.holder)}) "
            f"until {newest.expires_at:%Y-%m-%d %H:%M:%S} UTC, unless it renews; wait for it, or stop it there"
        )
    seq = newest.seq + 1 if newest else 1
    return _Turn(seq=seq, kind=kind, holder=holder, fence=fence, at=now, expires_at=now + LIFETIME)


def _is_free(turn: _Turn, *, now: datetime, gone: Callable[[Holder], bool]) -> bool:
    return turn.kind is _Kind.RELEASE or turn.expires_at <= now or gone(turn.holder)


def _require_fence(newest: _Turn | None, name: str, fence: int) -> _Turn:
    if newest is None or newest.fence < fence:
        raise FenceLost(f"the lease on {name} has no fence {fence}: its records are gone; stop, and acquire it again")
    if newest.fence > fence:
        raise FenceLost(
            f"the lease on {name} was taken over by release {newest.holder.release_id} ({_process(newest.holder)}): "
            f"its fence is {newest.fence}, ours was {fence}; stop"
        )
    if newest.kind is _Kind.RELEASE:
        raise FenceLost(f"the lease on {name} with fence {fence} was released; acquire it again")
    return newest


def _newest(records: Records, name: str) -> _Turn | None:
    while names := _numbers(records, name):
        with contextlib.suppress(RecordMissing):  # pruned since it was listed: there is a newer one
            return decode(_Turn, records.read(_key(name, names[-1])))
    return None


def _write(records: Records, name: str, turn: _Turn) -> bool:
    """False when another writer came first.

    A writer that slept for long finds its number free again, since pruned: its record is not the newest, and counts for
    nothing.
    """
    try:
        records.create(_key(name, turn.seq), encode(turn))
    except RecordExists:
        return False
    numbers = _numbers(records, name)
    if numbers[-1] != turn.seq:
        records.delete(_key(name, turn.seq))
        return False
    for number in numbers[: -_KEPT - 1]:
        records.delete(_key(name, number))
    return True


def _numbers(records: Records, name: str) -> list[int]:
    return sorted(int(number) for number in records.names(f"leases/{name}") if number.isdecimal())


def _key(name: str, seq: int) -> str:
    return f"leases/{name}/{seq:06d}"


def _lease(name: str, turn: _Turn) -> Lease:
    return Lease(name=name, holder=turn.holder, fence=turn.fence, expires_at=turn.expires_at)


def _process(holder: Holder) -> str:
    return f"process {holder.pid} on host {holder.host}"
