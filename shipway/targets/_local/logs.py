"""What a scoring server has logged, as people read it, and why it ended. All but `tail_of` and `written_at` is pure."""

import itertools
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias

Timed: TypeAlias = tuple[str, str]
"""A line with its time: RFC 3339 in UTC with milliseconds, so that text sorts as time does; empty for none."""

_LAST_BYTES = 512 * 1024
_STARTS = " listens on "
_READY = "init() has succeeded"
_BAD = frozenset({"ERROR", "CRITICAL"})
_HOPELESS = " workers have died without one successful run "
_ENDING = re.compile(r"worker \d+ (ended with exit code|was ended by signal) .*")
_QUIT = " exit code 5"
"""Of a worker whose script asked for the end of its process inside run(): its log has the SystemExit."""
_TRACEBACK = "Traceback (most recent call last):"
_OF_GROUPS = " |+-"
"""Around the lines of an ExceptionGroup's traceback."""
_NAMED_TWICE = re.compile(r"^[\w.]*\b(\w+): \1: ")


def tail_of(path: Path) -> list[str]:
    """The last lines, half a megabyte of them at most; none when there is no such file."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(size - _LAST_BYTES, 0))
            data = file.read()
    except FileNotFoundError:
        return []
    lines = data.decode(errors="replace").splitlines()
    return lines[1:] if size > _LAST_BYTES else lines


def timed(lines: Iterable[str], *, since: str = "") -> list[Timed]:
    """Records become `time LEVEL message`, a traceback the lines that it has; other lines stay as they are.

    A line without a time has that of the one before it, the first ones `since`. Workers of one server write past each
    other: a record's own time may be before that of the one above it.
    """
    found: list[Timed] = []
    now = since
    for line in lines:
        record = _record(line)
        if record is None:
            found.append((now, line))
        else:
            now = str(record.get("ts", "")) or now
            first, *more = str(record["message"]).splitlines() or [""]
            texts = [f"{record.get('ts', '')} {record.get('level', '')} {first}".strip(), *more]
            found += [(now, text) for text in texts]
    return found


def merged(logs: Mapping[str, Iterable[Timed]], tail: int) -> list[str]:
    """The last lines of all, by time. Each has the name of its log before it when there is more than one."""
    every = [(at, name, line) for name, lines in logs.items() for at, line in lines]
    last = sorted(every, key=lambda each: each[0])[-tail:] if tail > 0 else []
    return [f"{name}  {line}" if len(logs) > 1 else line for _, name, line in last]


def written_at(path: Path) -> str:
    """When a file was last written, as records tell the time; empty when there is none."""
    try:
        at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except FileNotFoundError:
        return ""
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def exit_reason(server_lines: Sequence[str], output_lines: Sequence[str]) -> str:
    """One line, whatever is known of why a process has ended."""
    reason = reason_in(server_lines, output_lines)
    if reason:
        return reason
    if any(has_started(line) for line in server_lines):
        return "its process has ended without a reason in its log; it may have been killed, or this machine restarted"
    return "its process has ended before it said anything"


def reason_in(server_lines: Sequence[str], output_lines: Sequence[str]) -> str | None:
    """One line: the script's own error where there is one, else the server's, else the last word before its log."""
    records = [record for line in last_run(server_lines) if (record := _record(line))]
    bad = [str(record["message"]) for record in records if record.get("level") in _BAD]
    if reason := _worst_of(bad):
        return reason
    if any(has_started(line) for line in server_lines):
        return None
    said = [line.strip() for line in output_lines if line.strip()]
    return said[-1] if said else None


def _worst_of(bad: Sequence[str]) -> str | None:
    """Of the messages of errors, the one that says most. When workers kept dying, how the last one did: a script may
    have raised errors before that it lived through."""
    errors = [_error_in(message) for message in bad if _TRACEBACK in message]
    firsts = [message.splitlines()[0] for message in bad if message]
    endings = [line for line in firsts if _ENDING.fullmatch(line)]
    hopeless = next((line for line in reversed(firsts) if _HOPELESS in line), None)
    if hopeless is None:
        return errors[-1] if errors else firsts[-1] if firsts else None
    quits = bool(errors) and bool(endings) and endings[-1].endswith(_QUIT)
    cause = errors[-1] if quits else endings[-1] if endings else None
    return "; ".join(filter(None, [cause, hopeless.partition(". ")[0]]))


def last_run(lines: Sequence[str]) -> Sequence[str]:
    """From the last start of a server on; all lines when there is none among them."""
    starts = [number for number, line in enumerate(lines) if has_started(line)]
    return lines[starts[-1] if starts else 0 :]


def has_started(line: str) -> bool:
    """Whether it is the first record of a server."""
    return _STARTS in str((_record(line) or {}).get("message", ""))


def was_ready(line: str) -> bool:
    """Whether it is the record of an init() that succeeded."""
    return str((_record(line) or {}).get("message", "")).startswith(_READY)


def _error_in(message: str) -> str:
    """`init() failed: ValueError: no such file`: what the server was at, and what was raised."""
    before, _, traceback = message.rpartition(_TRACEBACK)
    doing = next((line.strip() for line in before.splitlines() if line.strip()), "")
    raised = _raised_in(traceback)
    return raised if not doing or doing.startswith(_TRACEBACK) else f"{doing}: {raised}"


def _raised_in(traceback: str) -> str:
    """The exception's name and its first line, of the frames and what stands below them; of a group the last line. A
    name alone, as azureml's own exceptions begin, says nothing yet: the line after it belongs to it."""
    lines = [line for line in traceback.splitlines() if line.strip(_OF_GROUPS)]
    raised = list(itertools.dropwhile(lambda line: line.startswith(" "), lines)) or lines[-1:] or [""]
    text, more = raised[0].strip(_OF_GROUPS), raised[1:]
    if text.endswith(":") and more:
        text = f"{text} {more[0].strip().removeprefix('Message: ')}"
    return _NAMED_TWICE.sub(r"\1: ", text)


def _record(line: str) -> dict[str, Any] | None:
    if not line.startswith("{"):
        return None
    try:
        record = json.loads(line)
    except ValueError:
        return None
    return record if isinstance(record, dict) and "message" in record else None
