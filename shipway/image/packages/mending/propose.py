"""The search: change something, try it, go on from where that got further, and take back what was not needed."""

import logging
import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from shipway.domain.environment import Environment, PinChange
from shipway.errors import BuildError
from shipway.image.imports import ScriptsImportsFail
from shipway.image.packages.lock import Lock, PythonThere, pins_of
from shipway.image.packages.mending.candidates import Candidate, Failed, at_what_it_became, candidates
from shipway.image.packages.mending.complaints import in_the_way, unknown_to_the_index, without_a_file
from shipway.image.packages.mending.index import Index
from shipway.image.packages.mending.pins import pins_asked
from shipway.image.packages.mending.proposal import NoProposal, Proposal, each_once, joined, sets_a_day, with_changes
from shipway.image.packages.mending.rules import Situation, fitting
from shipway.image.packages.mending.trying import EntryScript, NoAnswer, Outcome, Stage, Trier
from shipway.image.uv import NothingSatisfies
from shipway.machine.state import MachineState

log = logging.getLogger(__name__)

_MOST_SAID = 160
_OF_A_TRY = re.compile(r"the virtual environment \S+ cannot be made: ")
"""A folder that is gone by the time that somebody reads of it."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Of the search. A try that has begun is finished: some environments take a minute to download."""

    tries: int = 12
    seconds: float = 120.0
    clock: Callable[[], float] = time.monotonic


USUAL = Limits()


def propose(
    environment: Environment,
    there: PythonThere,
    failure: BuildError | None,
    state: MachineState,
    *,
    script: EntryScript | None = None,
    limits: Limits = USUAL,
) -> Proposal | NoProposal:
    """The smallest change found with which the environment resolves, installs and imports. Changes nothing itself.

    `failure` is what is known already: that of `resolve` spares the first try. Without a `script`, and where this
    machine has no Python of that minor version, nothing is installed. Safe to repeat. Never raises BuildError.
    """
    if environment.user_managed:
        return NoProposal(why="the author manages the packages of this environment: they are the base image's")
    trier = Trier(there=there, script=script, state=state)
    search = _Search(
        environment, trier, limits, limits.clock() + limits.seconds, said="" if failure is None else _plain(failure)
    )
    try:
        return search.result(failure)
    except NoAnswer as error:
        return NoProposal(why=f"nothing can be tried: {error}", tried=tuple(search.tried))


def foreseen(environment: Environment, lock: Lock, there: PythonThere) -> Proposal | None:
    """What is known to break of packages that resolve together. Tries nothing; None when nothing is known. Pure."""
    versions = {pin.name: pin.version for pin in pins_of(lock.text)}
    situation = Situation(python=there.version, asked=pins_asked(environment.requirements), versions=versions)
    changes = [change for rule, found in fitting(situation) if rule.resolved for change in found]
    return Proposal(changes=each_once(changes)) if changes else None


