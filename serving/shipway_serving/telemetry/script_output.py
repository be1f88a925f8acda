"""The script's ``sys.stdout`` and ``sys.stderr``: pipes to the supervisor, written line by line.

The descriptors are the process's own 1 and 2, so that C code and child processes write to the same place.
"""

import io
import sys
from typing import Any


class ScriptStream(io.TextIOWrapper):
    """UTF-8 whatever the locale is: a container's is often C, and there ``print`` would raise for an accent."""

    def __init__(self, fd: int) -> None:
        stream: Any = open(fd, "wb", closefd=False)  # noqa: SIM115  (it is this stream's, to the end of the process)
        super().__init__(stream, encoding="utf-8", errors="backslashreplace", line_buffering=True)
        self._line_is_open = False

    def write(self, text: str) -> int:
        """Write ``text``, remembering whether it ends its line."""
        self._line_is_open = not text.endswith("\n") if text else self._line_is_open
        return super().write(text)

    def end_line(self) -> None:
        """End a line that the script has begun: what it says in the next request belongs to another record."""
        if self._line_is_open:
            self.write("\n")


def take_over_output() -> None:
    """Make the streams of this process ``ScriptStream``s."""
    sys.stdout = ScriptStream(1)
    sys.stderr = ScriptStream(2)


def end_lines() -> None:
    """Call between requests. The script may have replaced or closed the streams, which is its own affair."""
    for stream in (sys.stdout, sys.stderr):
        try:
            if isinstance(stream, ScriptStream):
                stream.end_line()
            else:
                stream.flush()
        except Exception:
            continue
