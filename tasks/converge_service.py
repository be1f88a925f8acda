"""converge_service: the target is made to agree with the ledger, after a crash between the two."""

from prefect import task

from shipway.release import operations
from shipway.release.operations import Operator, Settled
from shipway.store.workspace import open_workspace
from shipway.tasks.policy import ACTING


@task(name="converge_service", task_run_name="converge_service {service}", **ACTING)
def converge_service(workspace: str, service: str, operation_id: str) -> Settled:
    """Safe to repeat: where both agree, nothing is done."""
    operator = Operator(
        workspace=open_workspace(workspace), operation_id=operation_id, approver="reconcile", reason="reconcile"
    )
    return operations.settle(operator, service)
