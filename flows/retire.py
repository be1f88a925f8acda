"""The retirement: a service is deleted, and the models that it used are free again."""

import getpass

from prefect import flow, runtime

from shipway.release.operations import Retired
from shipway.tasks.retire_service import retire_service


@flow(name="retire", flow_run_name="retire {service}")
def retire(workspace: str, service: str, reason: str = "") -> Retired:
    """Deletes a service with all its revisions.

    Args:
        workspace: Where the service's ledger is, as a URL
        service: Which service
        reason: Why; it stands in the ledger
    """
    operation_id = f"retire-{runtime.flow_run.id}"
    return retire_service(workspace, service, operation_id, getpass.getuser(), reason)
