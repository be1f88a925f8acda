"""The five things that an object store can do, and nothing else: put, put if absent, get, list, delete."""

import contextlib
import re
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import obstore
from obstore.exceptions import BaseError
from obstore.store import ObjectStore

from shipway.errors import RecordExists, RecordMissing, StoreError, StoreFull, StoreUnavailable
from shipway.store.faults import OutOfRoom, fault

T = TypeVar("T")
R = TypeVar("R")

FILE_WRITE_BYTES = 256 * 1024
"""What is written to a file at once. Linux takes six times as long over larger writes, for which it looks for larger
pages: seen on 6.18, 1 GB in 3.0 s by 5 MB at a time, in 0.5 s by 256 kB.
"""
_PART_BYTES = 5 * 1024 * 1024
"""obstore's default part of a multipart upload, and the smallest that S3 takes."""
_CHUNK_BYTES = 8 * 1024 * 1024
_CHUNKS_AT_ONCE = 4
_REQUESTS_AT_ONCE = 12
"""A bucket takes 20 to 100 ms to answer, whatever is asked."""
_MOST_PARTS = 9_000
"""S3 takes 10,000 parts of an upload; Azure 50,000."""
PATIENCE_S = 25.0
"""Throttling passes in seconds; and a lease, which lasts for 60 s, has to be renewed in time."""
_PAUSES_S = (0.1, 0.2, 0.4, 0.8, 1.6, 3.0, 4.0, 4.0, 4.0, 4.0)
"""Between attempts to create; as obstore does for all other requests, see shipway.store.remote."""
_UNFINISHED = re.compile(r".+#\d+")


@dataclass(frozen=True, kw_only=True)
class Stored:
    """An object as a listing shows it."""

    key: str
    size_bytes: int
    modified_at: datetime


