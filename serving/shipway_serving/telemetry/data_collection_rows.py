"""Turns what scripts collect into rows of a CSV file. NumPy, pandas and Spark are told by the names of their types:
whoever hands in an array has imported the library, and nobody else should pay for it.
"""

import csv
import io
import math
import sys
from typing import Any, Dict, Iterable, List, NamedTuple, Optional, Sequence

CORRELATION_COLUMNS = (
    "$aml_dc_correlation_id",
    "$aml_dc_scoring_timestamp",
    "$aml_dc_boundary",
    "$aml_workspace",
    "$aml_service_name",
    "$aml_model_name",
    "$aml_model_version",
    "$aml_request_id",
)
"""The original's, in its order; they stand behind the data's own columns."""

Row = Sequence[Any]


class Snapshot(NamedTuple):
    """Rows that the script can no longer change."""

    rows: Iterable[Row]
    width: int
    """Of the widest row."""
    cells: int
    """In all rows together."""
    columns: Optional[List[str]] = None
    """What the data itself calls its columns."""


def snapshot_of(data: Any) -> Optional[Snapshot]:
    """A copy of ``data``: a list, an array or a frame of rows; one-dimensional data are one row. None for other types.

    An array of more dimensions gives a row for each of its items, laid out flat.
    """
    kind = kind_of(data)
    if kind == "list":
        rows = [list(row) for row in data] if _holds_rows(data) else [list(data)]
        return Snapshot(rows, max(map(len, rows)), sum(map(len, rows)))
    if kind == "array":
        return _array(data.__array__().copy())  # Of the plain kind: a row of a matrix is a matrix.
    if kind == "frame":
        frame = data.copy()
        columns = [str(name) for name in frame.columns]
        return Snapshot(frame.itertuples(index=False, name=None), len(columns), frame.size, columns)
    if kind == "series":
        return Snapshot([data.tolist()], len(data), len(data), [str(name) for name in data.index])
    if kind == "spark":
        return snapshot_of(data.toPandas())
    return None


def kind_of(data: Any) -> str:
    """``list``, ``array``, ``frame``, ``series``, ``spark``, or nothing for what cannot be collected."""
    if isinstance(data, (list, tuple)):
        return "list"
    for base in type(data).__mro__:
        library = base.__module__.partition(".")[0]
        kind = _KINDS.get((library, base.__name__))
        if kind:
            return kind
    return ""


_KINDS = {
    ("numpy", "ndarray"): "array",
    ("pandas", "DataFrame"): "frame",
    ("pandas", "Series"): "series",
    ("pyspark", "DataFrame"): "spark",
}


def with_correlations(data: Any, correlations: Dict[str, Any]) -> Any:
    """``data`` with the correlation columns behind its own, as its own type; unchanged when it cannot be collected."""
    values = [correlations.get(name, "") for name in CORRELATION_COLUMNS]
    kind = kind_of(data)
    if kind == "list":
        return [list(row) + values for row in data] if _holds_rows(data) else list(data) + values
    if kind == "array":
        numpy: Any = sys.modules["numpy"]
        rows = data.reshape(1, -1) if data.ndim < 2 else data
        tail = numpy.array([values] * rows.shape[0], dtype=object).reshape(rows.shape[0], len(values))
        return numpy.append(rows, tail, axis=1)
    if kind == "frame":
        frame = data.copy()
        for name, value in zip(CORRELATION_COLUMNS, values):
            frame.insert(len(frame.columns), name, value)
        return frame
    if kind == "spark":
        return with_correlations(data.toPandas(), correlations)
    return data


def columns_for(snapshot: Snapshot, feature_names: Optional[Sequence[Any]]) -> List[str]:
    """The names of the data's own columns: what the data calls them, else ``feature_names``, else numbers."""
    if snapshot.columns is not None:
        return [name for name in snapshot.columns if name not in CORRELATION_COLUMNS]
    names = [str(name) for name in feature_names or ()]
    first = next(iter(snapshot.rows), ())
    width = snapshot.width - (len(CORRELATION_COLUMNS) if _is_correlated(first) else 0)
    return names + [f"column_{number}" for number in range(len(names) + 1, width + 1)]


def lines_of(snapshot: Snapshot, columns: Sequence[str], correlations: Dict[str, Any]) -> str:
    """The rows as CSV. Each has a cell for each of ``columns``, empty ones if need be, and then the correlations, its
    own if it has them. Cells beyond ``columns`` come last: nothing is lost, and nothing stands in a wrong column.
    """
    given = [correlations[name] for name in CORRELATION_COLUMNS]
    order = _order(columns_for(snapshot, None), columns) if snapshot.columns is not None else None
    rows: List[Row] = []
    for row in snapshot.rows:
        cells = [_cell(value) for value in row]
        tail = given
        if _is_correlated(cells):
            cells, tail = cells[: -len(CORRELATION_COLUMNS)], cells[-len(CORRELATION_COLUMNS) :]
        if order is not None:
            cells = ["" if position is None else cells[position] for position in order]
        width = len(columns)
        rows.append(cells[:width] + [""] * (width - len(cells)) + tail + cells[width:])
    return csv_text(rows)


def header_line(columns: Sequence[str]) -> str:
    """The first line of a file with ``columns``."""
    return csv_text([[*columns, *CORRELATION_COLUMNS]])


def columns_in(beginning: str) -> Optional[List[str]]:
    """The data's own columns in a file that begins so; None when no header of ours stands there."""
    header: List[str] = next(csv.reader(io.StringIO(beginning + "\n", newline="")))
    own = len(header) - len(CORRELATION_COLUMNS)
    return header[:own] if tuple(header[own:]) == CORRELATION_COLUMNS and own >= 0 else None


def csv_text(rows: Iterable[Row]) -> str:
    """``rows`` as CSV with the line ends of the original."""
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()


def _order(names: Sequence[str], columns: Sequence[str]) -> Optional[List[Optional[int]]]:
    """Where a frame with ``names`` has the cells for ``columns``, and then those that have no column: a frame made of a
    request's JSON has its columns in the order of that request (S-21). None when nothing has to move.
    """
    if list(names) == list(columns):
        return None
    positions = {name: position for position, name in enumerate(names)}
    placed = [positions.get(name) for name in columns]
    return placed + [position for position in range(len(names)) if position not in placed]


def _array(array: Any) -> Snapshot:
    if array.ndim < 2:
        return Snapshot([array.reshape(-1)], array.size, array.size)
    if not array.size:
        return Snapshot([], 0, 0)
    return Snapshot(array.reshape(array.shape[0], -1), array.size // array.shape[0], array.size)


def _holds_rows(data: Sequence[Any]) -> bool:
    return bool(data) and all(isinstance(row, (list, tuple)) or _is_flat_array(row) for row in data)


def _is_flat_array(value: Any) -> bool:
    return kind_of(value) == "array" and value.ndim == 1


def _is_correlated(row: Row) -> bool:
    """Whether ``row`` ends with what ``with_correlations`` adds: no features look like that."""
    if len(row) < len(CORRELATION_COLUMNS):
        return False
    correlation, moment, boundary, *texts = list(row)[-len(CORRELATION_COLUMNS) :]
    return boundary in (60, 1440, "60", "1440") and all(isinstance(text, str) for text in (correlation, moment, *texts))


def _cell(value: Any) -> Any:
    """What the CSV writer shall make text of; nothing for what is missing, as pandas writes it."""
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return ""
    return "" if type(value).__name__.startswith("float") and math.isnan(value) else value
