"""What every target can do, what some can, how one is loaded, and the one way to wait for it.

A target shows snapshots and acts idempotently; no act waits for health. Optional abilities are protocols of their own,
found with `isinstance` while a release is planned: what a target cannot do is said before the first side effect.
"""

import importlib
import pkgutil
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from shipway.domain.service import RevisionSpec, RevisionStats, Service, ServiceState, ServiceStatus, Traffic
from shipway.errors import ConfigError, ServiceNotFound, TargetError, TargetUnavailable
from shipway.machine.state import MachineState

_NOT_KINDS = frozenset({"base"})
_LOG_LINES_IN_ERRORS = 6
_LOG_LINE_LENGTH = 300


@runtime_checkable
class Target(Protocol):
    """The core. A service whose name belongs to another kind of target is refused with ServiceConflict.

    Acts on local targets refuse a fence lower than the highest seen with FenceLost, and every act may be repeated.
    """

    @property
    def kind(self) -> str:
        """Equal to the name of the target's module."""
        ...

    def render(self, spec: RevisionSpec) -> Mapping[str, Any]:
        """What would be started or created, in the target's own terms. Pure; holds no secret."""
        ...

    def deploy(self, spec: RevisionSpec) -> Service:
        """Adds the revision beside the others, with no traffic. One that runs already is left as it is; a dead one is
        started again, and so are dead ones that have traffic. Raises ServiceConflict when the revision exists with
        another image."""
        ...

    def status(self, name: str) -> ServiceStatus:
        """ABSENT for no such service."""
        ...

    def find(self, name: str) -> Service | None: ...

    def list(self) -> tuple[Service, ...]:
        """Sorted by name."""
        ...

    def logs(self, name: str, *, revision_id: str | None = None, tail: int = 200) -> Iterator[str]:
        """The last lines of one revision; or of the service, by time, with the revision before each if it has several.
        Raises ServiceNotFound."""
        ...

    def delete_revision(self, name: str, revision_id: str, *, fence: int) -> None:
        """Lets it finish what it works on, then removes it. One that is absent is fine, another kind's service has none
        of ours; one with traffic is refused."""
        ...

    def delete(self, name: str, *, fence: int) -> None:
        """Removes the service with all its revisions. One that is absent is fine."""
        ...


@runtime_checkable
class SplitsTraffic(Protocol):
    """Can give each revision a share of the requests, and counts what became of them."""

    def traffic(self, name: str) -> Traffic:
        """As the target routes it now, not as it was asked for. Raises ServiceNotFound."""
        ...

    def set_traffic(self, name: str, traffic: Traffic, *, fence: int) -> Traffic:
        """Returns what was read back, which equals `traffic`; TargetError otherwise. Safe to repeat.

        Raises ServiceNotFound, and TargetError for a revision that does not exist.
        """
        ...

    def revision_stats(self, name: str) -> Mapping[str, RevisionStats]:
        """By revision id, since each was added. Raises ServiceNotFound."""
        ...


@runtime_checkable
class TakesPorts(Protocol):
    """Its services answer on ports of this machine, which a deployment config may ask for."""

    def refuse_taken_port(self, name: str, port: int) -> None:
        """Raises PortInUse when the port that the service asks for is somebody else's now. Only looks."""
        ...


@runtime_checkable
class MayBeAway(Protocol):
    """Stands on something that may not be there, such as a container engine."""

    def why_away(self) -> str | None:
        """Why nothing can be deployed there now, in one line with the remedy; None when it can. Only looks."""
        ...


@runtime_checkable
class MayBeLost(Protocol):
    """Keeps records of what runs where it may never be reached again."""

    def forget(self, name: str, *, fence: int) -> tuple[str, ...]:
        """Removes what is in reach of a service, and all that is kept here of it. One that is absent is fine.

        What could not be reached, and so may be left there, in words for people.
        """
        ...


@runtime_checkable
class Gauges(Protocol):
    """Can say what a revision takes of the machine."""

    def memory_bytes(self, name: str, revision_id: str) -> int | None:
        """What its processes hold now, without the page cache; None when it cannot be told. Raises ServiceNotFound."""
        ...

    def threads(self, name: str, revision_id: str) -> int | None:
        """How many its processes have now, all together; None when it cannot be told. Raises ServiceNotFound."""
        ...


