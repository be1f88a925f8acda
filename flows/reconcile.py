"""The reconciliation: what dead processes left is finished or undone."""

from datetime import UTC, datetime

from prefect import flow, runtime

from shipway.errors import ShipwayError
from shipway.flows.release import release
from shipway.release.reconcile import settled_services, stranded
from shipway.store.workspace import open_workspace
from shipway.tasks.converge_service import converge_service


@flow(name="reconcile", flow_run_name="reconcile")
def reconcile(workspace: str) -> dict[str, str]:
    """Goes on with every release that nobody works on any more, then makes the other services agree with their ledger.

    What became of each release, or the revision that each service stands on, by name.

    Args:
        workspace: Where the releases are kept, as a URL
    """
    opened = open_workspace(workspace)
    became: dict[str, str] = {}
    for left in stranded(opened, datetime.now(UTC)):
        became[left.release_id] = release(workspace, left.release_id, left.service, return_state=True).message or ""
    for service in settled_services(opened, datetime.now(UTC)):
        became[service] = _settle(workspace, service)
    return became


def _settle(workspace: str, service: str) -> str:
    """One that cannot be settled, such as another machine's, hides no other: its task says why, and so does this."""
    try:
        settled = converge_service(workspace, service, f"reconcile-{runtime.flow_run.id}")
    except ShipwayError as error:
        return str(error)
    return settled.champion or "nothing in service"
