"""How many rows a request brings, which requests may share a batch, and whether rows came back to their owners. Pure.

Nothing is parsed or copied here: the arguments are looked at as they are.
"""

from typing import Any, Dict, Hashable, List, NamedTuple, Optional, Sequence, Tuple, cast

from shipway_serving.contract.run_form import REQUEST_HEADERS, RunForm


class Size(NamedTuple):
    """What the plan has to know of a request."""

    rows: int
    """A request that does not show its rows, such as a plain script's text, is one."""
    known: bool
    """Whether ``rows`` was counted, in which case results can be held against it."""
    key: Hashable
    """Equal for requests that may share a batch."""


TEXT = Size(1, False, None)
"""Of every request for a plain script: its text is the script's to read, and no parameter stands beside it."""


def size_of(form: RunForm, arguments: Dict[str, Any]) -> Size:
    """The size of a request with ``arguments`` for a ``run`` of ``form``.

    Rows are lists and arrays. Beside them, text, numbers and flags are parameters and must be equal in all requests of
    a batch; so must the dtype and the row shape of arrays, and the names that are given. Without rows, all is data.
    """
    if not form.has_schema:
        return TEXT
    named = sorted((name, value) for name, value in arguments.items() if name != REQUEST_HEADERS)
    all_counts: List[Optional[int]] = [row_count(value) for _, value in named]
    counts: List[int] = [count for count in all_counts if count is not None]
    if not counts:
        return Size(1, False, tuple(name for name, _ in named))
    key = tuple((name, _form_of(value)) for name, value in named)
    return Size(max(counts), len(set(counts)) == 1, key)


def row_count(value: Any) -> Optional[int]:
    """The rows of a list, tuple, array or table; None for what has none."""
    if isinstance(value, (list, tuple)):
        return len(cast("Sequence[Any]", value))
    shape = getattr(value, "shape", ())
    return int(cast("Tuple[int, ...]", shape)[0]) if isinstance(shape, tuple) and shape else None


def misplaced(sizes: Sequence[Size], results: Sequence[Any]) -> Optional[str]:
    """What is wrong with the rows of ``results``, one for each request; None when nothing can be seen to be.

    Results need not be rows at all: a sum over them is as good. But where together they have just the rows of the
    batch, each has to have its own: all rows for one caller and none for the others is the mistake that this is for.
    """
    if not all(size.known for size in sizes):
        return None
    wanted = [size.rows for size in sizes]
    for counts in _result_counts(results):
        if sum(counts) == sum(wanted) and counts != wanted:
            return f"requests with {_listed(wanted)} rows would get {_listed(counts)}"
    return None


def _result_counts(results: Sequence[Any]) -> List[List[int]]:
    """The rows of every result, once for each name where they are dicts with the same names."""
    if all(isinstance(result, dict) for result in results):
        names = list(results[0])
        columns = [[result.get(name) for result in results] for name in names]
    else:
        columns = [list(results)]
    counted = [[row_count(value) for value in column] for column in columns]
    return [[count for count in counts if count is not None] for counts in counted if None not in counts]


def _form_of(value: Any) -> Tuple[str, Hashable]:
    """What two values of one parameter must have in common."""
    if row_count(value) is None:
        return "parameter", repr(value)
    shape = getattr(value, "shape", None)
    return "rows", None if shape is None else (str(getattr(value, "dtype", "")), tuple(shape[1:]))


def _listed(counts: Sequence[int]) -> str:
    shown = ", ".join(str(count) for count in counts[:8])
    return shown + (", ..." if len(counts) > 8 else "")
