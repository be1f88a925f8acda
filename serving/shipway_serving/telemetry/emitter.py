"""The worker's end of logging: records are queued by whoever logs and written by a thread of their own, in batches.

Formatting and writing cost more than a bare request does, so neither the thread that runs the script nor the one that
speaks HTTP does them. The other end of the pipe is the supervisor's ``Collector``.
"""

import logging
import os
import threading
import time
from collections import deque
from typing import Deque, List, Tuple, Union

from shipway_serving.telemetry.records import Access, access_record, record

GATHER_S = 0.02
"""How long the writer waits for company after the first record of a batch."""

LONGEST_QUEUE = 100000
"""Records; past it the oldest are dropped, because a log that nobody reads must not stop scoring."""

LARGEST_QUEUE = 32 * 1024 * 1024
"""Characters of what the script logs; past it, what comes is dropped until the log is read again."""

LONGEST_MESSAGE = 256 * 1024
"""Characters; what a script logs beyond is cut off, since every collector of logs has a limit far below."""

LARGEST_BATCH = 1000
"""Records written at once."""

Entry = Tuple[float, Union[Access, Tuple[str, str, str]]]


class Emitter:
    """Queues records for the pipe ``fd``; safe to use from any thread."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._pid = os.getpid()
        self._queue: Deque[Entry] = deque(maxlen=LONGEST_QUEUE)
        self._queued = 0
        self._dropped = 0
        self._wake = threading.Event()
        self._writing = threading.Lock()
        threading.Thread(target=self._write_forever, name="shipway-log", daemon=True).start()

    def log(self, level: str, logger: str, message: str) -> None:
        """Queue a record and return at once; in a process that the script has forked, which has no thread, write it."""
        entry = (time.time(), (level, logger, shortened(message)))
        if os.getpid() != self._pid:
            _write_whole(self._fd, self._line(*entry))
        elif self._queued > LARGEST_QUEUE:
            self._dropped += 1
        else:
            self._queued += len(entry[1][2])
            self._add(entry)

    def access(self, access: Access) -> None:
        """Queue the record of an answered request; returns at once."""
        self._add((time.time(), access))

    def flush(self) -> None:
        """Write what is queued, now; returns once the supervisor's pipe has it."""
        with self._writing:
            while self._queue:
                _write_whole(self._fd, b"".join(self._batch()))
            dropped, self._dropped = self._dropped, 0
            if dropped:
                message = f"{dropped} records were dropped: the script logs faster than the log is read"
                _write_whole(self._fd, record(time.time(), "WARNING", self._pid, __name__, message))

    def _batch(self) -> List[bytes]:
        """Lines of some of what is queued: formatting all of it at once would double its memory."""
        lines: List[bytes] = []
        while self._queue and len(lines) < LARGEST_BATCH:
            now, content = self._queue.popleft()
            lines.append(self._line(now, content))
            if not isinstance(content, Access):
                self._queued = max(0, self._queued - len(content[2]))
        return lines

    def _add(self, entry: Entry) -> None:
        self._queue.append(entry)
        if not self._wake.is_set():
            self._wake.set()

    def _write_forever(self) -> None:
        while True:
            self._wake.wait()
            time.sleep(GATHER_S)
            self._wake.clear()
            self.flush()

    def _line(self, now: float, content: Union[Access, Tuple[str, str, str]]) -> bytes:
        if isinstance(content, Access):
            return access_record(now, self._pid, content)
        level, logger, message = content
        return record(now, level, os.getpid(), logger, message)


class EmitterHandler(logging.Handler):
    """Lets the script's own ``logging`` calls, and ours, end up as records; a traceback is part of its record."""

    def __init__(self, emitter: Emitter) -> None:
        super().__init__()
        self._emitter = emitter

    def emit(self, record: logging.LogRecord) -> None:
        """Queue ``record``; a bad format string is reported as ``logging`` does and raises nothing."""
        try:
            self._emitter.log(record.levelname, record.name, self.format(record))
        except Exception:
            self.handleError(record)


def shortened(message: str) -> str:
    """``message``, or its beginning and end when it is longer than ``LONGEST_MESSAGE``; a traceback's end says most."""
    over = len(message) - LONGEST_MESSAGE
    if over <= 0:
        return message
    half = LONGEST_MESSAGE // 2
    return f"{message[:half]}\n... {over} characters are left out ...\n{message[-half:]}"


def _write_whole(fd: int, data: bytes) -> None:
    """Write ``data`` to the pipe; gives up when the supervisor is gone."""
    view = memoryview(data)
    try:
        while view:
            view = view[os.write(fd, view) :]
    except OSError:
        return
