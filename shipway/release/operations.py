"""What an operator does to a service outside a release: back to the revision before, away with it, up again.

The ledger is the decision and is written first; `converge` makes the target agree with it, now or after a crash.
"""

import logging
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime

from shipway.domain.names import service_name_fault
from shipway.domain.service import Revision, Service, ServiceState, Traffic
from shipway.errors import ReleaseError, ServiceNotFound, TargetError
from shipway.machine.state import MachineState, machine_state
from shipway.registry.models import Registry
from shipway.release.collected import collect_rows
from shipway.release.details import forget_details
from shipway.release.ledger import Event, InService, Ledger, LedgerEntry, ledger_of, not_here, services_of
from shipway.release.lost import forget_unfinished, require_within_reach, told_how_to_write_off
from shipway.release.open_releases import lease_name, open_release, refuse_if_open
from shipway.release.promote import splitting
from shipway.release.run import REAL_TOOLS, Tools
from shipway.store.lease import Holder, Lease, acquire, check_fence, kept
from shipway.store.workspace import Workspace
from shipway.targets.base import MayBeLost

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Operator:
    """Who does it, where, and under which id it is found in the ledger again."""

    workspace: Workspace
    operation_id: str
    approver: str
    reason: str
    tools: Tools = REAL_TOOLS

    @property
    def machine(self) -> MachineState:
        return machine_state(self.workspace.url)


@dataclass(frozen=True, kw_only=True)
class Reverted:
    """All traffic went from one revision back to the one before."""

    service: str
    target: str
    from_revision: str
    to_revision: str
    scoring_uri: str


@dataclass(frozen=True, kw_only=True)
class Retired:
    """A service that is gone, with its `revisions`.

    Of a lost one, `left` is what may still run where it could not be reached, and `unfinished` a release to be undone.
    """

    service: str
    target: str
    revisions: tuple[str, ...]
    left: tuple[str, ...] = ()
    unfinished: str | None = None


@dataclass(frozen=True, kw_only=True)
class Settled:
    """A service whose target agrees with its ledger; `champion` is None when nothing is in service."""

    service: str
    champion: str | None


def revert(operator: Operator, service: str) -> Reverted:
    """Moves all traffic to the revision before, which stayed up for this. Safe to repeat with the same operation id.

    One that was killed before it moved the traffic is finished, not followed by another. Raises ReleaseError when there
    is none before, TargetError when that is gone or does not run, LeaseHeld when a release is under way.
    """
    with _holding(operator, service) as lease:
        ledger = ledger_of(operator.workspace, service)
        done = _entry_of(ledger, operator.operation_id, Event.REVERTED)
        entry = done or _interrupted(operator, ledger) or _decide_revert(operator, ledger)
        _append(operator, lease, ledger, entry)
        found = converge(operator, service, lease.fence)
        champion = ledger.standing().champion
        assert champion is not None
        assert found is not None
        return Reverted(
            service=service,
            target=champion.target,
            from_revision=entry.revision_id,
            to_revision=champion.revision_id,
            scoring_uri=found.scoring_uri,
        )


