"""JSON in: the standard library's, with the limit on digits that its newer releases have (H-40)."""

import json
import sys
from typing import Any, Callable, Union

MOST_DIGITS = 4300
"""Of a whole number. Python's own limit from 3.8 on: the time that ``int`` takes grows with their square, a quarter of
a minute for 400,000, in which nothing else of the process runs."""

HARMLESS_BYTES = 64 * 1024
"""A text no longer than this takes no time worth mentioning, whatever is in it."""


def _bounded(text: Union[bytes, str]) -> Any:
    """As ``json.loads``; raises ``ValueError`` also for a number with too many digits in a long text."""
    if len(text) <= HARMLESS_BYTES:
        return json.loads(text)
    return json.loads(text, parse_int=whole_number)


def whole_number(digits: str) -> int:
    """As ``int``; raises ``ValueError`` for more than ``MOST_DIGITS``."""
    if len(digits) > MOST_DIGITS:
        raise ValueError(f"Exceeds the limit ({MOST_DIGITS} digits) for integers: value has {len(digits)} digits")
    return int(digits)


loads: Callable[[Union[bytes, str]], Any] = json.loads if hasattr(sys, "get_int_max_str_digits") else _bounded
"""The value of a JSON text; raises ``ValueError`` or ``RecursionError``."""
