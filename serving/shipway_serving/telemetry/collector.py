"""The supervisor's end of logging: one thread reads what every worker writes, and it alone writes and rotates the log.

A worker has three pipes: finished records, standard output and standard error. The latter two may be held open by
processes that the script started and left behind, so the end of a worker is not the end of its pipes.
"""

import os
import selectors
import threading
import time
from collections import deque
from typing import Deque, List, Optional

from shipway_serving.telemetry.log_sink import LogSink
from shipway_serving.telemetry.output_lines import OutputLines
from shipway_serving.telemetry.records import record

SILENCE_S = 0.2
"""Output without a line end becomes a record after this long without more of it."""

READ_BYTES = 64 * 1024


class Source:
    """One pipe of one worker."""

    def __init__(self, fd: int, pid: int, level: str, logger: str) -> None:
        self.fd = fd
        self._pid = pid
        self._level = level
        self._logger = logger
        self._output = OutputLines()
        self._heard_at = 0.0

    def lines(self, chunk: bytes) -> List[bytes]:
        """The log lines that ``chunk`` completes."""
        self._heard_at = time.monotonic()
        return self._records(self._output.feed(chunk))

    def rest(self) -> List[bytes]:
        """The log lines for whatever came without an end."""
        return self._records(self._output.flush())

    def holds_back(self) -> bool:
        """Whether ``rest`` has anything to give."""
        return self._output.holds_back()

    def is_silent(self) -> bool:
        """Whether nothing has come for long enough to take what is held back as ended."""
        return time.monotonic() - self._heard_at >= SILENCE_S

    def _records(self, messages: List[str]) -> List[bytes]:
        now = time.time()
        return [record(now, self._level, self._pid, self._logger, message) for message in messages]


class RecordSource(Source):
    """The pipe on which a worker's ``Emitter`` sends finished lines; only a killed worker leaves half of one."""

    def __init__(self, fd: int) -> None:
        super().__init__(fd, 0, "", "")
        self._half = b""

    def lines(self, chunk: bytes) -> List[bytes]:
        """``chunk`` cut at line ends."""
        lines = (self._half + chunk).splitlines(True)
        self._half = b"" if not lines or lines[-1].endswith(b"\n") else lines.pop()
        return lines

    def rest(self) -> List[bytes]:
        """Nothing: half a record is of no use to a reader of JSON lines, and the rest of it may be on its way."""
        return []


class Collector:
    """Owns the sink; every method but ``_run`` may be called from any thread."""

    def __init__(self, sink: LogSink) -> None:
        self._sink = sink
        self._selector = selectors.DefaultSelector()
        self._own: Deque[bytes] = deque()
        self._new: Deque[Source] = deque()
        self._closing = False
        self._wake_read, self._wake_write = os.pipe()
        os.set_blocking(self._wake_read, False)
        self._selector.register(self._wake_read, selectors.EVENT_READ)
        self._thread = threading.Thread(target=self._run, name="shipway-log", daemon=True)
        self._thread.start()

    def log(self, level: str, message: str) -> None:
        """Queue a record of the supervisor's own."""
        self._own.append(record(time.time(), level, os.getpid(), "shipway_serving.supervisor", message))
        self._wake()

    def watch(self, source: Source) -> None:
        """Read ``source`` from now on; its descriptor is closed at its end."""
        os.set_blocking(source.fd, False)
        self._new.append(source)
        self._wake()

    def close(self, timeout_s: float) -> None:
        """Write what has arrived so far and end; waits ``timeout_s`` at most, in case the sink is stuck."""
        self._closing = True
        self._wake()
        self._thread.join(timeout_s)

    def _wake(self) -> None:
        os.write(self._wake_write, b"\0")

    def _run(self) -> None:
        while not self._closing:
            waiting = any(source.holds_back() for source in self._sources())
            self._round(SILENCE_S if waiting else None)
        self._round(0)
        self._sink.write([line for source in self._sources() for line in source.rest()])

    def _round(self, timeout_s: Optional[float]) -> None:
        ready = {key.fd for key, _ in self._selector.select(timeout_s)}
        if self._wake_read in ready:
            self._take_new()
        lines: List[bytes] = []
        for source in self._sources():
            if source.fd in ready or self._closing:
                lines.extend(self._read(source))
            elif source.is_silent():
                lines.extend(source.rest())
        while self._own:
            lines.append(self._own.popleft())
        self._sink.write(lines)

    def _take_new(self) -> None:
        while _read_some(self._wake_read):
            pass
        while self._new:
            source = self._new.popleft()
            self._selector.register(source.fd, selectors.EVENT_READ, source)

    def _sources(self) -> List[Source]:
        return [key.data for key in list(self._selector.get_map().values()) if key.data is not None]

    def _read(self, source: Source) -> List[bytes]:
        lines: List[bytes] = []
        while True:
            chunk = _read_some(source.fd)
            if chunk:
                lines.extend(source.lines(chunk))
            if chunk is None or (chunk and not self._closing):
                return lines
            if not chunk:
                return lines + self._end(source)

    def _end(self, source: Source) -> List[bytes]:
        self._selector.unregister(source.fd)
        os.close(source.fd)
        return source.rest()


def _read_some(fd: int) -> Optional[bytes]:
    """What ``fd`` has now: empty at its end, None when there is nothing yet."""
    try:
        return os.read(fd, READ_BYTES)
    except BlockingIOError:
        return None
