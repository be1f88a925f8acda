"""The packages that an asset would get today, found out without installing any."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from shipway.asset.finding import Area, Finding, Severity
from shipway.asset.imports import Imports, Provided
from shipway.asset.mended import accepted, broken_together, known_to_help, refused
from shipway.asset.search import propose_in_time
from shipway.config.conda_names import normal_name
from shipway.config.pip_lines import package_name
from shipway.domain.environment import Environment
from shipway.errors import BuildError, Unresolvable
from shipway.image.packages.as_of import names_in
from shipway.image.packages.lock import Lock, PythonThere, packages_in, pins_of
from shipway.image.packages.mending import Proposal, apply
from shipway.image.packages.question import sources_in
from shipway.image.packages.refusals import is_of_the_network
from shipway.image.packages.resolve import resolve
from shipway.image.serving import serving_requirements
from shipway.image.uv import UvFailed
from shipway.machine.state import MachineState

_MOST_SHOWN = 6


@dataclass(frozen=True, kw_only=True)
class Resolved:
    """`lock` is None where there is none; `packages` are `name==version`. `environment` has the changes that a proposal
    made, if it was accepted."""

    environment: Environment
    findings: tuple[Finding, ...] = ()
    lock: Lock | None = None
    packages: tuple[str, ...] = ()


Known = Callable[[Environment, Lock], Proposal | None]


def resolve_for(
    environment: Environment, there: PythonThere, imports: Imports, offered: Provided, *, known: Known, relax: bool
) -> Resolved:
    """What the environment, with all that was added to it, resolves to. `relax` accepts what mending proposes.

    `known` tells what the script needs of packages that resolve, and is offered where that resolves as well. Keeps
    nothing; needs the package index. Never raises BuildError.
    """
    before = (*_added(environment), *_left_out(environment))
    with TemporaryDirectory(prefix="shipway-check-") as folder:
        state = MachineState(Path(folder))
        found = _resolve(environment, there, state, relax=relax)
        if found.lock is not None and (proposal := known(found.environment, found.lock)):
            found = _with_known(found, proposal, there, state, relax=relax)
    if found.lock is None:
        return replace(found, findings=(*before, *found.findings))
    broken = broken_together(found.environment, found.lock, there, imports, offered)
    findings = (*before, *found.findings, *_of_lock(found.environment, found.lock, there), *broken)
    return replace(found, findings=findings, packages=tuple(packages_in(found.lock.text)))


def _resolve(environment: Environment, there: PythonThere, state: MachineState, *, relax: bool) -> Resolved:
    try:
        return Resolved(environment=environment, lock=resolve(environment, there, serving_requirements(), state))
    except Unresolvable as error:
        proposal = propose_in_time(environment, there, error, state)
        if relax and isinstance(proposal, Proposal):
            mended = _resolve(apply(environment, proposal), there, state, relax=False)
            return replace(mended, findings=(accepted(proposal), *mended.findings))
        return Resolved(environment=environment, findings=(refused(error, proposal),))
    except BuildError as error:
        return Resolved(environment=environment, findings=(_unanswered(error),))


def _with_known(
    found: Resolved, proposal: Proposal, there: PythonThere, state: MachineState, *, relax: bool
) -> Resolved:
    environment = apply(found.environment, proposal)
    try:
        lock = resolve(environment, there, serving_requirements(), state)
    except BuildError:
        return found
    if relax:
        return Resolved(environment=environment, findings=(*found.findings, accepted(proposal)), lock=lock)
    return replace(found, findings=(*found.findings, known_to_help(proposal)))


def _of_lock(environment: Environment, lock: Lock, there: PythonThere) -> Iterator[Finding]:
    plain = f"packages as of {environment.as_of}"  # what the lock tells when the day holds for all of them
    if lock.on_top:
        message = "the author manages the packages: those of the base image's Python are used, and none is installed"
        yield _finding(Severity.NOTE, message)
    else:
        since = f", as of {environment.as_of}" if plain in lock.told else ""
        count = len(packages_in(lock.text))
        yield _finding(Severity.OK, f"{count} packages resolved for Python {there.version}{since}")
    yield from (_finding(Severity.DIFFERENCE, line) for line in lock.told if line != plain)
    if sources := sources_in(lock.text):
        yield _finding(Severity.NOTE, f"built from source, having no wheel: {', '.join(sources)}")
    left_open = _left_open(environment)
    if names := left_open if environment.as_of is None else []:
        versions = {pin.name: pin.version for pin in pins_of(lock.text)}
        shown = [f"{name} {versions.get(normal_name(name)) or '?'}" for name in names[:_MOST_SHOWN]]
        more = f" and {len(names) - _MOST_SHOWN} more" if len(names) > _MOST_SHOWN else ""
        left = f"versions left open: {', '.join(shown)}{more}"
        message = f"{left}: the newest that fit today; --as-of DATE takes those of a day"
        yield _finding(Severity.DIFFERENCE, message)
    if lock.apart:
        message = "the scoring server's own packages clash with these and stand in a folder of their own"
        yield _finding(Severity.NOTE, message)


def _left_open(environment: Environment) -> list[str]:
    """The names whose version today decides, in an author's eyes: conda's 1.19 is a version, open as its patch is."""
    added = {package_name(change.after) for change in environment.changes}
    versioned = {package_name(line) for line in environment.requirements if "==" in line}
    return [name for name in names_in(environment.requirements)[1] if name not in added | versioned]


def _added(environment: Environment) -> Iterator[Finding]:
    for change in environment.changes:
        yield _finding(Severity.NOTE, f"{change.after} is added: {change.reason}")


def _left_out(environment: Environment) -> Iterator[Finding]:
    if environment.served:
        names = ", ".join(environment.served)
        yield _finding(Severity.NOTE, f"{names} only carried Microsoft's server; Shipway's own stands for it")


def _unanswered(error: BuildError) -> Finding:
    """An index that does not answer says nothing against the asset."""
    if isinstance(error, UvFailed) and is_of_the_network(error.words):
        message = f"the packages could not be looked up, so nothing is known of them: {error}"
        return _finding(Severity.DIFFERENCE, message)
    return _finding(Severity.FAULT, str(error))


def _finding(severity: Severity, message: str) -> Finding:
    return Finding(area=Area.ENVIRONMENT, severity=severity, message=message)
