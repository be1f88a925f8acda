"""Finds what a dead process left: releases that nobody works on, services that are not as their ledger says."""

import logging
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from shipway.errors import StoreCorrupt
from shipway.machine.state import machine_state
from shipway.release.ledger import services_of
from shipway.release.log import log_path
from shipway.release.open_releases import lease_name, open_release
from shipway.store.holder import Holder
from shipway.store.lease import Lease, current, last_holder
from shipway.store.workspace import Workspace

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Stranded:
    """A release that was begun, has not ended, and has no living holder."""

    service: str
    release_id: str


def stranded(workspace: Workspace, now: datetime) -> tuple[Stranded, ...]:
    """What to resume on this machine. Reads only.

    Services are of one machine: what was begun on another is left to that one, which may only be asleep. Here its
    revisions could be neither finished nor undone.
    """
    found = ((service, release_id) for service, release_id in _open_releases(workspace) if release_id is not None)
    left = (
        Stranded(service=service, release_id=release_id)
        for service, release_id in found
        if _holder(workspace, service, now) is None
    )
    return tuple(each for each in left if _is_of_this_machine(workspace, each))


def settled_services(workspace: Workspace, now: datetime) -> tuple[str, ...]:
    """Services without an open release or a holder: those whose target `converge` may make agree with the ledger."""
    return tuple(
        service
        for service, release_id in _open_releases(workspace)
        if release_id is None and _holder(workspace, service, now) is None
    )


def _open_releases(workspace: Workspace) -> Iterator[tuple[str, str | None]]:
    """By service. One whose journal is broken is for a person to look at, and hides no other."""
    for service in services_of(workspace):
        try:
            yield service, open_release(workspace, service)
        except StoreCorrupt as error:
            log.warning("service %s is left alone: %s", service, error)


def _is_of_this_machine(workspace: Workspace, left: Stranded) -> bool:
    """By who held it last; a machine whose name has changed has its log still."""
    last = last_holder(workspace.records, lease_name(left.service))
    if last is None or _is_here(last, left.release_id):
        return True
    if log_path(machine_state(workspace.url), left.release_id).exists():
        return True
    log.info(
        "release %s of %s was begun on another machine (%s worked on the service last) and is left to that one; if it "
        "is gone for good: shipway release abort %s",
        left.release_id,
        left.service,
        last.host,
        left.release_id,
    )
    return False


def _is_here(last: Holder, release_id: str) -> bool:
    return last.release_id == release_id and last.host == socket.gethostname()


def _holder(workspace: Workspace, service: str, now: datetime) -> Lease | None:
    return current(workspace.records, lease_name(service), now=now)
