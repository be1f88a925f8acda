"""The metrics of one server: memory that the supervisor makes and every worker writes."""

from typing import Optional

from shipway_serving import __version__
from shipway_serving.server.settings import Settings
from shipway_serving.telemetry.metrics import Identity, Metrics


def attach_metrics(fd: Optional[int], settings: Settings) -> Metrics:
    """The metrics in the memory ``fd``, of which this process may write one worker's and show all."""
    who = settings.identity
    identity = Identity(who.service_name, who.service_version, who.workspace_name, __version__)
    return Metrics(fd, settings.workers, identity)