def retire(operator: Operator, service: str, *, lost: bool = False) -> Retired:
    """Deletes a service: gateway, revisions, its hold on models, what was said of it. Safe to repeat.

    One that is given up as `lost` is written off also where its target has none of it, or cannot be reached, and though
    a release of it was interrupted. Raises ServiceNotFound when there never was one, LeaseHeld when a release is under
    way, TargetError, and ReleaseError in the cases above.
    """
    with _holding(operator, service, lost=lost) as lease:
        ledger = ledger_of(operator.workspace, service)
        standing, unfinished = ledger.standing(), open_release(operator.workspace, service) if lost else None
        if not ledger.entries():
            if unfinished is None:
                raise _not_found(operator.workspace, service)
            left = forget_unfinished(operator.workspace, operator.tools, unfinished, fence=lease.fence)
            return Retired(service=service, target="", revisions=(), left=left, unfinished=unfinished)
        target = _last_target(ledger)
        if not target and not lost:
            raise ServiceNotFound(
                f"WebserviceNotFound: service {service} was never deployed: what was to be released was refused; "
                "nothing is left to delete"
            )
        if not lost:
            with told_how_to_write_off(service):
                require_within_reach(operator.tools.load_target(target, operator.machine), service)
        found = _find(operator, target, service)
        if standing.champion is not None:
            if found is None and not lost:
                raise not_here(standing.champion, service)
            _append(operator, lease, ledger, _entry(operator, standing.champion, Event.RETIRED))
        left = _take_away(operator, ledger, lease.fence, lost=lost)
        if unfinished is not None:
            left += forget_unfinished(operator.workspace, operator.tools, unfinished, fence=lease.fence)
        forget_details(operator.workspace, service)
        revisions = tuple(revision.revision_id for revision in found.revisions) if found else ()
        collect_rows(operator.workspace, operator.machine, machine=platform.node())
        return Retired(service=service, target=target, revisions=revisions, left=left, unfinished=unfinished)


def settle(operator: Operator, service: str) -> Settled:
    """`converge` under the service's lease, which is not taken where both agree: who reconciles every minute would turn
    away the releases that begin just then. Raises LeaseHeld when somebody works on it."""
    ledger = ledger_of(operator.workspace, service)
    champion = ledger.standing().champion
    if champion is None or not _is_followed(operator, service, champion):
        with _holding(operator, service) as lease:
            converge(operator, service, lease.fence)
            champion = ledger.standing().champion
    return Settled(service=service, champion=champion.revision_id if champion else None)


def converge(operator: Operator, service: str, fence: int) -> Service | None:
    """Makes the target agree with the ledger: all traffic on the champion, nothing left of a service without one.

    Only while no release of the service is open, for a release moves traffic before the ledger knows. Safe to repeat.
    """
    ledger = ledger_of(operator.workspace, service)
    champion = ledger.standing().champion
    if champion is None:
        _take_away(operator, ledger, fence)
        return None
    target = operator.tools.load_target(champion.target, operator.machine)
    found = target.find(service)
    if found is None:
        raise not_here(champion, service)
    if found.traffic.weight_of(champion.revision_id) == 100:
        return found
    log.info("traffic: %s 100 %%", champion.revision_id)
    splitting(target, service).set_traffic(service, Traffic.all_to(champion.revision_id), fence=fence)
    return target.find(service)


def history(workspace: Workspace, service: str) -> tuple[LedgerEntry, ...]:
    """Raises ServiceNotFound, naming the services there are."""
    entries = () if service_name_fault(service) else ledger_of(workspace, service).entries()
    if not entries:
        raise _not_found(workspace, service)
    return entries


def served_at(workspace: Workspace, service: str, moment: datetime) -> InService | None:
    """Who served at a moment, and by which act; None when nobody did. Raises ServiceNotFound."""
    history(workspace, service)
    return ledger_of(workspace, service).at(moment)


@contextmanager
def _holding(operator: Operator, service: str, *, lost: bool = False) -> Iterator[Lease]:
    _require_known(operator.workspace, service)
    records = operator.workspace.records
    lease = acquire(records, lease_name(service), Holder.here(operator.operation_id), now=operator.tools.clock())
    with kept(records, lease, clock=operator.tools.clock):
        if not lost:
            refuse_if_open(operator.workspace, service, besides=operator.operation_id)
        yield lease


def _require_known(workspace: Workspace, service: str) -> None:
    """So that no lease is written for a service that there is not."""
    if service_name_fault(service) or open_release(workspace, service) is None:
        history(workspace, service)


def _append(operator: Operator, lease: Lease, ledger: Ledger, entry: LedgerEntry) -> None:
    check_fence(operator.workspace.records, lease.name, lease.fence)
    ledger.append(entry)


