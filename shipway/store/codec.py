"""Frozen dataclasses to and from canonical documents.

A document has no floats: they are written as text (`repr`, which loses nothing). Times are RFC 3339, enums their
values, tuples lists. A `Secret` is refused: none may reach the workspace.
"""

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from shipway.domain.canonical import Plain, parse_rfc3339, rfc3339
from shipway.domain.secret import Secret
from shipway.errors import StoreCorrupt

if TYPE_CHECKING:
    from cattrs import Converter

T = TypeVar("T")


def encode(value: object) -> Plain:
    """Raises TypeError for a Secret."""
    plain: Plain = _converter().unstructure(value)
    return plain


def decode(cls: type[T], plain: Plain) -> T:
    """Raises StoreCorrupt, saying what does not fit, when `plain` is not what `encode` makes of a `cls`."""
    try:
        return _converter().structure(plain, cls)
    except Exception as error:
        raise StoreCorrupt(f"a record does not hold a {cls.__name__}: {_cause(error)}") from error


@cache
def _converter() -> "Converter":
    """Made when first needed: cattrs takes longer to import than all of Shipway."""
    from cattrs import Converter  # noqa: PLC0415 - 0.15 s

    converter = Converter(unstruct_collection_overrides={tuple: list}, detailed_validation=False)
    converter.register_unstructure_hook(float, lambda number: repr(float(number)))
    converter.register_structure_hook(float, _float)
    converter.register_unstructure_hook(datetime, rfc3339)
    converter.register_structure_hook(datetime, lambda text, _: parse_rfc3339(_exactly(str)(text, str)))
    converter.register_unstructure_hook(Secret, _refuse_secret)
    converter.register_unstructure_hook(StrEnum, lambda member: member.value)
    converter.register_structure_hook(StrEnum, lambda text, cls: cls(text))
    for kind in (int, str, bool):
        converter.register_structure_hook(kind, _exactly(kind))
    return converter


def _exactly(kind: type[T]) -> Callable[[object, object], T]:
    """cattrs would turn 3 into "3" and a text into True."""

    def check(value: Any, _cls: object) -> T:
        if type(value) is not kind:
            raise TypeError(f"expected {kind.__name__}, found {value!r}")
        found: T = value
        return found

    return check


def _float(value: object, _cls: object) -> float:
    return float(_exactly(str)(value, str))


def _refuse_secret(_secret: Secret) -> Plain:
    raise TypeError("a Secret is never written to the workspace")


def _cause(error: Exception) -> str:
    text = str(error).partition("\n")[0][:200]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