@runtime_checkable
class Complains(Protocol):
    """Can say what went wrong inside a revision."""

    def complaint(self, name: str, revision_id: str) -> str | None:
        """The last error in its log, in one line, the script's own where there is one; None when nothing went wrong.
        Raises ServiceNotFound."""
        ...


@runtime_checkable
class Mirrors(Protocol):
    """Honours `Traffic.mirror`, and counts mirrored requests apart from answered ones."""

    def mirror_stats(self, name: str) -> Mapping[str, RevisionStats]:
        """By revision id; only revisions that requests are or were mirrored to. Raises ServiceNotFound."""
        ...


def load(kind: str, state: MachineState) -> Target:
    """Imports the module of that name, and with it whatever SDK it needs. Raises ConfigError for an unknown kind."""
    known = known_kinds()
    if kind not in known:
        raise ConfigError(f"target {kind!r} is unknown; the targets are: {', '.join(known)}")
    module = importlib.import_module(f"shipway.targets.{kind}")
    target: Target = module.make_target(state)
    return target


def known_kinds() -> tuple[str, ...]:
    names = (module.name for module in pkgutil.iter_modules([str(Path(__file__).parent)]))
    return tuple(sorted(name for name in names if name not in _NOT_KINDS and not name.startswith("_")))


def wait(  # noqa: PLR0913 - clock and sleep are only given by tests
    target: Target,
    name: str,
    revision_id: str | None,
    *,
    until: ServiceState,
    deadline_s: float,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> ServiceStatus:
    """Waits for a revision, or for the whole service when `revision_id` is None. `clock` is monotonic seconds.

    Raises TargetError with the last status and the last log lines after `deadline_s`, and at once when the thing has
    failed; ServiceNotFound when there is nothing to wait for. A target that does not answer is asked again.
    """
    began = clock()
    pause_s = 0.05
    while True:
        status = _look(target, name, revision_id)
        waited_s = clock() - began
        if status is not None and status.state is until:
            return status
        if status is not None and status.state is ServiceState.ABSENT:
            raise ServiceNotFound(f"WebserviceNotFound: {_what(name, revision_id)} does not exist; deploy it first")
        if (status is not None and status.state is ServiceState.FAILED) or waited_s >= deadline_s:
            raise TargetError(_why_not(target, name, revision_id, status, until, waited_s))
        sleep(min(pause_s, max(deadline_s - waited_s, 0.0)))
        pause_s = min(pause_s * 1.25, 2.0)


def _look(target: Target, name: str, revision_id: str | None) -> ServiceStatus | None:
    try:
        if revision_id is None:
            return target.status(name)
        service = target.find(name)
    except TargetUnavailable:
        return None
    revision = service.revision(revision_id) if service else None
    if revision is None:
        return replace(target.status(name), state=ServiceState.ABSENT, native="absent", message="")
    return revision.status


def _why_not(
    target: Target,
    name: str,
    revision_id: str | None,
    status: ServiceStatus | None,
    until: ServiceState,
    waited_s: float,
) -> str:
    if status is None:
        return f"{_what(name, revision_id)}: the {target.kind} target did not answer for {waited_s:.0f} s; try again"
    if status.state is ServiceState.FAILED and status.message:  # the reason, which its log would only say at length
        return f"{_what(name, revision_id)} has failed: {status.message}"
    message = f": {status.message}" if status.message else ""
    text = (
        f"{_what(name, revision_id)} is {status.state} ({status.native}{message} after {waited_s:.0f} s), not {until}"
    )
    lines = last_log_lines(target, name, revision_id)
    return f"{text}; its last log lines: {' | '.join(lines)}" if lines else f"{text}; it has logged nothing"


def last_log_lines(target: Target, name: str, revision_id: str | None) -> tuple[str, ...]:
    """A few, for an error's text; none when they cannot be had."""
    try:
        lines = [line.strip() for line in target.logs(name, revision_id=revision_id, tail=_LOG_LINES_IN_ERRORS)]
    except TargetError:
        return ()
    return tuple(line[:_LOG_LINE_LENGTH] for line in lines if line)


def _what(name: str, revision_id: str | None) -> str:
    return f"service {name}" if revision_id is None else f"revision {revision_id} of service {name}"
