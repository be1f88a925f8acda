"""Append-only journals: numbered create-only records, each with the hash of the one before.

A changed, missing or swapped entry breaks the chain. A cut-off end does not show in the chain itself: whoever must see
that keeps the head's hash elsewhere and calls `verify`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from shipway.domain.canonical import Plain, digest_of, parse_rfc3339, rfc3339
from shipway.errors import RecordExists, RecordMissing, StoreCorrupt
from shipway.store.records import Records

GENESIS = "0" * 64
"""What the first entry has for the hash of the one before; the head of an empty journal."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """`prev` is the hash of the entry before; `seq` counts from 1."""

    seq: int
    prev: str
    at: datetime
    data: Mapping[str, Plain]

    @property
    def document(self) -> dict[str, Plain]:
        return {"seq": self.seq, "prev": self.prev, "at": rfc3339(self.at), "data": dict(self.data)}

    @property
    def hash(self) -> str:
        """Of the whole document."""
        return digest_of(self.document)


class Journal:
    """The entries below one prefix. Holds no state: every call reads the workspace."""

    def __init__(self, records: Records, prefix: str) -> None:
        self._records = records
        self.prefix = prefix

    def entries(self) -> tuple[Entry, ...]:
        """All, oldest first. Raises StoreCorrupt naming the first entry that is missing or does not fit."""
        names = self._records.names(self.prefix)
        for seq, name in enumerate(names, start=1):
            if name != _name(seq):
                raise StoreCorrupt(f"journal {self.prefix} is broken: entry {_name(seq)} is missing")
        found = self._records.each(self._read, range(1, len(names) + 1))
        prev = GENESIS
        for entry in found:
            if entry.prev != prev:
                raise StoreCorrupt(
                    f"journal {self.prefix} is broken at entry {_name(entry.seq)}: it follows {entry.prev[:12]}, "
                    f"but the entry before it is {prev[:12]}; one of them was changed"
                )
            prev = entry.hash
        return tuple(found)

    @property
    def head(self) -> tuple[int, str]:
        """Number and hash of the newest entry, (0, GENESIS) when there is none. Reads that entry only."""
        names = self._records.names(self.prefix)
        if not names:
            return 0, GENESIS
        newest = self._read(_seq(self.prefix, names[-1]))
        return newest.seq, newest.hash

    def append(self, data: Mapping[str, Plain], *, at: datetime, after: str | None = None) -> Entry:
        """Adds an entry, whoever else adds at the same time.

        With `after`, the hash of the head that the caller decided upon, it raises RecordExists when there is another
        head by now. Not safe to repeat: read the journal first.
        """
        while True:
            seq, head = self.head
            if after not in (None, head):
                raise RecordExists(
                    f"journal {self.prefix} has grown to entry {seq} since it was read; read it again and decide anew"
                )
            entry = Entry(seq=seq + 1, prev=head, at=at, data=data)
            try:
                self._records.create(f"{self.prefix}/{_name(entry.seq)}", entry.document)
            except RecordExists:
                continue
            return entry

    def verify(self, expected_head: str) -> None:
        """Raises StoreCorrupt when the chain is broken, or no entry has the hash `expected_head`: its end was cut off.

        Entries after that one are fine.
        """
        hashes = {GENESIS, *(entry.hash for entry in self.entries())}
        if expected_head not in hashes:
            raise StoreCorrupt(
                f"journal {self.prefix} has lost its end: no entry has the hash {expected_head[:12]} "
                f"that was noted, and it has {len(hashes) - 1} entries"
            )

    def _read(self, seq: int) -> Entry:
        key = f"{self.prefix}/{_name(seq)}"
        try:
            document = self._records.read(key)
        except RecordMissing:
            raise StoreCorrupt(f"journal {self.prefix} is broken: entry {_name(seq)} is missing") from None
        match document:
            case {"seq": int(number), "prev": str(prev), "at": str(at), "data": dict(data), **rest} if not rest:
                entry = Entry(seq=number, prev=prev, at=_time(at, key), data=data)
            case _:
                raise StoreCorrupt(f"journal {self.prefix} is broken: entry {_name(seq)} is not an entry")
        if number != seq:
            raise StoreCorrupt(f"journal {self.prefix} is broken: entry {_name(seq)} says that it is {number}")
        return entry


def _name(seq: int) -> str:
    return f"{seq:06d}"


def _seq(prefix: str, name: str) -> int:
    if not name.isdecimal():
        raise StoreCorrupt(f"journal {prefix} is broken: {name} is not an entry")
    return int(name)


def _time(text: str, key: str) -> datetime:
    try:
        return parse_rfc3339(text)
    except ValueError as error:
        raise StoreCorrupt(f"{key} is broken: {error}") from error
