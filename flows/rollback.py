"""The rollback: a service goes back to the revision before, which stayed up for this."""

import getpass

from prefect import flow, runtime

from shipway.release.operations import Reverted
from shipway.tasks.revert_service import revert_service


@flow(name="rollback", flow_run_name="rollback {service}")
def rollback(workspace: str, service: str, reason: str = "") -> Reverted:
    """Moves all traffic of a service to the revision before.

    Args:
        workspace: Where the service's ledger is, as a URL
        service: Which service
        reason: Why; it stands in the ledger
    """
    operation_id = f"rollback-{runtime.flow_run.id}"
    return revert_service(workspace, service, operation_id, getpass.getuser(), reason)
