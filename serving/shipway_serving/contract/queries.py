"""A query string as an object (H-25)."""

import json
from typing import Any, Dict
from urllib.parse import parse_qsl

from shipway_serving.contract.profile import MODERN, Profile


def query_values(query: str, profile: Profile = MODERN) -> Dict[str, Any]:
    """The query as an object: JSON values where they parse, else text; a repeated key becomes a list."""
    errors = "surrogateescape" if profile.keeps_bad_escapes else "replace"
    collected: Dict[str, Any] = {}
    for key, text in parse_qsl(query, keep_blank_values=True, errors=errors):
        collected.setdefault(_readable(key), []).append(_json_or_text(_readable(text)))
    return {key: values[0] if len(values) == 1 else values for key, values in collected.items()}


def query_value(query: str, name: str) -> Any:
    """The first value of ``name`` as text, or None."""
    return next((text for key, text in parse_qsl(query, keep_blank_values=True) if key == name), None)


def _readable(text: str) -> str:
    """``text`` with bytes that are no UTF-8 percent-encoded again; nearly always itself."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return "".join(f"%{ord(char) - 0xDC00:02X}" if "\udc80" <= char <= "\udcff" else char for char in text)
    return text


def _json_or_text(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
