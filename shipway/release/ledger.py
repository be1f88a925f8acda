"""A service's ledger: which models, image and config served it at any time, who approved, and what was turned away.

Append-only and hash-chained. Who is champion is never stored anywhere else: it is what the ledger amounts to.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from shipway.domain.canonical import Plain
from shipway.errors import TargetError
from shipway.store.codec import decode, encode
from shipway.store.journal import Journal
from shipway.store.workspace import Workspace


class Event(StrEnum):
    """PROMOTED and REVERTED change the champion, RETIRED leaves none; the others record what was turned away."""

    PROMOTED = "promoted"
    REVERTED = "reverted"
    ROLLED_BACK = "rolled_back"
    REFUSED = "refused"
    RETIRED = "retired"


@dataclass(frozen=True, kw_only=True)
class LedgerEntry:
    """One line of history. `models` maps ids to digests; `journal_head` is the hash of the release's last journal entry
    at that time, so that a journal cut short later is noticed.
    """

    event: Event
    release_id: str
    revision_id: str
    target: str
    models: Mapping[str, str]
    image_digest: str
    config_digest: str
    approver: str
    reason: str
    journal_head: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class InService:
    """`champion` is the promotion of the revision that serves: what it is. `act` is the entry that put it there: since
    when it serves, who wanted it and why. The same entry, unless traffic went back to the revision.
    """

    champion: LedgerEntry
    act: LedgerEntry

    @property
    def revision_id(self) -> str:
        return self.champion.revision_id


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What a ledger amounts to: `champions` are the entries that took the traffic, the one in service last.

    `act` is the last entry that changed who that is.
    """

    champions: tuple[LedgerEntry, ...] = ()
    act: LedgerEntry | None = None

    @property
    def champion(self) -> LedgerEntry | None:
        return self.champions[-1] if self.champions else None

    @property
    def previous(self) -> LedgerEntry | None:
        return self.champions[-2] if len(self.champions) > 1 else None

    @property
    def in_service(self) -> InService | None:
        if self.champion is None or self.act is None:
            return None
        return InService(champion=self.champion, act=self.act)

    def after(self, entry: LedgerEntry) -> "Standing":
        match entry.event:
            case Event.PROMOTED:
                return Standing(champions=(*self.champions, entry), act=entry)
            case Event.REVERTED:
                return Standing(champions=self.champions[:-1], act=entry)
            case Event.RETIRED:
                return Standing()
            case Event.ROLLED_BACK | Event.REFUSED:
                return self


def standing_of(entries: Iterable[LedgerEntry]) -> Standing:
    standing = Standing()
    for entry in entries:
        standing = standing.after(entry)
    return standing


def standings(entries: Iterable[LedgerEntry]) -> Iterator[tuple[LedgerEntry, Standing]]:
    """Each entry, oldest first, with what the ledger amounted to once it was written."""
    standing = Standing()
    for entry in entries:
        standing = standing.after(entry)
        yield entry, standing


@dataclass(frozen=True)
class Ledger:
    """The ledger of one service in a workspace."""

    journal: Journal
    service: str = field(default="")

    def entries(self) -> tuple[LedgerEntry, ...]:
        """Oldest first. Raises StoreCorrupt, naming the entry, when the chain is broken."""
        return tuple(decode(LedgerEntry, dict(entry.data)) for entry in self.journal.entries())

    def standing(self) -> Standing:
        return standing_of(self.entries())

    def at(self, moment: datetime) -> InService | None:
        """Who served at a moment; None before the first promotion and after retirement."""
        return standing_of(e for e in self.entries() if e.at <= moment).in_service

    def append(self, entry: LedgerEntry) -> None:
        """Safe to repeat: an event of a release that is already there is not written again.

        Times never go back, whatever the clock does: `at` could not tell who served.
        """
        entries = self.entries()
        if any(e.release_id == entry.release_id and e.event is entry.event for e in entries):
            return
        entry = replace(entry, at=max([entry.at, *(e.at for e in entries[-1:])]))
        self.journal.append(_document(entry), at=entry.at)


def ledger_of(workspace: Workspace, service: str) -> Ledger:
    return Ledger(journal=workspace.journal(f"services/{service}/ledger"), service=service)


def not_here(champion: LedgerEntry, service: str) -> TargetError:
    """A target that lacks what the ledger says is in service there: as on another machine, or with other state."""
    return TargetError(
        f"service {service} is in service by its ledger, but target {champion.target} has none of it here; do this on "
        "the machine (and with the XDG_STATE_HOME) where it was released, or write it off with "
        f"`shipway service delete -n {service} --lost`"
    )


def services_of(workspace: Workspace) -> tuple[str, ...]:
    """Every service that has a ledger here, retired ones too."""
    return workspace.records.names("services")


def _document(entry: LedgerEntry) -> dict[str, Plain]:
    document = encode(entry)
    assert isinstance(document, dict)
    return document