@dataclass
class _Search:
    environment: Environment
    trier: Trier
    limits: Limits
    until: float
    said: str = ""
    """What whoever asks knows of the failure already."""
    tried: list[str] = field(default_factory=list)
    spent: int = 0
    doubtful: set[PinChange] = field(default_factory=set)
    """Changes that were made together with others: perhaps one of them would have done."""

    def result(self, failure: BuildError | None) -> Proposal | NoProposal:
        log.info("looking for the smallest change that mends the environment, for %g s at most", self.limits.seconds)
        outcome = self._first(failure)
        if outcome.works:
            return NoProposal(why="it works as it is")
        index = Index(self.environment.requirements, self.trier.there, self.trier.state.locks)
        found = self._further((), outcome, index)
        if isinstance(found, Outcome):
            return NoProposal(why=self._why_not(found, index), tried=tuple(self.tried))
        return self._finished(*found)

    def _first(self, failure: BuildError | None) -> Outcome:
        if isinstance(failure, NothingSatisfies):
            return Outcome(stage=Stage.NOWHERE, error=failure)
        return self.trier.outcome(self.environment)

    def _further(
        self, changes: tuple[PinChange, ...], outcome: Outcome, index: Index
    ) -> tuple[tuple[PinChange, ...], Outcome] | Outcome:
        """What works, or how far one gets from here: each candidate that is of use is followed to its end."""
        environment, farthest = with_changes(self.environment, changes), outcome
        can_import = self.trier.can_import(environment)
        failed = Failed(environment=environment, outcome=outcome, there=self.trier.there, can_import=can_import)
        for candidate in candidates(failed, index):
            together = joined(changes, candidate.changes)
            if together == changes or self.trier.is_known(with_changes(self.environment, together)):
                continue
            if (tried := self._tried(together)) is None:
                return farthest
            said = "it fails alike" if self._is_known_failure(tried) else became(tried)
            self.tried.append(f"{_in_a_line(candidate.changes)}: {said}")
            log.info("tried %s", self.tried[-1])
            if not gets_further(outcome, tried, candidate):
                continue
            if len(candidate.changes) > 1 or sets_a_day(candidate.changes):
                self.doubtful.update(together)
            if tried.works:
                return together, tried
            found = self._further(together, tried, index)
            if not isinstance(found, Outcome):
                return found
            farthest = found if found.stage > farthest.stage else farthest
        return farthest

    def _tried(self, changes: tuple[PinChange, ...]) -> Outcome | None:
        """None when the bounds are reached."""
        environment = with_changes(self.environment, changes)
        if not self.trier.is_known(environment):
            if self.spent >= self.limits.tries or self.limits.clock() >= self.until:
                return None
            self.spent += 1
        return self.trier.outcome(environment)

    def _finished(self, changes: tuple[PinChange, ...], outcome: Outcome) -> Proposal:
        """Without what is not needed, and with relaxed pins at the version that was found.

        A change that got further by itself is needed, unless a day came after it, which may do as well.
        """
        for change in [one for one in changes if one in self.doubtful] if len(changes) > 1 else ():
            fewer = tuple(one for one in changes if one != change)
            found = self._tried(fewer)
            if found is not None and found.works and found.imported == outcome.imported:
                changes, outcome = fewer, found
        pinned = at_what_it_became(changes, outcome)
        if pinned != changes and (found := self._tried(pinned)) is not None and found.works:
            changes = pinned
        return Proposal(changes=changes, imported=outcome.imported)

    def _why_not(self, outcome: Outcome, index: Index) -> str:
        unknown = unknown_modules(outcome)
        if self.spent >= self.limits.tries:
            why = [f"none was found in {self.spent} tries", *unknown]
        elif self.limits.clock() >= self.until:
            why = [f"none was found in {self.limits.seconds:g} s", *unknown]
        else:
            why = unknown or ["nothing that is known to help does"]
        remains = [] if self._is_known_failure(outcome) else [f"what remains: {became(outcome)}"]
        return "; ".join([*why, *remains, *other_pythons(outcome, index)])

    def _is_known_failure(self, outcome: Outcome) -> bool:
        return outcome.error is not None and _plain(outcome.error) == self.said


def unknown_modules(outcome: Outcome) -> list[str]:
    """Why there is nothing to try for imports of which nobody knows where they come from; empty for any other."""
    error = outcome.error
    faults = error.trial.faults if isinstance(error, ScriptsImportsFail) else ()
    modules = dict.fromkeys(fault.missing for fault in faults if fault.missing and not fault.packages)
    return [f"no package is known to bring {', '.join(map(str, modules))}"] if modules else []


def other_pythons(outcome: Outcome, index: Index) -> list[str]:
    """For which Pythons there is what this one lacks: the author's pin of it may be the fault."""
    found = [(name, version, index.release(name, version)) for name, version in without_a_file(outcome.words).items()]
    return [
        f"{name} {version} is there for Python {', '.join(sorted(known.pythons, key=_minor))} alone: pin one of them"
        for name, version, known in found
        if known is not None and known.pythons and not known.has_wheel
    ]


def gets_further(before: Outcome, after: Outcome, candidate: Candidate) -> bool:
    """Whether to go on from there: a later stage, or the same one without what the candidate was for."""
    if after.works or candidate.all_or_nothing:
        return after.works
    if after.stage is not before.stage:
        return after.stage > before.stage
    if before.stage is Stage.INSTALLED:
        return len(_faults(after)) < len(_faults(before)) or not (_faults(after) & _faults(before))
    return bool(candidate.settles) and candidate.settles.isdisjoint(_complained_of(after, candidate.settles))


def _faults(outcome: Outcome) -> set[str]:
    if isinstance(outcome.error, ScriptsImportsFail):
        return {f"{fault.place}: {fault.error}" for fault in outcome.error.trial.faults}
    return {outcome.words}


def _complained_of(outcome: Outcome, names: Iterable[str]) -> set[str]:
    words = outcome.words
    return {*without_a_file(words), *unknown_to_the_index(words), *in_the_way(words, names)}


def became(outcome: Outcome) -> str:
    if outcome.error is None:
        return "works"
    words = _plain(outcome.error)
    return words if len(words) <= _MOST_SAID else f"{words[:_MOST_SAID]}..."


def _plain(error: BuildError) -> str:
    return _OF_A_TRY.sub("it does not install: ", " ".join(str(error).split()))


def _minor(python: str) -> tuple[int, ...]:
    return tuple(map(int, python.split(".")))


def _in_a_line(changes: Iterable[PinChange]) -> str:
    return ", ".join(_shown(change) for change in changes)


def _shown(change: PinChange) -> str:
    if not change.after:
        return f"without {change.before}"
    return f"{change.before} -> {change.after}" if change.before else f"with {change.after}"
