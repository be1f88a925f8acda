"""What an engine says while it works: progress for people now and then, and one clear error at the end."""

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from shipway.engine.connection import Engine
from shipway.engine.faults import EngineFull, bounded, of_reason
from shipway.errors import BuildError

log = logging.getLogger(__name__)

_LAST_LINES = 3
_PER_LINE = 160


def follow(
    engine: Engine,
    lines: Iterable[Mapping[str, Any]],
    *,
    what: str,
    each: Callable[[Mapping[str, Any]], None] | None = None,
) -> None:
    """Reads it to its end, so that the connection can be used again; `each` is shown every line.

    `what` says what was being done.

    Raises EngineFull for a full disk, else BuildError with the last lines.
    """
    last: list[str] = []
    failed: str | None = None
    for line in lines:
        failed = failed or line.get("error")
        if failed:
            continue
        if each is not None:
            each(line)
        if (text := _words(line)) and text not in last:
            last = [*last, text][-_LAST_LINES:]
    if failed:
        raise _failure(engine, failed, last, what)


def _failure(engine: Engine, reason: str, last: list[str], what: str) -> Exception:
    meaning = of_reason(reason, status=None, what=what, endpoint=engine.endpoint)
    if isinstance(meaning, EngineFull):
        return meaning
    said = f" (before that: {'; '.join(last)})" if last else ""
    return BuildError(f"{what}: {bounded(reason)}{said}")


def _words(line: Mapping[str, Any]) -> str:
    text = str(line.get("stream") or line.get("status") or "").strip()
    name = str(line.get("id") or "")
    return f"{name}: {text}"[:_PER_LINE] if name and text else text[:_PER_LINE]
