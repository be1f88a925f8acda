"""What no config may hold, though its format allows it: nesting without end, and texts that no path can be. Pure."""

from collections.abc import Mapping
from typing import TypeAlias

_Path: TypeAlias = tuple[str | int, ...]

_DEEPEST = 100
"""v1's own files have 6 levels; from some 300 on, those who walk through values run out of Python's stack."""


def unusable(value: object) -> tuple[_Path, str] | None:
    """Where the first stands that nobody can use, and what is wrong with it; None when all is well."""
    waiting: list[tuple[_Path, object]] = [((), value)]
    while waiting:
        path, one = waiting.pop()
        if len(path) > _DEEPEST:
            return (), "values are nested too deeply in each other"
        match one:
            case str() if words := _fault(one):
                return path, words
            case Mapping():
                if words := next(filter(None, (_fault(key) for key in one if isinstance(key, str))), None):
                    return path, words
                waiting += [((*path, key), inner) for key, inner in one.items()]
            case list() | tuple():
                waiting += [((*path, index), inner) for index, inner in enumerate(one)]
    return None


def _fault(text: str) -> str | None:
    if "\0" in text:
        return f"{_short(text)} has a NUL in it, which no path and no variable can have"
    try:
        text.encode()
    except UnicodeEncodeError:
        return f"{_short(text)} has half of a character in it; write the whole one"
    return None


def _short(text: str) -> str:
    shown = repr(text)
    return shown if len(shown) <= 60 else f"{shown[:57]}..."
