"""What a scoring server has logged, as people read it, and why it ended. All but `tail_of` is pure."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

_LAST_BYTES = 512 * 1024
_STARTS = " listens on "
_BAD = frozenset({"ERROR", "CRITICAL"})


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


def readable(lines: Iterable[str]) -> list[str]:
    """Records become `time LEVEL message`, a traceback the lines that it has; other lines stay as they are."""
    found: list[str] = []
    for line in lines:
        record = _record(line)
        if record is None:
            found.append(line)
        else:
            first, *more = str(record["message"]).splitlines() or [""]
            found += [f"{record.get('ts', '')} {record.get('level', '')} {first}".strip(), *more]
    return found


def exit_reason(server_lines: Sequence[str], output_lines: Sequence[str]) -> str:
    """One line: the script's own error where there is one, else the server's, else the last word before its log."""
    records = [record for line in server_lines if (record := _record(line))]
    starts = [number for number, record in enumerate(records) if _STARTS in str(record["message"])]
    bad = [str(r["message"]) for r in records[starts[-1] if starts else 0 :] if r.get("level") in _BAD]
    errors = [message for message in bad if "Traceback (most recent call last)" in message]
    if errors:
        return _error_in(errors[-1])
    if bad:
        return bad[-1].splitlines()[0]
    if starts:
        return "its process has ended without a reason in its log; it may have been killed, or this machine restarted"
    said = [line.strip() for line in output_lines if line.strip()]
    return said[-1] if said else "its process has ended before it said anything"


def _error_in(message: str) -> str:
    """`init() failed: ValueError: no such file`: what the server was at, and the last line of the traceback."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    return f"{lines[0]}: {lines[-1]}" if not lines[0].startswith("Traceback") else lines[-1]


def _record(line: str) -> dict[str, Any] | None:
    if not line.startswith("{"):
        return None
    try:
        record = json.loads(line)
    except ValueError:
        return None
    return record if isinstance(record, dict) and "message" in record else None
