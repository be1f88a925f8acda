"""Golden rows: requests whose right answers are known."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class GoldenRow:
    """One request with its expected answer.

    `request` is the JSON text to POST; `expected` a parsed JSON value. `tolerance` is absolute and holds for each
    number with a fraction; everything else must be equal.
    """

    request: str
    expected: object
    tolerance: float
