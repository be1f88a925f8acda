"""Puts the rows of several requests under one another, and takes the result apart again, with every count checked.

Rows are lists, NumPy arrays, or dicts that give several of these names. NumPy is never imported here: whoever brings an
array has it.
"""

import sys
from typing import Any, Dict, List, Sequence, Tuple, cast


class Unstackable(ValueError):
    """These rows cannot stand under one another without changing one of them; the message says why."""


class RowsLost(ValueError):
    """What is to be split has another number of rows than went in."""


def stack(parts: Sequence[Any]) -> Tuple[Any, List[int]]:
    """All of ``parts`` under one another, and how many rows each of them has.

    ``parts`` are lists, or arrays of one dtype and one shape below the first dimension, or dicts of such with the same
    names. Raises ``Unstackable`` for anything else: joining integers and floats, say, would turn the former into the
    latter, and their owner would get another result than alone.
    """
    if not parts:
        raise Unstackable("There is nothing to stack.")
    kinds = {type(part).__name__ for part in parts}
    if len(kinds) > 1:
        raise Unstackable(f"Rows of different types cannot be stacked: {_named(kinds)}.")
    first = parts[0]
    if isinstance(first, dict):
        return _stack_columns(parts)
    if isinstance(first, list):
        return [row for part in parts for row in part], [len(part) for part in parts]
    if _is_array(first):
        return _stack_arrays(parts)
    raise Unstackable(f"Rows must be lists, NumPy arrays or dicts of these, and not {type(first).__name__}.")


def split(stacked: Any, counts: Sequence[int]) -> List[Any]:
    """``stacked`` in parts of ``counts`` rows each; the parts of an array are views of it.

    Raises ``RowsLost`` unless the rows (under each name, for a dict) are as many as ``counts`` say.
    """
    if isinstance(stacked, dict):
        columns = cast("Dict[str, Any]", stacked)
        apart = {name: split(rows, counts) for name, rows in columns.items()}
        return [{name: parts[place] for name, parts in apart.items()} for place in range(len(counts))]
    rows = _row_count(stacked)
    if rows != sum(counts):
        seen = type(stacked).__name__ if rows < 0 else f"{rows} rows"
        raise RowsLost(f"{sum(counts)} rows went into the batch and {seen} came back.")
    parts: List[Any] = []
    begin = 0
    for count in counts:
        parts.append(stacked[begin : begin + count])
        begin += count
    return parts


def _stack_columns(parts: Sequence[Dict[str, Any]]) -> Tuple[Dict[str, Any], List[int]]:
    names = list(parts[0])
    for part in parts:
        if set(part) != set(names):
            raise Unstackable(f"Rows with the names {_named(names)} cannot be stacked on those with {_named(part)}.")
    columns: Dict[str, Any] = {}
    counts: List[int] = []
    for name in names:
        columns[name], own_counts = stack([part[name] for part in parts])
        counts = counts or own_counts
        if own_counts != counts:
            raise Unstackable(f"{name!r} has other numbers of rows ({own_counts}) than {names[0]!r} ({counts}).")
    return columns, counts


def _stack_arrays(parts: Sequence[Any]) -> Tuple[Any, List[int]]:
    forms = {(str(part.dtype), part.shape[1:]) for part in parts}
    if len(forms) > 1 or not parts[0].shape:
        raise Unstackable(f"Arrays of different dtypes or row shapes cannot be stacked: {_named(forms)}.")
    numpy: Any = sys.modules["numpy"]
    return numpy.concatenate(parts), [len(part) for part in parts]


def _is_array(value: Any) -> bool:
    numpy: Any = sys.modules.get("numpy")
    return numpy is not None and type(value) is numpy.ndarray


def _row_count(value: Any) -> int:
    """-1 for what has no rows."""
    if isinstance(value, (list, tuple)):
        return len(cast("Sequence[Any]", value))
    shape: Any = getattr(value, "shape", ())
    return int(shape[0]) if shape else -1


def _named(things: Any) -> str:
    return ", ".join(sorted(str(thing) for thing in things))
