"""What a command prints: aligned text for people, or one JSON document for programs. Results go to stdout, the rest to
stderr, so that `-o json` can be piped whatever else there is to say."""

import json
import os
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

_COLOURS = {"green": "32", "yellow": "33", "red": "31", "dim": "2"}


@dataclass(frozen=True)
class Column:
    """One column of a table: a record's key, its title, and how its value is shown and coloured."""

    key: str
    title: str
    show: Callable[[Any], str] = str
    colour: Callable[[Any], str | None] = lambda _value: None


@dataclass(frozen=True)
class Output:
    """Where results go. `format` is `table` or `json`."""

    format: str = "table"

    @property
    def is_json(self) -> bool:
        return self.format == "json"

    def records(self, records: Sequence[Mapping[str, Any]], columns: Sequence[Column], *, empty: str) -> None:
        """A list: in JSON with all the keys of every record, in a table with the chosen ones. `empty` says what no
        record means, and what to do next."""
        if self.is_json:
            self._print_json(list(records))
        elif records:
            print("\n".join(table(records, columns, coloured=_colours_wanted())))
        else:
            print(empty)

    def record(self, record: Mapping[str, Any], lines: Sequence[str]) -> None:
        """One thing: the record in JSON, the lines for people."""
        if self.is_json:
            self._print_json(dict(record))
        else:
            print("\n".join(lines))

    def lines(self, lines: Sequence[str]) -> None:
        """For people only."""
        if not self.is_json:
            print("\n".join(lines))

    def say(self, text: str) -> None:
        """Progress and remarks, on stderr."""
        print(text, file=sys.stderr, flush=True)

    def _print_json(self, document: object) -> None:
        print(json.dumps(document, indent=2, ensure_ascii=False, default=_plain))


def table(records: Sequence[Mapping[str, Any]], columns: Sequence[Column], *, coloured: bool = False) -> list[str]:
    """Columns two spaces apart under their titles; the last one is not padded, so that it can be selected alone."""
    rows = [[column.show(record[column.key]) for column in columns] for record in records]
    widths = [max(len(text) for text in (c.title, *(row[i] for row in rows))) for i, c in enumerate(columns)]
    lines = [_row([column.title for column in columns], widths)]
    for record, row in zip(records, rows, strict=True):
        colours = [column.colour(record[column.key]) if coloured else None for column in columns]
        lines.append(_row(row, widths, colours))
    return lines


def fields(record: Mapping[str, str]) -> list[str]:
    """`name  value` lines, aligned; empty values are left out."""
    shown = {name: value for name, value in record.items() if value}
    width = max(map(len, shown), default=0)
    return [f"{name:<{width}}  {value}" for name, value in shown.items()]


def size(count: int) -> str:
    """Bytes for people: `17.3 MB`; powers of 1000."""
    value = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000:
            return f"{value:.0f} B" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"


def moment(at: datetime) -> str:
    """UTC to the second, in a form that `shipway ledger at` takes back."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def mapping(values: Mapping[str, str]) -> str:
    return " ".join(f"{key}={value}" for key, value in sorted(values.items()))


def shortened(text: str, length: int = 100) -> str:
    """For a table's cell; the whole text is in `-o json`."""
    return text if len(text) <= length else f"{text[: length - 1]}…"


def typed_as() -> str:
    """How this command is to be typed again: by its name where the path has it, else by where it lies."""
    found = shutil.which("shipway")
    here = Path(sys.argv[0]).absolute()
    if found is not None and Path(found).resolve() == here.resolve():
        return "shipway"
    return str(here) if here.name == "shipway" else "shipway"


def state_colour(state: str) -> str | None:
    """v1's state words, and ours for checks and releases."""
    if state.lower() in {"healthy", "running", "promoted", "ok"}:
        return "green"
    return (
        "red"
        if state.lower() in {"failed", "unhealthy", "unschedulable", "missing", "broken", "rolled_back"}
        else "yellow"
    )


def _row(texts: Sequence[str], widths: Sequence[int], colours: Sequence[str | None] = ()) -> str:
    padded = [text.ljust(width) for text, width in zip(texts, widths, strict=True)]
    padded[-1] = texts[-1]
    for place, colour in enumerate(colours):
        if colour is not None:
            padded[place] = _painted(padded[place], colour)
    return "  ".join(padded).rstrip()


def coloured(text: str, colour: str | None) -> str:
    """The text as it is where nobody can see colours, or none is wanted."""
    return _painted(text, colour) if colour is not None and _colours_wanted() else text


def _painted(text: str, colour: str) -> str:
    return f"\033[{_COLOURS[colour]}m{text}\033[0m"


def _colours_wanted() -> bool:
    """https://no-color.org: NO_COLOR set to anything but nothing."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} has no place in a JSON document")
