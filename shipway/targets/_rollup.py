"""How a service does, from how its revisions do. Pure; the same for every local target."""

from collections.abc import Sequence
from datetime import datetime

from shipway.domain.service import Revision, ServiceState, ServiceStatus, Traffic

STATE_OF = {
    "deploying": ServiceState.TRANSITIONING,
    "running": ServiceState.HEALTHY,
    "failed": ServiceState.FAILED,
    "unknown": ServiceState.UNHEALTHY,
    "deleted": ServiceState.ABSENT,
    "stopped": ServiceState.UNHEALTHY,
}
"""v1's words for the state of a local service (contract L-1); `stopped` is ours: v1 knew no stopping on purpose."""


def state_of(native: str) -> ServiceState:
    """A word that we do not know is never healthy."""
    return STATE_OF.get(native, ServiceState.UNHEALTHY)


_WORST_FIRST = (
    ServiceState.FAILED,
    ServiceState.ABSENT,
    ServiceState.UNSCHEDULABLE,
    ServiceState.UNHEALTHY,
    ServiceState.TRANSITIONING,
    ServiceState.HEALTHY,
)


def service_status(
    revisions: Sequence[Revision], traffic: Traffic, *, gateway_fault: str | None, now: datetime
) -> ServiceStatus:
    """The worst of the revisions that have traffic; without a gateway nothing answers, however well they do."""
    if gateway_fault:
        return ServiceStatus(state=ServiceState.FAILED, native="failed", message=gateway_fault, observed_at=now)
    serving = [r for r in revisions if traffic.weight_of(r.revision_id) > 0]
    if not serving:
        message = "no revision has been promoted yet" if revisions else "it has no revision"
        return ServiceStatus(state=ServiceState.TRANSITIONING, native="deploying", message=message, observed_at=now)
    worst = min(serving, key=lambda r: _WORST_FIRST.index(r.status.state))
    message = worst.status.message
    if worst.status.state is not ServiceState.HEALTHY:
        message = f"revision {worst.revision_id}: {message or worst.status.native}"
    return ServiceStatus(state=worst.status.state, native=worst.status.native, message=message, observed_at=now)
