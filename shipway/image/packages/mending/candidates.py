"""What could be changed of an environment that failed, the cheapest and surest first. Nothing is tried here.

Rules first; then another version of what cannot be had as it is pinned; then the pins that clash; then the day of the
pins for what is unpinned; and last what may be left out, if the script gets along without.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

from packaging.version import InvalidVersion, Version

from shipway.domain.environment import Environment, PinChange
from shipway.image.imports import ImportFault, ScriptsImportsFail
from shipway.image.packages.lock import PythonThere
from shipway.image.packages.mending.complaints import (
    in_the_way,
    needed_by,
    unknown_to_the_index,
    without_a_file,
)
from shipway.image.packages.mending.index import Index, Release
from shipway.image.packages.mending.pins import AskedPin, bounded, exact_pins, left_out, pins_asked, repinned
from shipway.image.packages.mending.proposal import each_once, of_the_day
from shipway.image.packages.mending.rules import Situation, fitting
from shipway.image.packages.mending.trying import Outcome, Stage

_MARGIN_DAYS = 30
"""An asset is made some weeks after the newest release that it pins."""

_MOST_NEIGHBOURS = 3
_MOST_CLASHING = 4


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """`settles` are the packages that must no longer be complained of afterwards, if this was of use. With
    `all_or_nothing` nothing but that it works counts as use."""

    changes: tuple[PinChange, ...]
    settles: frozenset[str] = frozenset()
    all_or_nothing: bool = False


@dataclass(frozen=True, kw_only=True)
class Failed:
    """An environment and what became of it. `can_import`: what is left out or added shows in an import test."""

    environment: Environment
    outcome: Outcome
    there: PythonThere
    can_import: bool

    @property
    def asked(self) -> dict[str, AskedPin]:
        return pins_asked(self.environment.requirements)


def candidates(failed: Failed, index: Index) -> Iterator[Candidate]:
    """One after the other, so that the index is asked for what is needed alone."""
    yield from of_rules(failed)
    if failed.environment.python is None:  # it may be for a Python of another time altogether
        yield from of_pins_day(failed, index)
    if failed.outcome.stage in {Stage.NOWHERE, Stage.RESOLVED}:
        yield from of_neighbours(failed, index)
        yield from of_clashes(failed)
    else:
        yield from of_missing_imports(failed, index)
    yield from of_pins_day(failed, index)
    if failed.can_import and failed.outcome.stage is Stage.NOWHERE:
        yield from of_leaving_out(failed)


def of_rules(failed: Failed) -> Iterator[Candidate]:
    """All that fit at once, for what is not needed is taken back later; then each alone."""
    outcome = failed.outcome
    situation = Situation(
        python=failed.there.version, asked=failed.asked, versions=outcome.versions, words=outcome.words
    )
    found = [changes for _, changes in fitting(situation)]
    if len(found) > 1:
        yield Candidate(changes=each_once(change for changes in found for change in changes))
    yield from (Candidate(changes=changes) for changes in found)


def of_neighbours(failed: Failed, index: Index) -> Iterator[Candidate]:
    """The nearest versions of what cannot be had as it is pinned, or older ones of what a package brings along."""
    asked, minor = failed.asked, failed.there.minor
    for name, version in without_a_file(failed.outcome.words).items():
        releases = index.releases(name)
        why = _why_not(name, version, releases, minor)
        near = nearest(version, [release.version for release in releases if release.has_wheel])
        pin = asked.get(name)
        for other in near[:_MOST_NEIGHBOURS]:
            if pin is not None and pin.is_pinned:
                change: PinChange | None = repinned(pin, f"=={other}", f"{why}; {other} is the nearest that has")
            else:
                change = bounded(asked, f"{name}<={other}", why) if other < _version(version) else None
            if change is not None:
                yield Candidate(changes=(change,), settles=frozenset({name}))


def of_clashes(failed: Failed) -> Iterator[Candidate]:
    """Pins that cannot hold at once: one of them is relaxed, within its minor version first, then within its major; and
    to any version where another package says which it needs."""
    words, asked = failed.outcome.words, failed.asked
    absent = {*without_a_file(words), *unknown_to_the_index(words)}
    bound = [name for name, pin in asked.items() if str(pin.bounds) and name not in absent]
    concerned = in_the_way(words, bound)[:_MOST_CLASHING]
    for bounds_of in (_same_minor, _same_major, _any_version):
        for name in concerned:
            pin, needed = asked[name], needed_by(words, name)
            bounds = bounds_of(pin)
            if bounds is None or (not bounds and not needed):
                continue
            reason = needed or f"{pin.text} cannot be had together with the other pins"
            yield Candidate(changes=(repinned(pin, bounds, reason),), settles=frozenset({name}))


def of_missing_imports(failed: Failed, index: Index) -> Iterator[Candidate]:
    """The packages of what is not there, all at once: at the versions of the asset's day, else today's.

    Only known ones: a module's name need not be its package's, and anybody may have taken that name.
    """
    error = failed.outcome.error
    faults = error.trial.faults if isinstance(error, ScriptsImportsFail) else ()
    asked = failed.asked
    wanted = {fault.packages[0]: fault for fault in faults if fault.missing and fault.packages}
    wanted = {name: fault for name, fault in wanted.items() if name not in asked}
    if not wanted:
        return
    day = None if failed.environment.as_of else day_of_pins(failed, index)
    dated = tuple(_added(name, fault, index, day) for name, fault in wanted.items())
    yield Candidate(changes=dated)
    plain = tuple(_added(name, fault, index, None) for name, fault in wanted.items())
    if plain != dated:
        yield Candidate(changes=plain)


def of_pins_day(failed: Failed, index: Index) -> Iterator[Candidate]:
    """As if it was built when its newest pin was new."""
    environment = failed.environment
    if environment.as_of is not None or (day := day_of_pins(failed, index)) is None:
        return
    newest, published = _newest_pin(failed, index)
    reason = f"{newest} is of {published}: packages without a version are taken as they were then"
    yield Candidate(changes=(of_the_day(day, reason),))


def of_leaving_out(failed: Failed) -> Iterator[Candidate]:
    """What cannot be had at all; whether the script gets along without, its imports tell."""
    asked, words = failed.asked, failed.outcome.words
    unknown = unknown_to_the_index(words)
    found: list[PinChange] = []
    for name in sorted({*unknown, *without_a_file(words)} & set(asked)):
        why = "the index does not have it" if name in unknown else f"it cannot be had for Python {failed.there.minor}"
        found.append(left_out(asked[name], f"{why}, and none of the script's imports needs it"))
    if found:
        yield Candidate(changes=tuple(found), all_or_nothing=True)


def day_of_pins(failed: Failed, index: Index) -> str | None:
    """The day (YYYY-MM-DD) on which an asset with these exact pins was made, as far as they tell."""
    published = _newest_pin(failed, index)[1]
    return (date.fromisoformat(published) + timedelta(days=_MARGIN_DAYS)).isoformat() if published else None


def nearest(version: str, there: Iterable[Version]) -> list[Version]:
    """`there` by how little it differs: the same minor version, later before earlier; then later ones, then earlier.

    Another major version is another library: it may import and do something else.
    """
    wanted = _version(version)
    there = [found for found in there if found.major == wanted.major]
    near = [found for found in there if found.release[:2] == wanted.release[:2]]
    later, earlier = _sides(near, wanted)
    others = [found for found in there if found.release[:2] != wanted.release[:2]]
    later_minors, earlier_minors = _sides(others, wanted)
    return [*later, *earlier, *later_minors, *earlier_minors]


def _sides(versions: Iterable[Version], wanted: Version) -> tuple[list[Version], list[Version]]:
    ordered = sorted(versions)
    return [found for found in ordered if found > wanted], [found for found in reversed(ordered) if found < wanted]


def _newest_pin(failed: Failed, index: Index) -> tuple[str, str]:
    days = [(index.day_of(name, version), f"{name} {version}") for name, version in exact_pins(failed.asked).items()]
    day, pin = max(days, default=("", ""))
    return pin, day


def _added(name: str, fault: ImportFault, index: Index, day: str | None) -> PinChange:
    of_day = next((one for one in index.releases(name) if day and one.has_wheel and "" < one.day <= day), None)
    reason = f"{fault.place} imports {fault.missing}, and no package of the environment brings it"
    if of_day is None:
        return PinChange(before="", after=name, reason=reason)
    reason += f"; {of_day.version} is of the time of the pins"
    return PinChange(before="", after=f"{name}=={of_day.version}", reason=reason)


def _why_not(name: str, version: str, releases: Iterable[Release], minor: str) -> str:
    if not any(release.version == _version(version) for release in releases):
        return f"{name} {version} is not in the index"
    return f"{name} {version} has no wheel for Python {minor}"


def _same_minor(pin: AskedPin) -> str | None:
    release = _version(pin.exact or "0").release
    return f"=={release[0]}.{release[1]}.*" if len(release) > 2 else None


def _same_major(pin: AskedPin) -> str | None:
    """A version that begins with 0 promises nothing beyond its minor number."""
    major = _version(pin.exact or "0").major
    return f"=={major}.*" if major else None


def _any_version(pin: AskedPin) -> str:
    del pin
    return ""


def _version(text: str) -> Version:
    try:
        return Version(text)
    except InvalidVersion:
        return Version("0")


def at_what_it_became(changes: Iterable[PinChange], outcome: Outcome) -> tuple[PinChange, ...]:
    """A pin that was relaxed is pinned again, to the version that was found good."""
    return tuple(_pinned_again(change, outcome.versions or {}) for change in changes)


def _pinned_again(change: PinChange, versions: dict[str, str | None]) -> PinChange:
    before, after = (pins_asked([line]) for line in (change.before, change.after))
    if not before or not after:
        return change
    (old,), (new,) = before.values(), after.values()
    version = versions.get(new.name)
    is_relaxed = old.exact is not None and new.exact is None and old.name == new.name
    return replace(change, after=new.with_bounds(f"=={version}")) if is_relaxed and version else change
