"""Copying a whole workspace to another place: from a folder to a bucket, back, or between clouds.

The mark that makes a place a workspace is written last, so that half a copy is none. Leases are not copied: they say
who works on the other one.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256

from shipway.errors import RecordExists, StoreCorrupt, StoreError
from shipway.store.blobs import PREFIX as BLOBS
from shipway.store.objects import Objects, Stored
from shipway.store.workspace import MARK_KEY

_LARGE_BYTES = 1024 * 1024
_BATCH = 100
"""Small objects between two words of progress."""


@dataclass(frozen=True, kw_only=True)
class Progress:
    """What is in the other place by now, of all that has to be."""

    objects: int
    of_objects: int
    size_bytes: int
    of_size_bytes: int


@dataclass(frozen=True, kw_only=True)
class Copied:
    """`objects` and `size_bytes` were sent now; `already_there` had come with an earlier copy."""

    objects: int
    size_bytes: int
    already_there: int


def copy_objects(
    source: Objects, to: Objects, *, may_change: Callable[[str], bool], tell: Callable[[Progress], None]
) -> Copied:
    """Copies what `to` lacks, every blob checked against its digest on the way. Safe to repeat, also after a kill.

    `may_change` says by its key whether a record may be overwritten; all others are written once for all. Raises
    StoreError, before anything is written, when `to` holds what `source` does not; StoreCorrupt for a blob that is not
    what its digest says; StoreError when `source` changed meanwhile, and RecordExists when somebody writes to `to`.
    """
    listed, there = _listing(source), _listing(to)
    differing = _differing(source, to, listed, there)
    if other := next((key for key in differing if not may_change(key)), None):
        raise StoreError(
            f"{to.where} is not empty, and no copy of {source.where}: {other} is not the same in both; "
            "give another place"
        )
    for key in differing:
        to.delete(key)
    missing = [found for key, found in listed.items() if key not in there or key in differing]
    to.require_room(sum(found.size_bytes for found in missing))
    _copy_all(source, to, missing, tell)
    if _listing(source) != listed:
        raise StoreError(
            f"workspace {source.where} changed while it was copied; copy it again when nothing writes to it"
        )
    _create(to, MARK_KEY, source.read(MARK_KEY))
    return Copied(
        objects=len(missing),
        size_bytes=sum(found.size_bytes for found in missing),
        already_there=len(listed) - len(missing),
    )


def _copy_all(source: Objects, to: Objects, missing: Sequence[Stored], tell: Callable[[Progress], None]) -> None:
    """Blobs before the records that name them, journals in their order."""
    bucket = to if source.folder else source
    total_bytes = sum(found.size_bytes for found in missing)
    objects = size_bytes = 0
    for batch in _batches(sorted(missing, key=lambda found: (not found.key.startswith(BLOBS), found.key))):
        bucket.each(lambda found: _copy_one(source, to, found), batch)
        objects += len(batch)
        size_bytes += sum(found.size_bytes for found in batch)
        tell(Progress(objects=objects, of_objects=len(missing), size_bytes=size_bytes, of_size_bytes=total_bytes))


def _copy_one(source: Objects, to: Objects, found: Stored) -> None:
    key = found.key
    if not key.startswith(f"{BLOBS}/"):
        to.create(key, source.read(key))
    elif found.size_bytes <= _LARGE_BYTES:
        to.put(key, b"".join(_verified(source, key)))
    else:
        to.upload(key, _ahead(_verified(source, key)), size_bytes=found.size_bytes)


def _verified(source: Objects, key: str) -> Iterator[bytes]:
    """Raises before the last chunk is asked for, so that an upload of other bytes is never completed."""
    seen = sha256()
    for chunk in source.stream(key):
        seen.update(chunk)
        yield bytes(chunk)
    digest = key.rpartition("/")[2]
    if seen.hexdigest() != digest:
        raise StoreCorrupt(
            f"blob {digest} in workspace {source.where} does not hold the bytes of its digest; "
            "delete it and register its model again"
        )


def _ahead(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """One chunk ahead, in another thread: in this one obstore drives the upload, and can be asked for nothing else."""
    with ThreadPoolExecutor(1) as pool:
        following = pool.submit(next, chunks, None)
        while (chunk := following.result()) is not None:
            following = pool.submit(next, chunks, None)
            yield chunk


def _batches(found: Iterable[Stored]) -> Iterator[list[Stored]]:
    """A large object by itself: it is sent in parts at once, and needs memory."""
    batch: list[Stored] = []
    for stored in found:
        if stored.size_bytes > _LARGE_BYTES:
            yield [stored]
        else:
            batch.append(stored)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _listing(objects: Objects) -> dict[str, Stored]:
    return {
        found.key: found for found in objects.under("") if not found.key.startswith("leases/") and found.key != MARK_KEY
    }


def _differing(source: Objects, to: Objects, listed: Mapping[str, Stored], there: Mapping[str, Stored]) -> list[str]:
    """The keys in `to` that `source` lacks or has otherwise. Blobs have their digest for a name: one that `source` has
    freed since does no harm."""

    def differs(key: str) -> bool:
        is_blob = key.startswith(f"{BLOBS}/")
        if key not in listed:
            return not is_blob
        return listed[key].size_bytes != there[key].size_bytes or (not is_blob and source.read(key) != to.read(key))

    keys = sorted(there)
    bucket = to if source.folder else source
    return [key for key, other in zip(keys, bucket.each(differs, keys), strict=True) if other]


def _create(to: Objects, key: str, data: bytes) -> None:
    try:
        to.create(key, data)
    except RecordExists:
        return
