"""What there is of a service: on its target, in its ledger, and of the release that is under way."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from shipway.domain.service import Revision, Service, ServiceState
from shipway.errors import ReleaseNotFound, TargetUnavailable
from shipway.release.details import failed_release
from shipway.release.inputs import read_inputs
from shipway.release.ledger import Event, LedgerEntry, ledger_of
from shipway.release.open_releases import open_release
from shipway.release.report import ReleaseReport, release_ids, report_of
from shipway.store.workspace import Workspace as Store
from shipway.targets.base import Target, known_kinds, load

if TYPE_CHECKING:
    from shipway.azureml.workspace import Workspace


class LocalState(StrEnum):
    """v1's words for local services, which it wrote in lower case (L-1)."""

    DEPLOYING = "deploying"
    RUNNING = "running"
    FAILED = "failed"
    DELETED = "deleted"
    UNKNOWN = "unknown"


INTERRUPTED, NOT_BEGUN = "interrupted", "not begun"
"""Of a report's `standing`: nobody carries the release out."""

_TURNED_AWAY = frozenset({Event.REFUSED, Event.ROLLED_BACK})

_OPERATIONS = {
    LocalState.DEPLOYING: "Running",
    LocalState.RUNNING: "Succeeded",
    LocalState.FAILED: "Failed",
    LocalState.DELETED: "Cancelled",
    LocalState.UNKNOWN: "NotStarted",
}


@dataclass(frozen=True, kw_only=True)
class Standing:
    """`report` is of the release that this is about, or that is under way; None when there is none."""

    service: Service | None
    target: Target | None
    entries: tuple[LedgerEntry, ...]
    champion: LedgerEntry | None
    report: ReleaseReport | None

    @property
    def revision(self) -> Revision | None:
        """The one in service."""
        if self.service is None or self.champion is None:
            return None
        return self.service.revision(self.champion.revision_id)

    @property
    def this_life(self) -> tuple[LedgerEntry, ...]:
        """What happened since the service was deleted last; of one that is deleted, all."""
        retired = [number for number, entry in enumerate(self.entries, start=1) if entry.event is Event.RETIRED]
        return self.entries[retired[-1] :] or self.entries if retired else self.entries

    @property
    def has_something_to_delete(self) -> bool:
        """A service whose releases were all refused has left nothing anywhere."""
        is_under_way = self.report is not None and not self.report.phase.ended
        return self.service is not None or self.champion is not None or is_under_way

    @property
    def failed_release(self) -> str | None:
        """The one that failed last, of a service that has nothing else: it was never up, or not since."""
        last = self.entries[-1] if self.entries else None
        return last.release_id if self.champion is None and last and last.event in _TURNED_AWAY else None

    @property
    def is_nothing(self) -> bool:
        return self.service is None and self.champion is None and self.report is None


def look(workspace: "Workspace", name: str, release_id: str | None = None) -> Standing:
    """Only looks. Raises StoreError. A target that does not answer has none of it."""
    store = workspace._store
    ledger = ledger_of(store, name)
    entries, champion = ledger.entries(), ledger.standing().champion
    release = release_id or open_release(store, name)
    target, service = _on_target(workspace, name)
    if release is None and service is None and not entries:
        release = _kept_release(workspace, name)
    if release is None and (failed := failed_release(store, name)) is not None:
        release = failed.release_id
    report = None
    if release is not None:
        with contextlib.suppress(ReleaseNotFound):  # one that was refused before it began is forgotten again
            report = report_now(store, release)
    return Standing(service=service, target=target, entries=entries, champion=champion, report=report)


def report_now(store: Store, release_id: str) -> ReleaseReport:
    """Raises ReleaseNotFound. A release writes its end before it lets go of its lease, and both are read one after the
    other: who seems to be interrupted may have ended in between, and is looked at once more."""
    report = report_of(store, release_id, now=datetime.now(UTC))
    return report_of(store, release_id, now=datetime.now(UTC)) if report.standing == INTERRUPTED else report


def names_of(workspace: "Workspace") -> tuple[str, ...]:
    """Of all services on this machine and of those in the ledgers of the workspace, retired ones left out."""
    store = workspace._store
    here = {service.name for target in targets_of(workspace) for service in _listed(target)}
    return tuple(sorted(here | {name for name in store.records.names("services") if _is_there(store, name)}))


def _is_there(store: Store, name: str) -> bool:
    ledger = ledger_of(store, name)
    if ledger.standing().champion is not None or open_release(store, name) is not None:
        return True
    failed = failed_release(store, name)
    return failed is not None and failed.release_id in release_ids(store)


def targets_of(workspace: "Workspace") -> Iterator[Target]:
    for kind in known_kinds():
        yield load(kind, workspace._state)


def state_of(standing: Standing, *, begun_here: bool, is_dead: bool = False) -> LocalState:
    """In v1's words. `begun_here` is whether the report's release was begun by whoever asks: it has failed then when
    that has, whatever served before. `is_dead` is whether the process is gone that was to carry it out."""
    report = standing.report
    if report is None and begun_here:  # refused before it began, and forgotten again
        return LocalState.FAILED
    if report is not None and not report.phase.ended and (begun_here or standing.champion is None):
        stopped = report.standing == INTERRUPTED or (is_dead and report.standing == NOT_BEGUN)
        return LocalState.FAILED if stopped else LocalState.DEPLOYING
    is_for_it = begun_here or standing.champion is None
    if report is not None and report.phase.ended and is_for_it and report.phase.value != "promoted":
        return LocalState.FAILED
    if standing.champion is None:
        return LocalState.DELETED if standing.entries else LocalState.UNKNOWN
    if standing.service is None:
        return LocalState.UNKNOWN
    return _of_service(standing.service.status.state)


def operation_of(state: LocalState) -> str:
    """v1's word for how far the last operation has come (contract section 14)."""
    return _OPERATIONS[state]


def _of_service(state: ServiceState) -> LocalState:
    match state:
        case ServiceState.HEALTHY:
            return LocalState.RUNNING
        case ServiceState.TRANSITIONING:
            return LocalState.DEPLOYING
        case ServiceState.FAILED | ServiceState.UNSCHEDULABLE:
            return LocalState.FAILED
        case ServiceState.UNHEALTHY | ServiceState.ABSENT:
            return LocalState.UNKNOWN


def _on_target(workspace: "Workspace", name: str) -> tuple[Target | None, Service | None]:
    for target in targets_of(workspace):
        with contextlib.suppress(TargetUnavailable):
            if (service := target.find(name)) is not None:
                return target, service
    return None, None


def _listed(target: Target) -> tuple[Service, ...]:
    try:
        return target.list()
    except TargetUnavailable:
        return ()


def _kept_release(workspace: "Workspace", name: str) -> str | None:
    """A release that is kept and not begun yet: nothing but its inputs says of which service it is."""
    store = workspace._store
    of_it = [release_id for release_id in release_ids(store) if read_inputs(store, release_id).service == name]
    return of_it[-1] if of_it else None
