"""Which ports of this machine belong to services, running or not."""

from pathlib import Path

from shipway.errors import PortInUse
from shipway.gateway.envoy import port_in_use
from shipway.machine.ports import can_bind, free_port
from shipway.targets._local.records import ServiceFolder
from shipway.targets._local.snapshot import service_names


def unrecorded_port(services: Path) -> int:
    """A free one, which no service or revision has written down. Somebody may take it before we do."""
    folders = [ServiceFolder(services / name) for name in service_names(services)]
    gateways = {record.port for folder in folders if (record := folder.read())}
    return free_port(frozenset(gateways | {each.port for folder in folders for each in folder.revisions()}))


def refuse_port_in_use(services: Path, name: str, port: int) -> None:
    """Raises PortInUse when it is another service's than `name`, or somebody listens on it."""
    for other in service_names(services):
        theirs = ServiceFolder(services / other).read()
        if other != name and theirs and theirs.port == port:
            raise PortInUse(
                f"port {port} belongs to service {other}; set another `port` in the deploymentconfig.json of "
                f"service {name}, or delete the other (`shipway service delete -n {other}`)"
            )
    if not can_bind(port):
        raise port_in_use(name, port)
