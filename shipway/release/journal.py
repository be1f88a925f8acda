"""A release's journal: the store's chain of entries, read as steps."""

from shipway.errors import StoreCorrupt
from shipway.release.steps import Kind, Step, StepEntry
from shipway.store.journal import Entry, Journal
from shipway.store.workspace import Workspace


def journal_of(workspace: Workspace, release_id: str) -> Journal:
    return workspace.journal(f"releases/{release_id}/journal")


def step_entries(journal: Journal) -> tuple[StepEntry, ...]:
    """Raises StoreCorrupt when the chain is broken."""
    return tuple(_step_entry(entry) for entry in journal.entries())


def _step_entry(entry: Entry) -> StepEntry:
    """Raises StoreCorrupt, naming the entry, for a document that a release does not write."""
    match dict(entry.data):
        case {"step": str(step), "kind": str(kind), "fence": int(fence), "attempt": int(attempt), "data": dict(data)}:
            return StepEntry(step=Step(step), kind=Kind(kind), fence=fence, attempt=attempt, at=entry.at, data=data)
        case other:
            raise StoreCorrupt(f"journal entry {entry.seq} is no step of a release: {other}")
