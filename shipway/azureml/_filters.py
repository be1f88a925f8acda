"""Tags and properties: as they are kept, and as they are asked for (contract M-7, M-8)."""

from collections.abc import Mapping, Sequence
from typing import Any

from shipway.azureml.exceptions import UserErrorException


def texts(given: Mapping[str, Any] | None, what: str) -> dict[str, str]:
    """Tags and properties as they are kept: numbers become text, as Azure made them. Raises UserErrorException."""
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise UserErrorException(f"{what} must be a dict of text by text, not {given!r}")
    for key, value in given.items():
        if not isinstance(value, str | int | float | bool):
            raise UserErrorException(f"{what}: {key!r} has the value {value!r}, which is not text")
    return {str(key): str(value) for key, value in given.items()}


def pairs(given: Sequence[Any] | Mapping[str, Any] | None, what: str) -> list[str | tuple[str, str]]:
    """A filter: each a key, or a list of key and value (M-8). Raises UserErrorException."""
    if given is None:
        return []
    if isinstance(given, Mapping):
        return [(str(key), str(value)) for key, value in given.items()]
    if isinstance(given, str):
        return [given]
    found: list[str | tuple[str, str]] = []
    for item in given:
        if isinstance(item, str):
            found.append(item)
        elif isinstance(item, Sequence) and len(item) == 2:
            found.append((str(item[0]), str(item[1])))
        else:
            raise UserErrorException(f"{what}: {item!r} is neither a key nor a list of key and value")
    return found


def has(values: Mapping[str, str], wanted: Sequence[str | tuple[str, str]]) -> bool:
    """Whether each that is asked for is there."""
    return all(key in values if isinstance(key, str) else values.get(key[0]) == key[1] for key in wanted)
