"""The services of this machine's targets, as every command shows them. Keys of `-o json` are the v1 SDK's own words."""

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable
from urllib.parse import urlsplit

from shipway.cli.output import Column, shortened, state_colour
from shipway.domain.service import Revision, Service, ServiceState
from shipway.errors import ServiceNotFound, TargetUnavailable
from shipway.targets.base import Target

if TYPE_CHECKING:
    from shipway.release.details import Details

SERVICE_COLUMNS = (
    Column("name", "SERVICE"),
    Column("state", "STATE", colour=state_colour),
    Column("compute_type", "TARGET"),
    Column("models", "MODELS", " ".join),
    Column("scoring_uri", "SCORING URI"),
    Column("message", "MESSAGE", shortened),
)

_STOPPED = "stopped"

LOCAL_KINDS = frozenset({"process", "docker"})
"""Targets of Shipway's that are computeType local of v1's."""


def all_services(targets: Iterable[Target], say: Callable[[str], None]) -> tuple[Service, ...]:
    """Sorted by name. A target that does not answer is said, and hides no other."""
    found: list[Service] = []
    for target in targets:
        try:
            found += target.list()
        except TargetUnavailable as error:
            say(f"shipway: target {target.kind}: {error}")
    return tuple(sorted(found, key=lambda service: service.name))


def find_service(targets: Iterable[Target], name: str) -> tuple[Target, Service]:
    """Raises ServiceNotFound, naming the services there are."""
    names: list[str] = []
    for target in targets:
        service = target.find(name)
        if service is not None:
            return target, service
        names += [other.name for other in target.list()]
    known = ", ".join(sorted(names)) or "none"
    raise ServiceNotFound(
        f"WebserviceNotFound: no service {name!r} of this workspace on this machine; services: {known}"
    )


def service_document(service: Service) -> dict[str, Any]:
    """What a target knows of a service: Shipway's keys, and those of v1's `serialize` (contract 13.2, L-12)."""
    serving = _serving(service)
    return {
        "name": service.name,
        "state": service.status.state.value,
        "native_state": service.status.native,
        "message": service.status.message,
        "compute_type": service.kind,
        "scoring_uri": service.scoring_uri,
        "models": sorted({model for revision in serving for model in revision.models}),
        "traffic": dict(service.traffic.weights),
        "revisions": [revision_document(r, service) for r in service.revisions],
        **_v1_keys(service, serving),
    }


def with_details(document: dict[str, Any], details: "Details", *, workspace_name: str) -> dict[str, Any]:
    """With what was said of the service, which its target does not know."""
    return document | {
        "description": details.description,
        "tags": dict(details.tags),
        "properties": dict(details.properties),
        "workspaceName": workspace_name,
    }


def compute_type_of(service: Service) -> str:
    """v1's word for where a service runs."""
    return "Local" if service.kind in LOCAL_KINDS else service.kind.upper()


def model_ids_of(service: Service) -> frozenset[str]:
    """Of the revisions that have traffic."""
    return frozenset(model for revision in _serving(service) for model in revision.models)


def image_digests_of(service: Service) -> frozenset[str]:
    """Of the revisions that have traffic."""
    return frozenset(revision.image_digest for revision in _serving(service))


def swagger_uri_of(scoring_uri: str) -> str:
    """v1's rule: the last part of the scoring URI replaced."""
    return f"{scoring_uri.rpartition('/')[0]}/swagger.json"


def _serving(service: Service) -> list[Revision]:
    return [r for r in service.revisions if service.traffic.weight_of(r.revision_id)]


def _v1_keys(service: Service, serving: list[Revision]) -> dict[str, Any]:
    champion = max(serving, key=lambda r: service.traffic.weight_of(r.revision_id), default=None)
    failed = service.status.state is ServiceState.FAILED
    return {
        "computeType": compute_type_of(service),
        "scoringUri": service.scoring_uri,
        "swaggerUri": swagger_uri_of(service.scoring_uri),
        "port": urlsplit(service.scoring_uri).port,
        "imageDigest": champion.image_digest if champion else None,
        "createdTime": min((r.created_at for r in service.revisions), default=None),
        "updatedTime": champion.created_at if champion else None,
        "error": service.status.message if failed else None,
    }


def revision_document(revision: Revision, service: Service) -> dict[str, Any]:
    return {
        "revision": revision.revision_id,
        "weight": service.traffic.weight_of(revision.revision_id),
        "state": revision.status.state.value,
        "native_state": revision.status.native,
        "message": revision.status.message,
        "models": list(revision.models),
        "image_digest": revision.image_digest,
        "address": revision.address,
        "created_time": revision.created_at,
        "labels": dict(revision.labels),
    }


@runtime_checkable
class Restartable(Target, Protocol):
    """A target whose services stand on this machine: they end with it, and can be stopped and started again."""

    def start(self, name: str) -> Service:
        """Starts what does not run of a service, gateway and revisions. Safe to repeat; does not wait for health."""
        ...

    def stop(self, name: str) -> bool:
        """Ends gateway and revisions, with no request lost, and says whether any ran. All stays as it was for `start`.
        Safe to repeat."""
        ...


def is_stopped(service: Service) -> bool:
    """On purpose: nothing of it runs."""
    return service.status.native == _STOPPED


def restartable_services(targets: Iterable[Target]) -> Iterator[tuple[Restartable, Service]]:
    for target in targets:
        if isinstance(target, Restartable):
            for service in target.list():
                yield target, service
