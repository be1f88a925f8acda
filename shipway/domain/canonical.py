"""One way to write a value as bytes, so that equal values have equal digests on every machine.

Canonical JSON: sorted keys, no spaces, UTF-8, no floats (their text differs between writers), times as RFC 3339 in UTC.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TypeAlias

Plain: TypeAlias = "None | bool | int | str | list[Plain] | dict[str, Plain]"
"""What a canonical document may hold."""


def canonical_json(value: Plain) -> bytes:
    """Raises TypeError for anything outside `Plain`, a float or NaN among them."""
    _refuse_floats(value)
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def digest_of(value: Plain) -> str:
    """SHA-256 of the canonical JSON, as 64 hex digits."""
    return sha256_hex(canonical_json(value))


def sha256_hex(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def rfc3339(at: datetime) -> str:
    """UTC with microseconds and a Z. Raises ValueError for a naive time."""
    if at.tzinfo is None:
        raise ValueError(f"a time without a zone cannot be recorded: {at!r}")
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parse_rfc3339(text: str) -> datetime:
    """Raises ValueError for text without a zone."""
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(f"not a UTC time: {text!r}")
    return at.astimezone(UTC)


def _refuse_floats(value: object) -> None:
    match value:
        case None | bool() | int() | str():
            return
        case Mapping():
            for key, item in value.items():
                if not isinstance(key, str):
                    raise TypeError(f"a canonical document has text keys only, not {key!r}")
                _refuse_floats(item)
        case list() | tuple():
            for item in value:
                _refuse_floats(item)
        case _:
            raise TypeError(f"a canonical document cannot hold {type(value).__name__}: {value!r}")
