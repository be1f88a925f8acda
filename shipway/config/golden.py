"""Golden files: one JSON object a line, a request with the answer that is known to be right."""

import json
import math
from pathlib import Path
from typing import Any

from shipway.config.documents import read_text, unknown_key
from shipway.domain.golden import GoldenRow
from shipway.errors import ConfigError

DEFAULT_TOLERANCE = 1e-6
"""Absolute. Enough for the last digits of a float32 that differ between machines, and nothing else."""

_KEYS = ("request", "expected", "tolerance")


def load_golden(source: Path | str, *, name: str = "golden rows") -> tuple[GoldenRow, ...]:
    """Rows of a file, or of a text that was one, which messages call `name`; blank lines do not count.

    Raises ConfigError with path and line for a bad row, and for a file without any.
    """
    name = str(source) if isinstance(source, Path) else name
    text = read_text(source) if isinstance(source, Path) else source.removeprefix("\ufeff")
    rows = tuple(_row(line, f"{name}:{number}") for number, line in enumerate(text.split("\n"), 1) if line.strip())
    if not rows:
        raise ConfigError(f'{name}: holds no rows; write a line {{"request": ..., "expected": ...}} for each')
    return rows


def _row(line: str, place: str) -> GoldenRow:
    try:
        content = json.loads(line, parse_constant=_refuse_constant)
    except RecursionError:
        raise ConfigError(f"{place}: values are nested too deeply in each other") from None
    except ValueError as error:
        reason = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
        raise ConfigError(f"{place}: not valid JSON: {reason}") from error
    if not isinstance(content, dict):
        raise ConfigError(f"{place}: a row is an object with request and expected, not {type(content).__name__}")
    for key in content:
        if key not in _KEYS:
            raise ConfigError(f"{place}: {key}: {unknown_key(key, _KEYS)}")
    for key in ("request", "expected"):
        if key not in content:
            raise ConfigError(f"{place}: {key} is missing")
    return GoldenRow(
        request=_request(content["request"], place),
        expected=content["expected"],
        tolerance=_tolerance(content.get("tolerance", DEFAULT_TOLERANCE), place),
    )


def _request(value: Any, place: str) -> str:
    text = json.dumps(value, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ConfigError(f"{place}: request holds half a character (\\ud800 to \\udfff without its pair)") from None
    return text


def _tolerance(value: Any, place: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0 or not math.isfinite(value):
        raise ConfigError(f"{place}: tolerance must be a number of at least 0, not {value!r}")
    return float(value)


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON value")
