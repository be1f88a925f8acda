"""The rollback: a service goes back to the revision before, which stayed up for this."""

import getpass
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed

from shipway.errors import ShipwayError
from shipway.flows.flow_run import asked_by, tag, this_run
from shipway.flows.outcome import refused_state
from shipway.flows.parameters import ServiceName, WorkspaceUrl
from shipway.tasks.revert_service import revert_service


@flow(name="rollback", flow_run_name="rollback {service}")
def rollback(service: ServiceName, reason: str = "", *, workspace: WorkspaceUrl) -> State[Any]:
    """Moves all traffic of a service to the revision before.

    Args:
        service: Which service, by its name. `shipway service list` names them.
        reason: Why. It stands in the service's ledger.
        workspace: Where the service's ledger is, as a URL. Set by `shipway up --worker`; leave it as it is.
    """
    tag(f"svc:{service}")
    try:
        done = revert_service(workspace, service, f"rollback-{this_run().id}", asked_by(getpass.getuser()), reason)
    except ShipwayError as error:
        return refused_state(error)
    message = (
        f"{service} went back from {done.from_revision} to {done.to_revision}, which answers at {done.scoring_uri}"
    )
    return Completed(message=message, data=done)
