"""Writes collected rows to files, from a thread of its own and in batches.

Many processes append to one file, on many machines even where the folder is a share: each batch is one write under the
file's lock, the header belongs to whoever finds the file empty, and a write that the disk cuts short is taken back.
"""

import atexit
import errno
import fcntl
import logging
import os
import threading
import time
from collections import deque
from typing import Callable, Deque, Dict, List, NamedTuple, Sequence

from shipway_serving.telemetry.data_collection_rows import columns_in, header_line

GATHER_S = 1.0
"""How long the thread waits for company after the first entry of a batch."""

LONGEST_QUEUE = 10000
"""Entries."""

MOST_CELLS = 5000000
"""Cells in all entries that wait, about: past either limit what is collected is dropped, because rows that no disk
takes must not cost the server its memory."""

LONGEST_HEADER = 1 << 20
"""Bytes."""

_log = logging.getLogger("shipway_serving.data_collection")


class Entry(NamedTuple):
    """The rows of one call of ``collect``."""

    path: str
    columns: Sequence[str]
    """The data's own, for a file that is new; one that is there keeps those that it began with."""
    lines: Callable[[Sequence[str]], str]
    """Forms the rows for a file with these columns; called in the writing thread."""
    cells: int


class CollectionWriter:
    """Queues entries; safe to use from any thread, and after a fork, where there is no thread and rows are written at
    once.
    """

    def __init__(self) -> None:
        self._queue: Deque[Entry] = deque()
        self._cells = 0
        self._wake = threading.Event()
        self._writing = threading.Lock()
        self._pid = 0
        self._warned: Dict[str, bool] = {}

    def put(self, entry: Entry) -> None:
        """Queue ``entry`` and return at once."""
        if self._pid == 0:
            self._start()
        if self._pid != os.getpid():
            self._write([entry])
        elif len(self._queue) >= LONGEST_QUEUE or self._cells + entry.cells > MOST_CELLS:
            self._warn("Data collection cannot keep up; rows are dropped")
        else:
            self._cells += entry.cells
            self._queue.append(entry)
            if not self._wake.is_set():
                self._wake.set()

    def flush(self) -> None:
        """Write what is queued, now; returns once it is in the files, or dropped."""
        if self._pid != os.getpid():
            return
        with self._writing:
            entries: List[Entry] = []
            while self._queue:
                entries.append(self._queue.popleft())
            self._cells = 0
            self._write(entries)

    def _start(self) -> None:
        with self._writing:
            if self._pid:
                return
            self._pid = os.getpid()
        threading.Thread(target=self._write_forever, name="shipway-data-collection", daemon=True).start()
        atexit.register(self.flush)

    def _write_forever(self) -> None:
        while True:
            self._wake.wait()
            time.sleep(GATHER_S)
            self._wake.clear()
            self.flush()

    def _write(self, entries: List[Entry]) -> None:
        """One write a file; what cannot be written is dropped with a warning."""
        by_path: Dict[str, List[Entry]] = {}
        for entry in entries:
            by_path.setdefault(entry.path, []).append(entry)
        for path, group in by_path.items():
            try:
                append(path, group[0].columns, lambda columns, group=group: self._formed(group, columns))
            except OSError as error:
                self._warn(f"Data collection drops rows that cannot be written to {path}: {error.strerror}")
            except Exception as error:
                # The file that is there may be anybody's; the thread must outlive it.
                reason = f"{type(error).__name__}: {error}"
                self._warn(f"Data collection drops rows that cannot be added to {path}: {reason}")

    def _formed(self, entries: List[Entry], columns: Sequence[str]) -> str:
        """The lines of ``entries``, less those that cannot be formed."""
        texts: List[str] = []
        for entry in entries:
            try:
                texts.append(entry.lines(columns))
            except Exception as error:
                reason = f"{type(error).__name__}: {error}"
                self._warn(f"Data collection drops rows that cannot be written as CSV: {reason}")
        return "".join(texts)

    def _warn(self, message: str) -> None:
        """Log ``message`` the first time that it comes up."""
        reason = message.partition(":")[0]
        if reason not in self._warned:
            self._warned[reason] = True
            _log.warning("%s. This is said once.", message)


def append(path: str, columns: Sequence[str], form: Callable[[Sequence[str]], str]) -> None:
    """Add the lines that ``form`` makes for the columns of the file, which are ``columns`` and a header where it is
    empty; makes its folders.

    All or nothing: raises ``OSError`` and leaves the file as it was when it does not all fit.
    """
    os.makedirs(os.path.dirname(path), exist_ok=True)
    fd = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        _lock(fd)
        size = os.fstat(fd).st_size
        if size:
            beginning = os.pread(fd, LONGEST_HEADER, 0).decode("utf-8", "replace")
            found = columns_in(beginning)
            text = form(columns if found is None else found)
        else:
            text = header_line(columns) + form(columns)
        data = text.encode("utf-8", "backslashreplace")
        if os.write(fd, data) < len(data):
            os.ftruncate(fd, size)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    finally:
        os.close(fd)


def _lock(fd: int) -> None:
    """Hold the file until it is closed. A share that has no locks is written without: appending alone is atomic on
    local disks.
    """
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
    except OSError as error:
        if error.errno not in (errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS, errno.EINVAL):
            raise
