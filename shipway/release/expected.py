"""Who must be in service when a release begins that was planned from what was: an update, a reload, a first deployment.

Between the plan and the first step another release may have ended; going on would undo it, and nobody would see.
"""

from shipway.errors import ReleaseError
from shipway.release.ledger import ledger_of
from shipway.store.workspace import Workspace


def refuse_if_changed(workspace: Workspace, service: str, expects: str | None) -> None:
    """`expects` is a revision, empty for none, None for whichever. Raises ReleaseError, with what to do."""
    if expects is None:
        return
    champion = ledger_of(workspace, service).standing().champion
    now = champion.revision_id if champion else ""
    if now == expects:
        return
    if not expects:
        raise ReleaseError(
            f"service {service} came into service meanwhile (revision {now}): say --overwrite (overwrite=True) to "
            "release these assets in its place, or give another name"
        )
    raise ReleaseError(
        f"service {service} changed since this was planned: revision {expects} was in service, and now "
        f"{now or 'nothing'} is; what would go on from {expects} would undo that: ask for it again"
    )
