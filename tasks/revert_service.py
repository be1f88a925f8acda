"""revert_service: all traffic back to the revision before."""

from prefect import task
from prefect.artifacts import create_markdown_artifact

from shipway.release import operations
from shipway.release.operations import Operator, Reverted
from shipway.store.workspace import open_workspace
from shipway.tasks.policy import ACTING, show


@task(name="revert_service", task_run_name="revert_service {service}", **ACTING)
def revert_service(workspace: str, service: str, operation_id: str, approver: str, reason: str) -> Reverted:
    """Safe to repeat with the same operation id."""
    operator = Operator(
        workspace=open_workspace(workspace), operation_id=operation_id, approver=approver, reason=reason
    )
    reverted = operations.revert(operator, service)
    show(
        create_markdown_artifact,
        f"`{service}` went back from `{reverted.from_revision}` to `{reverted.to_revision}`: {reason}",
        key="reverted",
        description="What was rolled back",
    )
    return reverted
