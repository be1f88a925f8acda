"""``json.dumps`` with its defaults, for every response: ASCII only, NaN and Infinity as literals (H-40, H-44)."""

import json
from json import encoder
from typing import Any, Callable, Dict, Optional


def _in_one_pass() -> Optional[Callable[[Any], str]]:
    """The C encoder that ``json.dumps`` makes anew for each call, made once: a third of the time for a small value.

    None where it is missing or wants to be made in another way; it is an inner part of the standard library.
    """
    markers: Dict[int, Any] = {}
    make: Any = getattr(encoder, "c_make_encoder", None)
    quote = encoder.encode_basestring_ascii
    try:
        encode: Any = make(markers, json.JSONEncoder().default, quote, None, ": ", ", ", False, False, True)
        if "".join(encode([1, "a", {"b": 1.5}], 0)) != json.dumps([1, "a", {"b": 1.5}]):
            return None
    except Exception:
        return None

    def dumps(value: Any) -> str:
        try:
            return "".join(encode(value, 0))
        except BaseException:
            # What it was at when it failed; it would take the next value for a part of itself.
            markers.clear()
            raise

    return dumps


dumps: Callable[[Any], str] = _in_one_pass() or json.dumps
"""``value`` as JSON text; raises what ``json.dumps`` raises. For one thread at a time."""
