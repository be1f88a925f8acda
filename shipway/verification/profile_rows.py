"""The requests of a profile: one column of text, each cell one complete body (contract 21.2). The file may be as v1's
datasets were made: a body a line, or a CSV file."""

import csv
import io
import json
from pathlib import Path

from shipway.config.documents import read_text
from shipway.errors import ConfigError

MOST_ROWS = 100_000


def read_rows(path: Path) -> tuple[str, ...]:
    """A line that is a JSON string stands for its text, any other JSON for itself.

    In a CSV file the first row is a header unless it is JSON. Raises ConfigError that begins with path and line.
    """
    text = read_text(path)
    lines = [(number, line.strip()) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    if not lines:
        raise ConfigError(f"{path}: has no rows; it must hold one request body a line, or a CSV file with one column")
    if len(lines) > MOST_ROWS:
        raise ConfigError(f"{path}: has {len(lines)} rows; a profile takes {MOST_ROWS} at most")
    if all(_is_json(line) for _, line in lines):
        return tuple(_body(line) for _, line in lines)
    return _csv_rows(path, text)


def _csv_rows(path: Path, text: str) -> tuple[str, ...]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    cells: list[str] = []
    try:
        for row in reader:
            if len(row) > 1:
                raise ConfigError(
                    f"{path}:{reader.line_num}: has {len(row)} columns; a profile takes one, in which each cell is a "
                    "whole request body (quote it: commas within a body part columns otherwise)"
                )
            cells += row
    except csv.Error as error:
        raise ConfigError(f"{path}:{reader.line_num}: is neither a JSON body a line nor CSV: {error}") from error
    bodies = cells if _is_json(cells[0]) else cells[1:]
    if not bodies:
        raise ConfigError(f"{path}: has a header and no rows")
    return tuple(bodies)


def _is_json(line: str) -> bool:
    try:
        json.loads(line)
    except ValueError:
        return False
    return True


def _body(line: str) -> str:
    value = json.loads(line)
    return value if isinstance(value, str) else line
