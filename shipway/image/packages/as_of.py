"""The versions of an asset's time: which questions to ask one after the other, and what to say of each. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from shipway.domain.environment import Environment
from shipway.image.packages.lock import normal_name
from shipway.image.packages.question import Question

NO_DAY = "false"
"""uv's word for a package that no date concerns."""

_REQUIREMENT = re.compile(r"\s*(?P<name>[A-Za-z0-9][\w.-]*)(?![\w.+:/-])\s*(?:\[[^\]]*\])?\s*(?P<rest>[^;#]*)")
"""A URL or a path alone names nothing."""
_EXACT = re.compile(r"===?\s*(?:[^*\s,]+|\d+\.\d+\.\d+\.\*)\s*$|@")
"""conda's `numpy=1.16.4`, which is ==1.16.4.*, leaves nothing to choose either."""


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """`told` is what to say when this one is the answer."""

    question: Question
    told: tuple[str, ...] = ()


def attempts(environment: Environment, question: Question) -> Iterator[Attempt]:
    """One date for everything is the surest, and may leave nothing that fits; then for unpinned names alone; and where
    an index does not say when its packages were published, without a date. An exact pin is the author's own word and
    holds on any day."""
    day = environment.as_of
    if day is None:
        yield Attempt(question=question)
        return
    pinned, unpinned = names_in(environment.requirements)
    whenever = dict.fromkeys(pinned, NO_DAY)
    yield Attempt(question=replace(question, day=day, days=whenever), told=(f"packages as of {day}",))
    if unpinned:
        told = f"as of {day} only {', '.join(unpinned)}: with all packages of that day nothing satisfies the pins"
        yield Attempt(question=replace(question, days=dict.fromkeys(unpinned, day)), told=(told,))
    told = f"not as of {day}, though it was asked for: of that day the index has nothing that satisfies the pins"
    yield Attempt(question=question, told=(told,))


def names_in(requirements: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names that are pinned to one version or file, and those whose version is left to the resolver; sorted."""
    found = [match for line in requirements if not line.startswith("-") and (match := _REQUIREMENT.match(line))]
    pinned = {normal_name(m["name"]) for m in found if _EXACT.match(m["rest"].strip())}
    names = {normal_name(match["name"]) for match in found}
    return tuple(sorted(pinned)), tuple(sorted(names - pinned))
