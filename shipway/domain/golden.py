"""What a revision is asked: golden rows, whose right answers are known, or the sample that it shows itself."""

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, kw_only=True)
class GoldenRow:
    """One request with its expected answer.

    `request` is the JSON text to POST; `expected` a parsed JSON value. `tolerance` is absolute and holds for each
    number with a fraction; everything else must be equal.
    """

    request: str
    expected: object
    tolerance: float


@dataclass(frozen=True, kw_only=True)
class SampleRequest:
    """The example that a service shows of its own input. Which answer is right, nobody has said."""

    request: str

    @property
    def tolerance(self) -> float:
        """Answers of two revisions are the same or they are not."""
        return 0.0


Question: TypeAlias = GoldenRow | SampleRequest


def called(question: Question, index: int) -> str:
    """For messages; `index` counts from 0."""
    return f"row {index + 1}" if isinstance(question, GoldenRow) else "the sample"
