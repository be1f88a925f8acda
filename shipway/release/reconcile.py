"""Finds what a dead process left: releases that nobody works on, services that are not as their ledger says."""

from dataclasses import dataclass
from datetime import datetime

from shipway.release.ledger import services_of
from shipway.release.open_releases import lease_name, open_release
from shipway.store.lease import Lease, current
from shipway.store.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class Stranded:
    """A release that was begun, has not ended, and has no living holder."""

    service: str
    release_id: str


def stranded(workspace: Workspace, now: datetime) -> tuple[Stranded, ...]:
    """What to resume. Reads only."""
    found = ((service, open_release(workspace, service)) for service in services_of(workspace))
    return tuple(
        Stranded(service=service, release_id=release_id)
        for service, release_id in found
        if release_id is not None and _holder(workspace, service, now) is None
    )


def settled_services(workspace: Workspace, now: datetime) -> tuple[str, ...]:
    """Services without an open release or a holder: those whose target `converge` may make agree with the ledger."""
    return tuple(
        service
        for service in services_of(workspace)
        if open_release(workspace, service) is None and _holder(workspace, service, now) is None
    )


def _holder(workspace: Workspace, service: str, now: datetime) -> Lease | None:
    return current(workspace.records, lease_name(service), now=now)
