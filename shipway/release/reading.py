"""What is in service, as it was asked for: for whoever shows it or goes on from it."""

from shipway.domain.release import ReleaseInputs
from shipway.errors import ServiceNotFound
from shipway.release.inputs import read_inputs
from shipway.release.ledger import LedgerEntry, ledger_of, services_of
from shipway.store.workspace import Workspace


def champion_of(workspace: Workspace, service: str) -> LedgerEntry:
    """Raises ServiceNotFound, naming the services that there are."""
    champion = ledger_of(workspace, service).standing().champion
    if champion is None:
        known = ", ".join(name for name in services_of(workspace) if ledger_of(workspace, name).standing().champion)
        raise ServiceNotFound(
            f"WebserviceNotFound: no service {service!r} is in service in {workspace.url}; services: "
            f"{known or 'none'}; deploy it first"
        )
    return champion


def inputs_in_service(workspace: Workspace, service: str) -> ReleaseInputs:
    """All that the champion was made from: models, code, environment, deployment config. Raises ServiceNotFound."""
    return read_inputs(workspace, champion_of(workspace, service).release_id)
