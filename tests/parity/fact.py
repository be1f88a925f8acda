"""What is said of one fact of the v1 contract."""

from enum import Enum
from typing import NamedTuple


class Status(Enum):
    """What we do about a fact."""

    SAME = "same"
    PROFILE = "same, by profile"
    DIFFERENT = "different on purpose"
    ABSENT = "not here"
    NOT_YET = "not yet"


class Fact(NamedTuple):
    """One fact of the contract."""

    identifier: str
    text: str
    status: Status = Status.SAME
    note: str = ""
    tests: tuple[str, ...] = ()
    """Test functions that show it, where no case of the parity suite does."""


class Section(NamedTuple):
    """A section of the contract."""

    title: str
    facts: tuple[Fact, ...]


def not_yet(*texts: str) -> tuple[Fact, ...]:
    """`ID text` each."""
    parted = (text.partition(" ") for text in texts)
    return tuple(Fact(identifier, text, Status.NOT_YET) for identifier, _, text in parted)
