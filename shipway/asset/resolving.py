"""The packages that an asset would get today, found out without installing any."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from shipway.asset.finding import Area, Finding, Severity
from shipway.config.conda_names import normal_name
from shipway.config.pip_lines import package_name
from shipway.domain.environment import Environment, PinChange
from shipway.errors import BuildError, Unresolvable
from shipway.image.packages.as_of import names_in
from shipway.image.packages.lock import Lock, PythonThere, packages_in, pins_of
from shipway.image.packages.refusals import is_of_the_network
from shipway.image.packages.resolve import resolve
from shipway.image.serving import serving_requirements
from shipway.image.uv import UvFailed
from shipway.machine.state import MachineState

_MOST_SHOWN = 6


@dataclass(frozen=True, kw_only=True)
class Resolved:
    """`lock` is None where there is none; `packages` are `name==version`."""

    findings: tuple[Finding, ...]
    lock: Lock | None = None
    packages: tuple[str, ...] = ()


def resolve_for(environment: Environment, there: PythonThere, changes: tuple[PinChange, ...]) -> Resolved:
    """`changes` are in the environment already. Keeps nothing; needs the package index. Never raises BuildError."""
    before = (*_changed(changes), *_left_out(environment))
    try:
        with TemporaryDirectory(prefix="shipway-check-") as folder:
            lock = resolve(environment, there, serving_requirements(), MachineState(Path(folder)))
    except Unresolvable as error:
        return Resolved(findings=(*before, _finding(Severity.FAULT, str(error))))
    except BuildError as error:
        return Resolved(findings=(*before, _unanswered(error)))
    return Resolved(
        findings=(*before, *_of_lock(environment, lock, there)),
        lock=lock,
        packages=tuple(packages_in(lock.text)),
    )


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
    added = {package_name(change.after) for change in environment.changes}
    left_open = [name for name in names_in(environment.requirements)[1] if name not in added]
    if names := left_open if environment.as_of is None else []:
        versions = {pin.name: pin.version for pin in pins_of(lock.text)}
        shown = [f"{name} {versions.get(normal_name(name)) or '?'}" for name in names[:_MOST_SHOWN]]
        more = f" and {len(names) - _MOST_SHOWN} more" if len(names) > _MOST_SHOWN else ""
        message = f"versions left open: {', '.join(shown)}{more} are today's; --as-of DATE takes those of a day"
        yield _finding(Severity.DIFFERENCE, message)
    if lock.apart:
        message = "the scoring server's own packages clash with these and stand in a folder of their own"
        yield _finding(Severity.NOTE, message)


def _changed(changes: tuple[PinChange, ...]) -> Iterator[Finding]:
    for change in changes:
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
