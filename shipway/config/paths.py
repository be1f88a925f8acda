"""Files and folders that a v1 config names: where they are looked for, and what is said when they are not there."""

import errno
import re
from pathlib import Path

from shipway.config.documents import Document, KeyPath
from shipway.errors import ConfigError

_WINDOWS = re.compile(r"[A-Za-z]:[\\/]|\\\\")


def named_file(text: str, document: Document, at: KeyPath, roots: tuple[Path, ...], what: str) -> Path:
    """The first that exists, relative to each root in turn (contract 26); Windows slashes are understood.

    `what` is the file's role in the message, such as `the conda file`. Raises ConfigError.
    """
    if found := _first(text, roots, folders=False):
        return found
    if fault := windows_fault(text, "file"):
        raise document.fault(at, fault)
    if folder := _first(text, roots, folders=True):
        raise document.fault(at, f"is a folder; name a file: {folder}")
    places = " and in ".join(dict.fromkeys(map(str, roots)))
    raise document.fault(at, f"no such file: {roots[0] / text}; {what} is looked for in {places}")


def named_place(text: str, roots: tuple[Path, ...]) -> Path | None:
    """The first file or folder of the name."""
    return _first(text, roots, folders=True)


def windows_fault(text: str, what: str) -> str | None:
    """The words for a path of another machine's, which no slashes will mend. For paths that were not found."""
    if not _WINDOWS.match(text):
        return None
    return f"{text!r} is a path of a Windows machine, and there is no such {what} on this one; write where it lies here"


def _first(text: str, roots: tuple[Path, ...], *, folders: bool) -> Path | None:
    for spelling in dict.fromkeys((text, text.replace("\\", "/"))):
        for root in roots:
            path = root / spelling
            if is_there(path, folders=folders):
                return path
    return None


def is_there(path: Path, *, folders: bool = False) -> bool:
    """Whether it is a file, or a folder if that may be. Raises ConfigError where nobody may look."""
    try:
        return path.is_file() or (folders and path.is_dir())
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            return False
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
