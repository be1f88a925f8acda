"""Which release of a service is under way, and who works on it: one at a time for each service."""

from datetime import datetime

from shipway.errors import LeaseHeld, RecordMissing, ReleaseError
from shipway.release.journal import journal_of, step_entries
from shipway.release.steps import replay
from shipway.store.lease import current
from shipway.store.workspace import Workspace


def open_release(workspace: Workspace, service: str) -> str | None:
    """The release of a service that was begun and has not ended."""
    try:
        document = workspace.records.read(open_release_key(service))
    except RecordMissing:
        return None
    assert isinstance(document, dict)
    release_id = str(document["release_id"])
    ended = replay(step_entries(journal_of(workspace, release_id))).phase.ended
    return None if ended else release_id


def refuse_if_open(workspace: Workspace, service: str, *, besides: str) -> None:
    """Raises ReleaseError when another release of the service was interrupted: two could not be undone apart."""
    other = open_release(workspace, service)
    if other is not None and other != besides:
        raise ReleaseError(
            f"release {other} of service {service} was interrupted and has not ended; first `shipway release resume "
            f"{other}` to finish it, or `shipway release abort {other}` to undo it"
        )


def refuse_if_busy(workspace: Workspace, service: str, *, besides: str, now: datetime) -> None:
    """A quick look before any work is done; `hold` decides. Raises LeaseHeld, or ReleaseError as `refuse_if_open`."""
    held = current(workspace.records, lease_name(service), now=now)
    if held is not None:
        raise LeaseHeld(
            f"service {service} is in the hands of release {held.holder.release_id} (process {held.holder.pid} on "
            f"{held.holder.host}) until {held.expires_at:%Y-%m-%d %H:%M:%S} UTC, unless it renews; wait for it to end"
        )
    refuse_if_open(workspace, service, besides=besides)


def lease_name(service: str) -> str:
    return f"services/{service}"


def open_release_key(service: str) -> str:
    """Where a service says which release is under way; gone once that has ended."""
    return f"services/{service}/open-release"
