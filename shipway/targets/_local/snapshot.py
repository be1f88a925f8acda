"""Looking at services: nothing here changes anything, and a service that is deleted meanwhile is just not there."""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from shipway.domain.service import Revision, Service, ServiceStatus, Traffic
from shipway.errors import GatewayError
from shipway.gateway.envoy import Envoy
from shipway.targets._local.health import STOPPED, STOPPED_MESSAGE
from shipway.targets._local.logs import merged
from shipway.targets._local.records import RevisionFolder, RevisionRecord, ServiceFolder, ServiceRecord
from shipway.targets._local.runner import Runner
from shipway.targets._rollup import service_status, state_of


def service_names(services: Path) -> tuple[str, ...]:
    """Of every kind."""
    return tuple(sorted(path.parent.name for path in services.glob("*/service.json")))


def snapshot(folder: ServiceFolder, record: ServiceRecord, runner: Runner, clock: Callable[[], datetime]) -> Service:
    traffic, fault = _routed(folder, record)
    revisions = tuple(_revision(folder, each, runner, clock()) for each in folder.revisions())
    return Service(
        name=record.name,
        kind=record.kind,
        scoring_uri=f"http://localhost:{record.port}/score",
        status=_status(revisions, traffic, fault, clock()),
        revisions=revisions,
        traffic=traffic,
    )


def log_lines(places: Sequence[RevisionFolder], runner: Runner, tail: int) -> list[str]:
    """The last lines of these revisions, merged by time."""
    return merged({place.revision_id: runner.log(place, tail) for place in places}, tail)


def _routed(folder: ServiceFolder, record: ServiceRecord) -> tuple[Traffic, str | None]:
    """As Envoy routes it; without an Envoy what is wanted, and what is wrong."""
    try:
        return Envoy(folder.gateway).read_traffic(), None
    except GatewayError:
        return record.traffic, "its gateway does not run; `shipway up` starts it again"


def _status(revisions: Sequence[Revision], traffic: Traffic, fault: str | None, now: datetime) -> ServiceStatus:
    """Stopped is only what was stopped as a whole; one part that is missing is a failure."""
    if fault and revisions and all(each.status.native == STOPPED for each in revisions):
        return ServiceStatus(state=state_of(STOPPED), native=STOPPED, message=STOPPED_MESSAGE, observed_at=now)
    return service_status(revisions, traffic, gateway_fault=fault, now=now)


def _revision(folder: ServiceFolder, record: RevisionRecord, runner: Runner, now: datetime) -> Revision:
    return Revision(
        revision_id=record.revision_id,
        image_digest=record.image_digest,
        models=record.models,
        address=record.address,
        status=runner.status(record, folder.revision(record.revision_id), now),
        created_at=record.created_at,
        labels=record.labels,
    )
