"""What mending comes to: changes of pins that were tried, each with its reason, or a plain no. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from shipway.config.profile import on_its_day
from shipway.domain.environment import Environment, PinChange

_DAY = "--as-of "
"""A change that names no package: the day whose versions unpinned names get, as a user would write it."""


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """`imported`: the script's own imports were tried with these changes, and work; else it is only known that the
    environment resolves."""

    changes: tuple[PinChange, ...]
    imported: bool = False


@dataclass(frozen=True, kw_only=True)
class NoProposal:
    """`why` there is none, and what was `tried`, a line each."""

    why: str
    tried: tuple[str, ...] = ()


def of_the_day(day: str, reason: str) -> PinChange:
    """`day` is YYYY-MM-DD."""
    return PinChange(before="", after=f"{_DAY}{day}", reason=reason)


def sets_a_day(changes: Iterable[PinChange]) -> bool:
    return any(change.after.startswith(_DAY) for change in changes)


def as_diff(proposal: Proposal) -> list[str]:
    """Lines of a small diff of pins: `- numpy==1.15.0`, then `+ numpy==1.15.4  # why`."""
    return [line for change in proposal.changes for line in _diff(change)]


def apply(environment: Environment, proposal: Proposal) -> Environment:
    """The environment with the changes in it, which it remembers."""
    return with_changes(environment, proposal.changes)


def with_changes(environment: Environment, changes: Sequence[PinChange]) -> Environment:
    """A line that is changed keeps its place; what is added comes last."""
    days = [change.after.removeprefix(_DAY) for change in changes if change.after.startswith(_DAY)]
    pins = [change for change in changes if not change.after.startswith(_DAY)]
    mended = replace(
        environment,
        requirements=tuple(edited(environment.requirements, pins)),
        changes=(*environment.changes, *changes),
    )
    return on_its_day(mended, days[-1] if days else None)


def edited(requirements: Iterable[str], changes: Iterable[PinChange]) -> list[str]:
    lines = list(requirements)
    for change in changes:
        if change.before in lines:
            at = lines.index(change.before)
            lines[at : at + 1] = [change.after] if change.after else []
        elif change.after:
            lines.append(change.after)
    return list(dict.fromkeys(lines))


def joined(changes: Iterable[PinChange], more: Iterable[PinChange]) -> tuple[PinChange, ...]:
    """Both after each other. A line that is changed twice is one change, for both reasons; one that becomes again what
    it was is none."""
    found = list(changes)
    for change in more:
        earlier = next((one for one in found if change.before and one.after == change.before), None)
        if earlier is None:
            found.append(change)
            continue
        reason = change.reason if earlier.reason == change.reason else f"{earlier.reason}; {change.reason}"
        both = PinChange(before=earlier.before, after=change.after, reason=reason)
        found[found.index(earlier)] = both
    return tuple(dict.fromkeys(change for change in found if change.before != change.after))


def each_once(changes: Iterable[PinChange]) -> tuple[PinChange, ...]:
    """Of those that say the same for different reasons, the first."""
    found: dict[tuple[str, str], PinChange] = {}
    for change in changes:
        found.setdefault((change.before, change.after), change)
    return tuple(found.values())


def _diff(change: PinChange) -> Iterator[str]:
    if change.before:
        yield f"- {change.before}" if change.after else f"- {change.before}  # {change.reason}"
    if change.after:
        yield f"+ {change.after}  # {change.reason}"
