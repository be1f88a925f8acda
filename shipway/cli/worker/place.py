"""What a workspace's worker, its pool and its deployments are called in Prefect. Pure."""

from dataclasses import dataclass

from shipway.cli.server.record import ServerRecord
from shipway.domain.canonical import sha256_hex

_KEY_LENGTH = 6


@dataclass(frozen=True, kw_only=True)
class Place:
    """`suffix` ends the names of pool and deployments; empty on a server of our own, which has one workspace only."""

    workspace: str
    host: str
    suffix: str

    @property
    def pool(self) -> str:
        return f"shipway{self.suffix}"

    @property
    def worker(self) -> str:
        return f"shipway on {self.host}"

    def deployment(self, name: str) -> str:
        return f"{name}{self.suffix}"


def place_of(workspace: str, host: str, server: ServerRecord) -> Place:
    """On a server that the user named, other workspaces and other machines may have theirs, and local services are of
    one machine: names there say both."""
    if server.home is not None:
        return Place(workspace=workspace, host=host, suffix="")
    key = sha256_hex(f"{host} {workspace}".encode())[:_KEY_LENGTH]
    return Place(workspace=workspace, host=host, suffix=f"-{host.partition('.')[0]}-{key}")
