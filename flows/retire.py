"""The retirement: a service is deleted, and the models that it used are free again."""

import getpass
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed

from shipway.domain.wording import counted
from shipway.errors import ConfigError, ShipwayError
from shipway.flows.flow_run import asked_by, tag, this_run
from shipway.flows.outcome import refused_state
from shipway.flows.parameters import ServiceName, WorkspaceUrl
from shipway.tasks.retire_service import retire_service


@flow(name="retire", flow_run_name="retire {service}")
def retire(service: ServiceName, confirm: str, reason: str = "", *, workspace: WorkspaceUrl) -> State[Any]:
    """Deletes a service with all its revisions. Its models stay in the registry.

    Args:
        service: Which service, by its name. `shipway service list` names them.
        confirm: The same name again, for what is deleted does not come back.
        reason: Why. It stands in the service's ledger.
        workspace: Where the service's ledger is, as a URL. Set by `shipway up --worker`; leave it as it is.
    """
    tag(f"svc:{service}")
    try:
        _require_confirmed(service, confirm)
        done = retire_service(workspace, service, f"retire-{this_run().id}", asked_by(getpass.getuser()), reason)
    except ShipwayError as error:
        return refused_state(error)
    message = f"{service} is gone from {done.target}, with {counted(len(done.revisions), 'revision')}"
    return Completed(message=message, data=done)


def _require_confirmed(service: str, confirm: str) -> None:
    if confirm != service:
        raise ConfigError(
            f"confirm: {confirm!r} is not the name of the service, {service!r}; nothing was deleted; "
            "type the same name twice to delete it"
        )
