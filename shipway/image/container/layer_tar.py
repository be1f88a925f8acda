"""Layers as tars whose bytes depend on what they hold alone: no time, no user, no order of a folder of this machine."""

import os
import stat
import tarfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from shipway.errors import BuildError

FORMAT = 1
"""Raised when the same content would give another tar, or another image configuration."""

MTIME = 315_532_800
"""1980-01-01, in seconds since the epoch: zip archives know no earlier time, and packages do zip their own files."""

_BLOCK = 512
_END = bytes(2 * _BLOCK)
_READ_BYTES = 1024 * 1024

Content = Callable[[], Iterable[bytes | memoryview]]


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A folder, a file or a link of a layer. `path` is below the image's root, without a slash in front.

    `group` is None when it is the owner's number. `content` is None for a folder or a link; it is called once for each
    time that the layer is written.
    """

    path: str
    mode: int
    owner: int = 0
    group: int | None = None
    size_bytes: int = 0
    link: str | None = None
    content: Content | None = None


def folder(path: str, *, owner: int = 0) -> Entry:
    return Entry(path=path, mode=0o755, owner=owner)


def file_of(path: str, data: bytes, *, executable: bool = False, owner: int = 0) -> Entry:
    return Entry(
        path=path, mode=_mode(executable), owner=owner, size_bytes=len(data), content=lambda: [data] if data else []
    )


def file_from(path: str, source: Path) -> Entry:
    """A file of this machine. It must not change until the layer is written."""
    found = source.stat()
    executable = bool(found.st_mode & stat.S_IXUSR)
    return Entry(path=path, mode=_mode(executable), size_bytes=found.st_size, content=lambda: read_in_pieces(source))


def link_to(path: str, target: str) -> Entry:
    return Entry(path=path, mode=0o777, link=target)


def with_folders(entries: Iterable[Entry], *, below: str, owner: int = 0) -> list[Entry]:
    """The entries sorted by path, with `below` and every folder that lies between it and them."""
    found = {entry.path: entry for entry in entries}
    for path in tuple(found):
        parent = os.path.dirname(path)  # noqa: PTH120 - names in an image, not on this machine
        while (parent == below or parent.startswith(f"{below}/")) and parent not in found:
            found[parent] = folder(parent, owner=owner)
            parent = os.path.dirname(parent)  # noqa: PTH120
    return sorted(found.values(), key=lambda entry: entry.path)


def with_parents(entries: Iterable[Entry], there: Iterable[Entry]) -> list[Entry]:
    """The entries, sorted, with all folders above them. `there` are the base's folders, with their owners and modes.

    An engine makes a folder that a layer does not mention, as root's, and that one then hides the base's own.
    """
    found = {entry.path: entry for entry in entries}
    known = {entry.path: entry for entry in there}
    for path in tuple(found):
        parents = (parent.as_posix() for parent in PurePosixPath(path).parents if parent.name)
        found |= {parent: known.get(parent, folder(parent)) for parent in parents if parent not in found}
    return sorted(found.values(), key=lambda entry: entry.path)


def tar_size(entries: Iterable[Entry]) -> int:
    """In bytes; known before any content is read."""
    return sum(len(_header(entry)) + _padded(entry.size_bytes) for entry in entries) + len(_END)


def tar_pieces(entries: Iterable[Entry]) -> Iterator[bytes | memoryview]:
    """Memory does not grow with the files. Raises BuildError when a file is not as long as its entry says."""
    for entry in entries:
        yield _header(entry)
        if entry.content is not None:
            yield from _exactly(entry)
            yield bytes(_padded(entry.size_bytes) - entry.size_bytes)
    yield _END


def read_in_pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(_READ_BYTES):
            yield piece


def in_archive(name: str, size_bytes: int, pieces: Iterable[bytes | memoryview]) -> Iterator[bytes | memoryview]:
    """One member of a tar that is being streamed, of a size known beforehand."""
    yield _header(Entry(path=name, mode=0o644, size_bytes=size_bytes, content=lambda: pieces))
    yield from pieces
    yield bytes(_padded(size_bytes) - size_bytes)


def end_of_archive() -> bytes:
    return _END


def _exactly(entry: Entry) -> Iterator[bytes | memoryview]:
    assert entry.content is not None
    seen = 0
    for piece in entry.content():
        seen += len(piece)
        if seen > entry.size_bytes:
            break
        yield piece
    if seen != entry.size_bytes:
        raise BuildError(f"{entry.path} changed while the image was built; build again when nothing writes to it")


def _header(entry: Entry) -> bytes:
    found = tarfile.TarInfo(entry.path)
    found.mode, found.mtime, found.uid = entry.mode, MTIME, entry.owner
    found.gid = entry.owner if entry.group is None else entry.group
    if entry.content is not None:
        found.type, found.size = tarfile.REGTYPE, entry.size_bytes
    elif entry.link is not None:
        found.type, found.linkname = tarfile.SYMTYPE, entry.link
    else:
        found.type = tarfile.DIRTYPE
    return found.tobuf(tarfile.PAX_FORMAT)


def _mode(executable: bool) -> int:
    return 0o755 if executable else 0o644


def _padded(size_bytes: int) -> int:
    return -(-size_bytes // _BLOCK) * _BLOCK
