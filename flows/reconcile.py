"""The reconciliation: what dead processes left is finished or undone."""

from typing import Any

from prefect import flow, runtime
from prefect.client.schemas.objects import State
from prefect.states import Completed

from shipway.errors import ShipwayError
from shipway.flows.cancellation import why_cancelled
from shipway.flows.flow_run import last_run
from shipway.flows.outcome import skipped_state
from shipway.flows.parameters import WorkspaceUrl
from shipway.flows.release import go_on
from shipway.flows.schedule import overtaken
from shipway.release.reconcile import Stranded, settled_services, stranded
from shipway.release.run import utc_now
from shipway.store.workspace import Workspace, open_workspace
from shipway.tasks.converge_service import converge_service


@flow(name="reconcile", flow_run_name="reconcile")
def reconcile(workspace: WorkspaceUrl) -> State[Any]:
    """Goes on with every release that nobody works on any more, or undoes it when its run was cancelled; then makes the
    other services agree with their ledger.

    What became of each release, or the revision that each service stands on, by name.

    Args:
        workspace: Where releases are kept, as a URL. Set by `shipway up --worker`; leave it as it is.
    """
    if why := overtaken(utc_now()):
        return skipped_state(why)
    opened = open_workspace(workspace)
    became = {left.release_id: _go_on(opened, left) for left in stranded(opened, utc_now())}
    for service in settled_services(opened, utc_now()):
        became[service] = _settle(workspace, service)
    told = "; ".join(f"{name}: {what}" for name, what in became.items())
    return Completed(message=told or "no service, and no release that was left", data=became)


def _go_on(workspace: Workspace, left: Stranded) -> str:
    run_id = last_run(workspace, left.release_id)
    undo = why_cancelled(run_id) if run_id else ""
    state = go_on(workspace.url, left.release_id, left.service, undo, return_state=True)
    return state.message or state.name or ""


def _settle(workspace: str, service: str) -> str:
    """One that cannot be settled, such as another machine's, hides no other: its task says why, and so does this."""
    try:
        settled = converge_service(workspace, service, f"reconcile-{runtime.flow_run.id}")
    except ShipwayError as error:
        return str(error)
    return settled.champion or "nothing in service"
