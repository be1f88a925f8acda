"""The local Prefect server: one a workspace, in the background, on loopback, all that it writes in the state folder."""

from shipway.cli.server.environment import client_environment
from shipway.cli.server.local import ensure_server, find_server, stop_server
from shipway.cli.server.record import ServerRecord

__all__ = ["ServerRecord", "client_environment", "ensure_server", "find_server", "stop_server"]
