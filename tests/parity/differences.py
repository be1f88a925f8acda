"""Where we knowingly do not do as Microsoft's server does: the one list, which tests and docs read.

A difference that is not listed fails a test; so does one that is listed and no longer occurs.
"""

from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import NamedTuple

from tests.parity.comparison import Divergence
from tests.parity.exchanges import Answer, Ask


class Exchanged(NamedTuple):
    """One request to both servers, and what they said."""

    ask: Ask
    microsoft: Answer
    ours: Answer


class Difference(NamedTuple):
    """One deliberate difference."""

    name: str
    ids: tuple[str, ...]
    """Of the contract."""
    microsoft: str
    ours: str
    why: str
    switch: str = ""
    """What brings Microsoft's behaviour back, if anything does."""
    profiles: tuple[str, ...] = ("modern", "legacy")
    aspects: tuple[str, ...] = ()
    """Patterns for the aspects in which answers may differ; empty for one that no answer shows."""
    where: Callable[[Exchanged], bool] = lambda exchanged: True
    """In which exchanges."""
    witness: str = ""
    """The case that shows it; empty where another test does, which `shown_by` names."""
    shown_by: str = ""

    def explains(self, divergence: Divergence, exchanged: Exchanged, profile: str) -> bool:
        concerns = profile in self.profiles and any(fnmatchcase(divergence.aspect, each) for each in self.aspects)
        return concerns and self.where(exchanged)


DIFFERENCES: tuple[Difference, ...] = ()


def unexplained(found: list[Divergence], exchanged: Exchanged, profile: str) -> list[Divergence]:
    """Those that no difference accounts for."""
    return [each for each in found if not any(one.explains(each, exchanged, profile) for one in DIFFERENCES)]
