"""Are two JSON answers the same, as far as a caller would notice? Pure.

A number with a fraction on either side may differ by an absolute tolerance, everywhere in the answer. All else must
be equal: whole numbers (labels and counts), text, true and false, null, the keys of an object, the length of a list.
NaN equals NaN.
"""

import json
import math
from collections.abc import Iterator

from shipway.verification.evidence import one_line

_SHOWN = 60


def read_answer(body: str) -> object:
    """The answer in the text of a response, decoded. Raises ValueError for text that is not JSON."""
    try:
        return decoded(json.loads(body))
    except RecursionError:
        raise ValueError("nested too deeply") from None


def decoded(value: object) -> object:
    """What many v1 scripts return is JSON within a JSON string (`return json.dumps(...)`): that is decoded, once.

    Other text stays as it is. So text that happens to be JSON, such as `"3"`, equals the number at the top of an
    answer.
    """
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value


def first_difference(expected: object, answer: object, tolerance: float) -> str | None:
    """The first place where two answers differ, as one bounded line with its path; None if they are the same."""
    pairs = [("answer", decoded(expected), decoded(answer))]
    while pairs:
        path, left, right = pairs.pop()
        difference = _difference_here(left, right, tolerance)
        if difference:
            return one_line(f"{path}{difference}")
        pairs.extend(reversed(list(_inside(path, left, right))))
    return None


def _difference_here(left: object, right: object, tolerance: float) -> str | None:
    """What differs at this place itself, its path's last part included; what lies within comes later."""
    match left, right:
        case dict(), dict():
            return _difference_of_keys(left, right)
        case list(), list() if len(left) != len(right):
            return f": expected {len(left)} items, got {len(right)}"
        case list(), list():
            return None
        case bool(), bool():
            same = left is right
        case (bool(), _) | (_, bool()):
            same = False
        case ((int() | float()), (int() | float())):
            same = _close(left, right, tolerance)
        case _:
            same = type(left) is type(right) and left == right
    if same:
        return None
    within = f" (tolerance {tolerance:g})" if tolerance and _has_tolerance(left, right) else ""
    return f": expected {_shown(left)}, got {_shown(right)}{within}"


def _difference_of_keys(left: dict[str, object], right: dict[str, object]) -> str | None:
    for key in left:
        if key not in right:
            return f".{key}: missing"
    for key in right:
        if key not in left:
            return f".{key}: not expected"
    return None


def _inside(path: str, left: object, right: object) -> Iterator[tuple[str, object, object]]:
    match left, right:
        case dict(), dict():
            yield from ((f"{path}.{key}", left[key], right[key]) for key in left)
        case list(), list():
            yield from ((f"{path}[{i}]", a, b) for i, (a, b) in enumerate(zip(left, right, strict=True)))
        case _:
            return


def _close(left: float, right: float, tolerance: float) -> bool:
    if left == right or _both_nan(left, right):
        return True
    if not _has_tolerance(left, right):
        return False
    try:
        return abs(left - right) <= tolerance
    except OverflowError:  # an integer beyond all floats beside a float
        return False


def _both_nan(left: float, right: float) -> bool:
    return isinstance(left, float) and isinstance(right, float) and math.isnan(left) and math.isnan(right)


def _has_tolerance(left: object, right: object) -> bool:
    numbers = all(isinstance(x, int | float) and not isinstance(x, bool) for x in (left, right))
    return numbers and (isinstance(left, float) or isinstance(right, float))


def _shown(value: object) -> str:
    match value:
        case dict():
            return f"an object of {len(value)} keys"
        case list():
            return f"a list of {len(value)} items"
        case _:
            return one_line(json.dumps(value, ensure_ascii=False), _SHOWN)
