"""Turns what a script wrote to stdout or stderr, in chunks of any size, into messages for records. Pure.

A message is a line, except that a traceback is one message from its first line to the exception's. Text without an end
of line is held back until more comes or the caller flushes it, so it never glues to what another writer says next.
"""

from typing import List

LONGEST_MESSAGE = 64 * 1024
"""Bytes; a progress bar that never ends its line must not fill the memory."""

_TRACEBACK = "Traceback (most recent call last):"


class OutputLines:
    """The unfinished end of one stream."""

    def __init__(self) -> None:
        self._rest = b""
        self._traceback: List[str] = []
        self._traceback_length = 0

    def feed(self, chunk: bytes) -> List[str]:
        """The messages that ``chunk`` completes."""
        lines = (self._rest + chunk).split(b"\n")
        self._rest = lines.pop()
        messages: List[str] = []
        for line in lines:
            messages.extend(self._line(line.decode("utf-8", "backslashreplace").rstrip("\r")))
        if len(self._rest) > LONGEST_MESSAGE:
            messages.extend(self.flush())
        return messages

    def flush(self) -> List[str]:
        """Whatever is held back, ended here: the stream is closed or has been silent for long enough."""
        messages: List[str] = []
        if self._rest:
            rest, self._rest = self._rest, b""
            messages.extend(self._line(rest.decode("utf-8", "backslashreplace").rstrip("\r")))
        if self._traceback:
            messages.append(self._end_traceback())
        return messages

    def holds_back(self) -> bool:
        """Whether ``flush`` would return anything."""
        return bool(self._rest or self._traceback)

    def _line(self, line: str) -> List[str]:
        if self._traceback:
            self._traceback.append(line)
            self._traceback_length += len(line)
            goes_on = line.startswith(" ") and self._traceback_length < LONGEST_MESSAGE
            return [] if goes_on else [self._end_traceback()]
        if line == _TRACEBACK:
            self._traceback.append(line)
            self._traceback_length = 0
            return []
        return [line] if line else []

    def _end_traceback(self) -> str:
        message, self._traceback = "\n".join(self._traceback), []
        return message
