"""What people say of a service beside what serves it: description, tags and properties (contract U-5).

No part of a release: they may change while one is under way, and change nothing about how the service behaves.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from shipway.domain.release import Details
from shipway.errors import ConfigError, RecordMissing
from shipway.release.ledger import Event, LedgerEntry, ledger_of
from shipway.store.codec import decode, encode
from shipway.store.workspace import Workspace

__all__ = [
    "NO_DETAILS",
    "Change",
    "Details",
    "changed",
    "details_of",
    "failed_release",
    "forget_details",
    "forget_failure",
    "forgotten_failure",
    "keep_details",
]

NO_DETAILS = Details()

_TURNED_AWAY = frozenset({Event.REFUSED, Event.ROLLED_BACK})


@dataclass(frozen=True, kw_only=True)
class Change:
    """`tags` replace all; None, and an empty description, say nothing (U-1)."""

    description: str | None = None
    tags: Mapping[str, str] | None = None
    add_tags: Mapping[str, str] = field(default_factory=dict)
    remove_tags: Collection[str] = ()
    add_properties: Mapping[str, str] = field(default_factory=dict)


def details_of(workspace: Workspace, service: str) -> Details:
    """Empty for a service of which nothing has been said, and for one that there is not."""
    try:
        return decode(Details, workspace.records.read(_key(service)))
    except RecordMissing:
        return NO_DETAILS


def keep_details(workspace: Workspace, service: str, details: Details) -> None:
    """Replaces what was said before; the last call wins. Raises ConfigError for what is not text."""
    for kind, pairs in (("tag", details.tags), ("property", details.properties)):
        for key, value in pairs.items():
            if not isinstance(key, str) or not isinstance(value, str):
                raise ConfigError(
                    f"service {service}: {kind} {key!r} has the value {value!r}, which is not text; quote it"
                )
    workspace.records.put(_key(service), encode(details))


def forget_details(workspace: Workspace, service: str) -> None:
    """Safe to repeat."""
    workspace.records.delete(_key(service))


def forget_failure(workspace: Workspace, service: str, release_id: str) -> None:
    """v1 had a service that never came up until somebody deleted it; the ledger has nothing to retire then. This says
    so of its last release. The last call wins."""
    workspace.records.put(_forgotten_key(service), {"release_id": release_id})


def forgotten_failure(workspace: Workspace, service: str) -> str | None:
    """The failed release of a service that was deleted last."""
    try:
        document = workspace.records.read(_forgotten_key(service))
    except RecordMissing:
        return None
    return str(document["release_id"]) if isinstance(document, dict) else None


def failed_release(workspace: Workspace, service: str) -> LedgerEntry | None:
    """The last thing that happened to a service that is not up, unless it was deleted since (contract section 14:
    Failed is a state that a service stays in, with its log)."""
    ledger = ledger_of(workspace, service)
    entries = ledger.entries()
    if not entries or entries[-1].event not in _TURNED_AWAY or ledger.standing().champion is not None:
        return None
    return None if forgotten_failure(workspace, service) == entries[-1].release_id else entries[-1]


def changed(details: Details, change: Change, *, service: str) -> Details:
    """Tags are removed before others are added: who names one in both gives it a new value. Raises ConfigError naming
    the properties that exist already: a property never changes."""
    if taken := sorted(details.properties.keys() & change.add_properties.keys()):
        raise ConfigError(
            f"service {service} has the properties {', '.join(taken)} already: they never change; "
            "use tags for what does"
        )
    tags = details.tags if change.tags is None else change.tags
    kept = {key: value for key, value in tags.items() if key not in change.remove_tags}
    return replace(
        details,
        description=change.description or details.description,
        tags={**kept, **change.add_tags},
        properties={**details.properties, **change.add_properties},
    )


def _key(service: str) -> str:
    return f"services/{service}/details"


def _forgotten_key(service: str) -> str:
    return f"services/{service}/forgotten"
