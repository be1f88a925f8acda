"""Bytes by their SHA-256. Equal bytes are kept once, and what is read is always what its digest says."""

import contextlib
import hashlib
import os
import stat
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from shipway.domain.canonical import sha256_hex
from shipway.domain.model import FileEntry, Tree
from shipway.errors import MachineError, StoreCorrupt, StoreError
from shipway.store.objects import FILE_WRITE_BYTES, Objects
from shipway.store.trees import base_name, find_files, keep_all, safe_path

T = TypeVar("T")
R = TypeVar("R")

PREFIX = "blobs/sha256"
_IN_MEMORY_BYTES = 1024 * 1024
"""Files up to this size go up in one request: a multipart upload takes three."""


class _Changed(StoreError):
    """A file was written to while it was read."""


class Blobs:
    """Writing the same bytes again is nothing; a broken upload leaves nothing that can be read."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects

    def put_file(self, path: Path) -> tuple[str, int]:
        """Digest and size in bytes. Memory does not grow with the file.

        Raises StoreError when the file cannot be read or changes meanwhile, and StoreFull.
        """
        with _reading(path):
            seen = _fingerprint(path)
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            if _fingerprint(path) != seen:
                raise _changed(path)
        if not self.has(digest):
            self._upload(path, digest, seen)
        return digest, seen[0]

    def put_bytes(self, data: bytes) -> str:
        """For what fits in memory; raises StoreFull."""
        digest = sha256_hex(data)
        if not self.has(digest):
            self._objects.require_room(len(data))
            self._objects.put(_key(digest), data)
        return digest

    def read_bytes(self, digest: str) -> bytes:
        """For what fits in memory. Raises RecordMissing, and StoreCorrupt when the digest is not that of the bytes."""
        data = self._objects.read(_key(digest))
        if sha256_hex(data) != digest:
            raise self._corrupt(digest)
        return data

    def fetch(self, digest: str, to: Path) -> None:
        """Writes the blob to the file `to`, whose folder must exist; it appears whole and verified, or not at all.

        Raises RecordMissing, StoreCorrupt, and MachineError when the file cannot be written.
        """
        try:
            self._write_verified(digest, to)
        except OSError as error:
            raise MachineError(f"{to} could not be written: {error.strerror}") from error

    def has(self, digest: str) -> bool:
        return self._objects.stat(_key(digest)) is not None

    def delete(self, digest: str) -> None:
        """Safe to repeat. Whoever calls this knows that nothing needs the blob."""
        self._objects.delete(_key(digest))

    def listing(self) -> Iterator[tuple[str, int, datetime]]:
        """Digest, size in bytes and time of writing of every blob, in no order."""
        for found in self._objects.under(PREFIX):
            yield found.key.rpartition("/")[2], found.size_bytes, found.modified_at

    def remove_unfinished(self, *, before: datetime) -> int:
        """Frees the space of uploads that were killed before that time, and returns how many bytes. Safe to repeat."""
        return self._objects.remove_unfinished(PREFIX, before=before)

    def put_tree(
        self, path: Path, *, name: str | None = None, skip: Callable[[str], bool] = keep_all, what: str = "model path"
    ) -> Tree:
        """Keeps a folder or a lone file. `name` stands in for its base name. Safe to repeat.

        `skip` and `what`, and what is refused with a StoreError: see `find_files`. Raises StoreFull.
        """
        found = find_files(path, skip=skip, what=what)
        files = self._small_ones_at_once(self._put_entry, found, lambda place: place[1].stat().st_size)
        files.sort(key=lambda file: file.path)
        return Tree(name=name or base_name(path), is_folder=path.is_dir(), files=tuple(files))

    def fetch_tree(self, tree: Tree, into: Path) -> Path:
        """Writes the tree into the folder `into`, and returns where its payload then is: `into` / `tree.name`.

        Files that stand there already are replaced, others left alone. Safe to repeat. Raises what `fetch` raises.
        """
        payload = into / safe_path(tree.name)
        places = [(file, payload / safe_path(file.path) if tree.is_folder else payload) for file in tree.files]
        for _, to in places:
            try:
                to.parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise MachineError(f"{to.parent} could not be made: {error.strerror}") from error
        self._small_ones_at_once(self._fetch_entry, places, lambda place: place[0].size_bytes)
        return payload

    def _small_ones_at_once(self, act: Callable[[T], R], items: Sequence[T], size_bytes: Callable[[T], int]) -> list[R]:
        """Small files take a bucket's time to answer, large ones are sent in parts at once, and need memory."""
        sized = [(item, size_bytes(item) <= _IN_MEMORY_BYTES) for item in items]
        small = self._objects.each(act, [item for item, is_small in sized if is_small])
        return [*small, *(act(item) for item, is_small in sized if not is_small)]

    def _fetch_entry(self, place: tuple[FileEntry, Path]) -> None:
        file, to = place
        self.fetch(file.digest, to)
        if file.executable:
            to.chmod(0o755)

    def _put_entry(self, found: tuple[str, Path]) -> FileEntry:
        relative, path = found
        digest, size_bytes = self.put_file(path)
        executable = bool(path.stat().st_mode & stat.S_IXUSR)
        return FileEntry(path=relative, digest=digest, size_bytes=size_bytes, executable=executable)

    def _upload(self, path: Path, digest: str, seen: tuple[int, ...]) -> None:
        size_bytes = seen[0]
        self._objects.require_room(size_bytes)
        chunks = _chunks_if_unchanged(path, seen, self._objects.part_bytes(size_bytes))
        if size_bytes <= _IN_MEMORY_BYTES:
            self._objects.put(_key(digest), b"".join(chunks))
        else:
            self._upload_large(digest, chunks, size_bytes)

    def _upload_large(self, digest: str, chunks: Iterator[bytes], size_bytes: int) -> None:
        """What fails at the very end may be there all the same: the answer was lost, or somebody else, who uploaded the
        same bytes, came first; Azure then drops our blocks."""
        try:
            self._objects.upload(_key(digest), chunks, size_bytes=size_bytes)
        except _Changed:
            raise
        except StoreError:
            there = self._objects.stat(_key(digest))
            if there is None or there.size_bytes != size_bytes:
                raise

    def _write_verified(self, digest: str, to: Path) -> None:
        handle, name = tempfile.mkstemp(prefix=f".{to.name[:100]}.", dir=to.parent)
        temporary = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                seen = _copy(self._objects.stream(_key(digest)), file.write)
            if seen != digest:
                raise self._corrupt(digest)
            temporary.chmod(0o644)
            temporary.replace(to)
        finally:
            temporary.unlink(missing_ok=True)

    def _corrupt(self, digest: str) -> StoreCorrupt:
        return StoreCorrupt(
            f"blob {digest} in workspace {self._objects.where} does not hold the bytes of its digest; "
            "delete it and register its model again"
        )


def _key(digest: str) -> str:
    return f"{PREFIX}/{digest[:2]}/{digest}"


def _chunks_if_unchanged(path: Path, seen: tuple[int, ...], chunk_bytes: int) -> Iterator[bytes]:
    """Looks again before the upload is completed, so that a file that changed gives it up before it can be seen."""
    with _reading(path), path.open("rb", buffering=0) as file:
        while chunk := file.read(chunk_bytes):
            yield chunk
        if _fingerprint(path) != seen:
            raise _changed(path)


def _copy(chunks: Iterable[memoryview], write: Callable[[memoryview], int]) -> str:
    seen = hashlib.sha256()
    for chunk in chunks:
        seen.update(chunk)
        for start in range(0, len(chunk), FILE_WRITE_BYTES):
            write(chunk[start : start + FILE_WRITE_BYTES])
    return seen.hexdigest()


@contextlib.contextmanager
def _reading(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreError(f"{path} could not be read: {error.strerror}") from error


def _fingerprint(path: Path) -> tuple[int, ...]:
    """The size in bytes, and what else changes with a file's content."""
    found = path.stat()
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino


def _changed(path: Path) -> _Changed:
    return _Changed(f"{path} changed while it was read; try again when nothing writes to it")
