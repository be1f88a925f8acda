"""Files of a run to a folder of ours: whole or not at all, a broken line taken up where it broke.

Bounded in number, in depth and by the disk that is free; memory does not grow with a file.
"""

import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath

from shipway.errors import MachineError, RegistryError, StoreCorrupt, Transient
from shipway.registry.run_files import RunFile, RunFiles
from shipway.store.trees import safe_path

_MOST_FILES = 10_000
_DEEPEST = 32
_PAUSES_S = (0.5, 2.0, 5.0)
"""Between attempts; one that took up what was here, and brought more, begins the count anew."""
_SHOWN = 12
_MOST_LOOKED_INTO = 50
"""Folders, for a message: each is a question to the server."""


def find_in(files: RunFiles, path: str) -> RunFile | None:
    """A file or a folder of the run; None when it is not there."""
    folder, _, name = path.rpartition("/")
    return next((one for one in files.children(folder) if one.path.rpartition("/")[2] == name), None)


def run_path(text: str) -> str:
    """As people write it, with slashes and no dots. Raises RegistryError for one that leads out of the run."""
    pure = PurePosixPath(text.replace("\\", "/").strip())
    if not pure.parts or pure.is_absolute() or ".." in pure.parts:
        raise RegistryError(f"asset path {text!r} is no path in a run; give one such as outputs/model.onnx")
    return str(pure)


def what_is_there(files: RunFiles) -> str:
    """For messages: the first files, with their folders."""
    names: list[str] = []
    waiting = [""]
    looked = 0
    while waiting and len(names) <= _SHOWN and looked < _MOST_LOOKED_INTO:
        looked += 1
        found = files.children(waiting.pop(0))
        names += [one.path for one in found if not one.is_folder]
        waiting += [one.path for one in found if one.is_folder]
    more = ", ..." if len(names) > _SHOWN or waiting else ""
    return (", ".join(names[:_SHOWN]) or "nothing") + more


def download(files: RunFiles, wanted: RunFile, payload: Path, *, pause: Callable[[float], None] = time.sleep) -> None:
    """Writes `wanted` to `payload`, which is not there yet, in a folder that is.

    Raises RegistryError (Transient when the line was lost for good), and MachineError when there is no room; whatever
    was written then is no payload. Safe to repeat to another place.
    """
    every = _below(files, wanted) if wanted.is_folder else [wanted]
    _require_room(every, payload.parent)
    if wanted.is_folder:
        _make(payload)
    for one in every:
        relative = one.path.removeprefix(wanted.path).lstrip("/")
        to = payload / _safe(relative) if relative else payload
        _make(to.parent)
        _fetch(files, one, to, pause)


def _below(files: RunFiles, folder: RunFile) -> list[RunFile]:
    found: list[RunFile] = []
    waiting = [folder.path]
    while waiting:
        here = waiting.pop()
        if here.count("/") > _DEEPEST:
            raise RegistryError(f"{here} of the run lies more than {_DEEPEST} folders deep; fetch it by other means")
        for one in files.children(here):
            if one.is_folder:
                waiting.append(one.path)
            else:
                found.append(one)
        if len(found) > _MOST_FILES:
            raise RegistryError(f"{folder.path} of the run holds more than {_MOST_FILES} files; give a path below it")
    if not found:
        raise RegistryError(f"{folder.path} of the run is empty: there is nothing to register")
    return found


def _require_room(files: Sequence[RunFile], into: Path) -> None:
    wanted = sum(one.size_bytes or 0 for one in files)
    free = shutil.disk_usage(into).free
    if wanted > free:
        raise MachineError(
            f"the run's files need {wanted / 1e6:.0f} MB, and {into} has {free / 1e6:.0f} MB free; free some, or set "
            "TMPDIR to a folder with more"
        )


def _fetch(files: RunFiles, file: RunFile, to: Path, pause: Callable[[float], None]) -> None:
    part = _Part(to)
    pauses = iter(_PAUSES_S)
    while True:
        try:
            part.take(files, file.path)
            break
        except OSError as error:
            raise MachineError(f"{to} could not be written: {error.strerror}") from error
        except RegistryError as error:
            pauses = iter(_PAUSES_S) if part.went_on else pauses
            seconds = next(pauses, None) if isinstance(error, Transient) else None
            if seconds is None:
                came = f"{part.have} of {file.size_bytes}" if file.size_bytes is not None else str(part.have)
                raise type(error)(f"{error}; {came} bytes of {file.path} had come") from error
            pause(seconds)
    if file.size_bytes is not None and part.have != file.size_bytes:
        raise RegistryError(
            f"{file.path} of the run has {file.size_bytes} bytes, and {part.have} came from {files.where}; try again"
        )


class _Part:
    """A file on its way. `have` counts the bytes that are here; `went_on` is whether the last attempt took up what the
    one before had brought, and brought more: one that begins again may do so for ever."""

    def __init__(self, to: Path) -> None:
        self._to = to
        self._mark = ""
        self.have = 0
        self.went_on = False

    def take(self, files: RunFiles, path: str) -> None:
        """To the end. Raises as RunFiles does when the line breaks, and OSError."""
        self.went_on = False
        self._to.touch()
        with files.open(path, self.have, self._mark) as opened, self._to.open("r+b") as out:
            self.have, self._mark = opened.start, opened.mark
            out.truncate(self.have)
            out.seek(self.have)
            for chunk in opened.chunks:
                out.write(chunk)
                self.have += len(chunk)
                self.went_on = opened.start > 0


def _safe(path: str) -> PurePosixPath:
    """What a server names must not lead out of our folder."""
    try:
        return safe_path(path)
    except StoreCorrupt as error:
        raise RegistryError(str(error)) from error


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise MachineError(f"{folder} could not be made: {error.strerror}") from error
