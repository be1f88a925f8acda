"""Which files a folder holds, and where the files of a record may be written. Reads names only, never contents."""

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

from shipway.errors import StoreCorrupt, StoreError


def keep_all(_path: str) -> bool:
    """Skips nothing."""
    return False


def find_files(path: Path, *, skip: Callable[[str], bool] = keep_all, what: str) -> list[tuple[str, Path]]:
    """The files of a folder by their path below it, sorted; or a lone file by its name.

    `skip` is asked about each folder and file by its path, with forward slashes; a skipped folder is not entered.
    Symbolic links are followed inside the folder only. Raises StoreError, beginning with `what`, for a path that is
    missing, empty, unreadable, or not a plain file or folder.
    """
    try:
        files = _find_files(path, skip, what)
    except OSError as error:
        raise StoreError(f"{what} {error.filename or path} cannot be read: {error.strerror}") from error
    if not files or all(file.stat().st_size == 0 for _, file in files):
        raise StoreError(f"{what} {path} is empty: there is nothing to keep")
    return files


def base_name(path: Path) -> str:
    """As the user sees it: a link keeps its own name, and `.` has one."""
    return os.path.basename(os.path.abspath(path))  # noqa: PTH100, PTH119 - Path.resolve would follow links


def safe_path(path: str) -> PurePosixPath:
    """A relative path of a record. Raises StoreCorrupt for one that could lead out of the folder it is put into."""
    pure = PurePosixPath(path)
    if pure.is_absolute() or ".." in pure.parts or not pure.parts or "\0" in path:
        raise StoreCorrupt(f"a tree with the path {path!r} cannot be written: it leads outside its folder")
    return pure


def _find_files(path: Path, skip: Callable[[str], bool], what: str) -> list[tuple[str, Path]]:
    if not path.exists():
        raise StoreError(f"{what} {path} does not exist")
    if path.is_file():
        return [(base_name(path), path)]
    if not path.is_dir():
        raise StoreError(f"{what} {path} is neither a file nor a folder")
    return sorted(_Walk(path, skip, what).files(), key=lambda found: found[0])


class _Walk:
    """One pass over a folder."""

    def __init__(self, root: Path, skip: Callable[[str], bool], what: str) -> None:
        self._root = root
        self._real_root = root.resolve()
        self._skip = skip
        self._what = what

    def files(self) -> Iterator[tuple[str, Path]]:
        yield from self._below(self._root, "", (self._real_root,))

    def _below(self, folder: Path, prefix: str, above: tuple[Path, ...]) -> Iterator[tuple[str, Path]]:
        """`above` are the real folders that we are in: a link to one of them would never end."""
        for entry in sorted(os.listdir(folder)):  # noqa: PTH208 - names as text, not joined to the folder
            relative, path = f"{prefix}{entry}", folder / entry
            if self._skip(relative):
                continue
            real = self._inside(relative, path)
            if path.is_dir():
                if real in above:
                    raise self._refusal(relative, "is a link to a folder that it lies in")
                yield from self._below(path, f"{relative}/", (*above, real))
            elif stat.S_ISREG(path.stat().st_mode):
                yield relative, path
            else:
                raise self._refusal(relative, "is neither a file nor a folder")

    def _inside(self, relative: str, path: Path) -> Path:
        try:
            relative.encode()
        except UnicodeEncodeError:
            raise self._refusal(ascii(relative), "has a name that is not UTF-8; rename it") from None
        if path.is_symlink() and not path.exists():
            raise self._refusal(relative, f"is a link to {path.readlink()}, which does not exist")
        real = path.resolve()
        if not real.is_relative_to(self._real_root):
            raise self._refusal(relative, f"is a link to {real}, outside the folder; copy what it needs into it")
        return real

    def _refusal(self, relative: str, fault: str) -> StoreError:
        return StoreError(f"{self._what} {self._root}: {relative} {fault}")
