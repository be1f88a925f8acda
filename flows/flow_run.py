"""Which flow run a release is in, and what Prefect's lists show of it. Prefect is a view: where it is gone, a release
goes on without.
"""

from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.objects import FlowRun
from prefect.context import FlowRunContext
from prefect.exceptions import ObjectNotFound
from prefect.states import Crashed

from shipway.errors import RecordMissing
from shipway.store.workspace import Workspace
from shipway.tasks.policy import show


def this_run() -> FlowRun:
    """As it was when it started. Only within a flow."""
    context = FlowRunContext.get()
    assert context is not None
    assert context.flow_run is not None
    return context.flow_run


def this_client() -> SyncPrefectClient:
    """The one that the flow has open: another would load its certificates first. Only within a flow, in its thread."""
    context = FlowRunContext.get()
    assert context is not None
    assert isinstance(context.client, SyncPrefectClient)
    return context.client


def take_over(workspace: Workspace, release_id: str) -> None:
    """Notes which run a release is in now. A run of before, whose process died, would be shown as running for ever."""
    before, mine = last_run(workspace, release_id), this_run().id
    if before is not None and before != mine:
        show(_mark_crashed, before, release_id)
    workspace.records.put(_key(release_id), {"flow_run_id": str(mine)})


def last_run(workspace: Workspace, release_id: str) -> UUID | None:
    """The run that a release was in last."""
    try:
        document = workspace.records.read(_key(release_id))
    except RecordMissing:
        return None
    assert isinstance(document, dict)
    return UUID(str(document["flow_run_id"]))


def call(name: str) -> None:
    """Gives this run a name that its parameters did not say."""
    show(_update, name=name)


def tag(*tags: str) -> None:
    """Adds tags to this run, by which Prefect's lists can be filtered."""
    run = this_run()
    run.tags = [*run.tags, *(tag for tag in tags if tag not in run.tags)]
    show(_update, tags=run.tags)


def asked_by(user: str) -> str:
    """Who asked, for the ledger. A Prefect server knows no users: it is the worker's, with the way that was taken."""
    return f"{user}, by a schedule in Prefect" if this_run().auto_scheduled else f"{user}, in Prefect"


def _update(name: str | None = None, tags: list[str] | None = None) -> None:
    this_client().update_flow_run(this_run().id, name=name, tags=tags)


def _mark_crashed(flow_run_id: UUID, release_id: str) -> None:
    try:
        state = this_client().read_flow_run(flow_run_id).state
    except ObjectNotFound:  # a server of before, or another machine's
        return
    if state is not None and not state.is_final():
        message = f"its process died; release {release_id} goes on in run {this_run().id}"
        this_client().set_flow_run_state(flow_run_id, Crashed(message=message), force=True)


def _key(release_id: str) -> str:
    return f"releases/{release_id}/flow-run"
