"""retire_service: a service, its gateway and its revisions are taken away."""

from prefect import task
from prefect.artifacts import create_markdown_artifact

from shipway.release import operations
from shipway.release.operations import Operator, Retired
from shipway.store.workspace import open_workspace
from shipway.tasks.policy import ACTING, show


@task(name="retire_service", task_run_name="retire_service {service}", **ACTING)
def retire_service(workspace: str, service: str, operation_id: str, approver: str, reason: str) -> Retired:
    """Safe to repeat: what is gone stays gone. Models are free again, and stay in the registry."""
    operator = Operator(
        workspace=open_workspace(workspace), operation_id=operation_id, approver=approver, reason=reason
    )
    retired = operations.retire(operator, service)
    show(
        create_markdown_artifact,
        f"`{service}` is gone from `{retired.target}`, with {len(retired.revisions)} revisions: {reason}",
        key="retired",
        description="What was taken away",
    )
    return retired