def _interrupted(operator: Operator, ledger: Ledger) -> LedgerEntry | None:
    """A revert that the ledger has and the target has not followed."""
    entries, champion = ledger.entries(), ledger.standing().champion
    if champion is None or entries[-1].event is not Event.REVERTED:
        return None
    return None if _is_followed(operator, ledger.service, champion) else entries[-1]


def _is_followed(operator: Operator, service: str, champion: LedgerEntry) -> bool:
    """Whether all traffic goes where the ledger says."""
    found = _find(operator, champion.target, service)
    return found is not None and found.traffic.weight_of(champion.revision_id) == 100


def _decide_revert(operator: Operator, ledger: Ledger) -> LedgerEntry:
    standing = ledger.standing()
    if standing.champion is None:
        raise _not_found(operator.workspace, ledger.service)
    previous = standing.previous
    if previous is None:
        raise ReleaseError(
            f"service {ledger.service} has no revision before {standing.champion.revision_id} to go back to; "
            f"release an older model, or `shipway service delete -n {ledger.service}`"
        )
    _require_up(_find(operator, previous.target, ledger.service), ledger.service, previous)
    return _entry(operator, standing.champion, Event.REVERTED)


def _require_up(service: Service | None, name: str, previous: LedgerEntry) -> Revision:
    revision = service.revision(previous.revision_id) if service else None
    if revision is None:
        models = ", ".join(previous.models)
        raise TargetError(
            f"revision {previous.revision_id} of service {name} is not kept any more; release its model again: {models}"
        )
    stopped = revision.status.native == "stopped"
    if stopped or revision.status.state is ServiceState.FAILED:
        how = "is stopped" if stopped else f"has failed: {revision.status.message}"
        raise TargetError(
            f"revision {previous.revision_id} of service {name} {how}; "
            "nothing was changed: start it with `shipway up` first"
        )
    return revision


def _entry(operator: Operator, about: LedgerEntry, event: Event) -> LedgerEntry:
    return replace(
        about,
        event=event,
        release_id=operator.operation_id,
        approver=operator.approver,
        reason=operator.reason,
        at=operator.tools.clock(),
    )


def _entry_of(ledger: Ledger, operation_id: str, event: Event) -> LedgerEntry | None:
    return next((e for e in ledger.entries() if e.release_id == operation_id and e.event is event), None)


def _take_away(operator: Operator, ledger: Ledger, fence: int, *, lost: bool = False) -> tuple[str, ...]:
    """What may be left of a lost one where it could not be reached.

    The target that has it comes first: the others, which a release was refused by, say, would find another's service.
    """
    left: list[str] = []
    kinds = {entry.target for entry in ledger.entries() if entry.target}
    for kind in sorted(kinds, key=lambda kind: (_find(operator, kind, ledger.service) is None, kind)):
        target = operator.tools.load_target(kind, operator.machine)
        if lost and isinstance(target, MayBeLost):
            left += target.forget(ledger.service, fence=fence)
        else:
            with told_how_to_write_off(ledger.service):
                target.delete(ledger.service, fence=fence)
    Registry(operator.workspace).release_uses(service=ledger.service)
    return tuple(left)


def _last_target(ledger: Ledger) -> str:
    """The champion's, or where it was last; empty when every release was refused before it had chosen one."""
    champion = ledger.standing().champion
    return champion.target if champion else next((e.target for e in reversed(ledger.entries()) if e.target), "")


def _find(operator: Operator, kind: str, service: str) -> Service | None:
    return operator.tools.load_target(kind, operator.machine).find(service) if kind else None


def _not_found(workspace: Workspace, service: str) -> ServiceNotFound:
    known = ", ".join(services_of(workspace)) or "none"
    return ServiceNotFound(
        f"WebserviceNotFound: no service {service!r} in {workspace.url}; services: {known}; see `shipway service list`"
    )
