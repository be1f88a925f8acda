"""What a service's gateway should be, and what a new revision is, from records and specs. Pure."""

from collections.abc import Sequence
from datetime import datetime

from shipway.domain.service import GatewayConfig, RevisionSpec, Traffic
from shipway.gateway.config import GatewaySpec
from shipway.targets._local.records import RevisionRecord, ServiceRecord
from shipway.targets._local.runner import Examined


def gateway_spec(service: ServiceRecord, revisions: Sequence[RevisionRecord]) -> GatewaySpec:
    """The revision with the most traffic decides about limits: a challenger does not change what the champion is served
    with, and a rollback brings its settings back too."""
    leader = leading(service.traffic, revisions)
    return GatewaySpec(
        service=service.name,
        listener_port=service.port,
        revisions={each.revision_id: each.address for each in revisions},
        traffic=service.traffic,
        settings=leader.gateway if leader else GatewayConfig(),
        concurrency=leader.concurrency if leader else 1,
    )


def leading(traffic: Traffic, revisions: Sequence[RevisionRecord]) -> RevisionRecord | None:
    """None while no revision has traffic."""
    serving = [each for each in revisions if traffic.weight_of(each.revision_id)]
    return max(serving, key=lambda each: traffic.weight_of(each.revision_id), default=None)


def revision_record(
    spec: RevisionSpec, examined: Examined, *, port: int, asked_port: int, now: datetime
) -> RevisionRecord:
    return RevisionRecord(
        revision_id=spec.revision_id,
        image_digest=spec.image.digest,
        location=spec.image.location,
        interpreter=spec.image.interpreter,
        models=spec.models,
        labels=dict(spec.labels),
        asked_port=asked_port,
        gateway=spec.gateway,
        resources=spec.deployment.resources,
        concurrency=examined.concurrency,
        host=examined.host,
        port=port,
        created_at=now,
    )


def concurrency_of(worker_count: str | None) -> int:
    """How many requests a server works on at once: v1's WORKER_COUNT, by default one."""
    return max(int(worker_count), 1) if worker_count and worker_count.isdecimal() else 1