class Objects:
    """Objects by key below one root. `where` is how messages name the root; `folder` is set when it is a folder.

    Raises RecordExists, RecordMissing, StoreFull, StoreUnavailable, or StoreError for what will not pass by itself.
    """

    def __init__(
        self,
        store: ObjectStore,
        *,
        where: str,
        folder: Path | None,
        once: ObjectStore | None = None,
        large: ObjectStore | None = None,
        patience_s: float = PATIENCE_S,
    ) -> None:
        """`once` is the same store by a client that never repeats a request, `large` by one that waits for long."""
        self._store = store
        self._once = once or store
        self._large = large or store
        self._patience_s = patience_s
        self.where = where
        self.folder = folder

    def part_bytes(self, size_bytes: int) -> int:
        """The size of one part of the upload of a whole of `size_bytes`."""
        if self.folder is not None:
            return FILE_WRITE_BYTES
        return max(_PART_BYTES, -(-size_bytes // _MOST_PARTS))

    def create(self, key: str, data: bytes) -> None:
        """All of it or nothing, and only if there is none: one of several writers wins, the others get RecordExists."""
        if self.folder is not None:
            self._create_once(key, data)
        else:
            self._create_patiently(key, data)

    def _create_once(self, key: str, data: bytes) -> None:
        with self._speaking_of(key, wanted_bytes=len(data)):
            obstore.put(self._once, key, data, mode="create")

    def _create_patiently(self, key: str, data: bytes) -> None:
        """Repeated by ourselves, by a client that does not: an answer that was lost may have been a yes, and the next
        is then a no because of our own object. So after a no that follows a lost answer the object is looked at.

        A no without an object is S3's 409: another writer was at it at that moment, and S3 asks to try again.
        """
        give_up_at, unanswered = time.monotonic() + self._patience_s, False
        last: StoreError
        for pause_s in _PAUSES_S:
            try:
                return self._create_once(key, data)
            except StoreUnavailable as error:
                unanswered, last = True, error
            except RecordExists as error:
                there = self._read_if_there(key)
                if unanswered and there == data:
                    return None
                if there is not None:
                    raise
                last = error
            if time.monotonic() + pause_s > give_up_at:
                break
            time.sleep(pause_s)
        raise last

    def _read_if_there(self, key: str) -> bytes | None:
        with contextlib.suppress(RecordMissing):
            return self.read(key)
        return None

    def put(self, key: str, data: bytes) -> None:
        """All of it or nothing; the last writer wins."""
        with self._speaking_of(key, wanted_bytes=len(data)):
            obstore.put(self._store, key, data)

    def upload(self, key: str, chunks: Iterable[bytes], *, size_bytes: int) -> None:
        """Streams to a multipart upload; nothing shows before the last part is in.

        Chunks of `part_bytes` are not copied again. What the iterator raises gives the upload up and comes out as it
        is. Memory: at most 12 parts.
        """
        with self._speaking_of(key, wanted_bytes=size_bytes):
            obstore.put(self._large, key, iter(chunks), use_multipart=True, chunk_size=self.part_bytes(size_bytes))

    def read(self, key: str) -> bytes:
        with self._speaking_of(key):
            return bytes(obstore.get(self._store, key).bytes())

    def stream(self, key: str) -> Iterator[memoryview]:
        """In chunks of 8 MB, from a bucket four at once; memory does not grow with the object. It must not change.

        By ranges: obstore's own stream reads a folder in steps of 8 KB and takes four times as long.
        """
        with self._speaking_of(key):
            size_bytes = obstore.head(self._store, key)["size"]
            starts = range(0, size_bytes, _CHUNK_BYTES)
            at_once = 1 if self.folder else _CHUNKS_AT_ONCE
            for first in range(0, len(starts), at_once):
                yield from self.each(
                    lambda start: memoryview(
                        obstore.get_range(self._large, key, start=start, end=min(start + _CHUNK_BYTES, size_bytes))
                    ),
                    starts[first : first + at_once],
                )

    def each(self, act: Callable[[T], R], items: Sequence[T]) -> list[R]:
        """`act` on each, in order; for a bucket some at once, in threads. Raises what the first failure raised."""
        if self.folder is not None or len(items) < 2:
            return [act(item) for item in items]
        with ThreadPoolExecutor(min(len(items), _REQUESTS_AT_ONCE), thread_name_prefix="store") as pool:
            return list(pool.map(act, items))

    def stat(self, key: str) -> Stored | None:
        """None when there is no such object."""
        try:
            with self._speaking_of(key):
                meta = obstore.head(self._store, key)
        except RecordMissing:
            return None
        return Stored(key=meta["path"], size_bytes=meta["size"], modified_at=meta["last_modified"].astimezone(UTC))

    def delete(self, key: str) -> None:
        """Safe to repeat: an absent object is deleted already."""
        with contextlib.suppress(RecordMissing), self._speaking_of(key):
            obstore.delete(self._store, key)

    def under(self, prefix: str) -> Iterator[Stored]:
        """Everything below `prefix`, at any depth, in no order."""
        with self._speaking_of(prefix):
            for page in obstore.list(self._store, prefix, chunk_size=1000):
                for meta in page:
                    at = meta["last_modified"].astimezone(UTC)
                    yield Stored(key=meta["path"], size_bytes=meta["size"], modified_at=at)

    def children(self, prefix: str) -> tuple[set[str], set[str]]:
        """The last parts of the keys directly below `prefix`: of objects, and of prefixes that hold objects."""
        with self._speaking_of(prefix):
            found = obstore.list_with_delimiter(self._store, prefix)
        objects = {meta["path"].rpartition("/")[2] for meta in found["objects"]}
        prefixes = {p.rpartition("/")[2] for p in found["common_prefixes"] if self._holds_something(p)}
        return objects, prefixes

    def remove_unfinished(self, prefix: str, *, before: datetime) -> int:
        """Frees what killed uploads left behind, and returns how many bytes that was. Safe to repeat.

        A folder hides it under `<key>#<number>`; a bucket's own lifecycle rule sees to it there, and nothing is done.
        """
        if self.folder is None:
            return 0
        freed = 0
        for path in (self.folder / prefix).rglob("*#*"):
            with contextlib.suppress(FileNotFoundError):  # it was finished meanwhile
                found = path.stat()
                if _UNFINISHED.fullmatch(path.name) and found.st_mtime < before.timestamp():
                    path.unlink()
                    freed += found.st_size
        return freed

    def free_bytes(self) -> int | None:
        """None where the store has no such number."""
        return shutil.disk_usage(self.folder).free if self.folder else None

    def require_room(self, wanted_bytes: int) -> None:
        """Raises StoreFull before anything is written. A disk may still fill up in between."""
        free = self.free_bytes()
        if free is not None and free < wanted_bytes:
            raise self._full(wanted_bytes)

    def _holds_something(self, prefix: str) -> bool:
        """A folder outlives the last object in it; in an object store there is no such thing."""
        return self.folder is None or next(self.under(prefix), None) is not None

    @contextlib.contextmanager
    def _speaking_of(self, key: str, *, wanted_bytes: int = 0) -> Iterator[None]:
        try:
            yield
        except (BaseError, FileNotFoundError, ValueError) as error:
            meaning = fault(error, key=key, where=self.where)
            raise (self._full(wanted_bytes) if isinstance(meaning, OutOfRoom) else meaning) from error

    def _full(self, wanted_bytes: int) -> StoreFull:
        free = self.free_bytes()
        left = "" if free is None else f", {megabytes(free)} free"
        return StoreFull(
            f"no room left in workspace {self.where}: wanted {megabytes(wanted_bytes)}{left}; "
            "free some or move the workspace"
        )


def megabytes(size_bytes: int) -> str:
    """Rounded up in one decimal, so that something is never 0."""
    return f"{-(-size_bytes // 100_000) / 10:.1f} MB"
