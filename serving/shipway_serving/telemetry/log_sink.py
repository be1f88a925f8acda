"""Where log lines end up: a file that is rotated by size, or standard output. One process, one thread, uses a sink."""

import os
from typing import List, NamedTuple, Optional


class LogFile(NamedTuple):
    """The settings of a log file."""

    path: str
    max_bytes: int = 50 * 1024 * 1024
    """The file is rotated before it would grow past this; 0 means never."""
    backups: int = 3
    """Rotated files kept, as ``path.1`` (the newest) and so on; with none, rotation empties the file."""


class LogSink:
    """Takes whole lines. A full disk or a closed pipe loses lines and raises nothing: scoring goes on."""

    def __init__(self, file: Optional[LogFile]) -> None:
        """Open ``file`` for appending, or take standard output when there is none. Raises ``OSError``."""
        self._file = file
        self._fd = 1 if file is None else _open(file.path)
        self._size = 0 if file is None else os.fstat(self._fd).st_size

    def write(self, lines: List[bytes]) -> None:
        """Append ``lines`` with as few writes as rotation allows."""
        batch: List[bytes] = []
        for line in lines:
            if self._full(len(line)):
                self._put(b"".join(batch))
                batch = []
                self._rotate()
            batch.append(line)
            self._size += len(line)
        self._put(b"".join(batch))

    def _full(self, more: int) -> bool:
        limit = self._file.max_bytes if self._file else 0
        return 0 < limit < self._size + more and self._size > 0

    def _rotate(self) -> None:
        """Begin a new file; where that fails, say for want of permission, go on in the old one until the next time."""
        assert self._file is not None
        self._size = 0
        try:
            rotate(self._file)
            fresh = _open(self._file.path)
        except OSError:
            return
        os.close(self._fd)
        self._fd = fresh

    def _put(self, data: bytes) -> None:
        view = memoryview(data)
        try:
            while view:
                view = view[os.write(self._fd, view) :]
        except OSError:
            return


def rotate(file: LogFile) -> None:
    """Move ``path`` to ``path.1`` and every backup one further; the oldest goes."""
    names = [file.path] + [f"{file.path}.{number}" for number in range(1, file.backups + 1)]
    for older, newer in zip(reversed(names), reversed(names[:-1])):
        if os.path.exists(newer):
            os.replace(newer, older)
    if os.path.exists(file.path):
        os.unlink(file.path)


def _open(path: str) -> int:
    return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
