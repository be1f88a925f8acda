"""A revision as a container. A connection to the engine is opened for each act, which takes 10 ms, and kept by none."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from shipway.domain.image import Image
from shipway.domain.service import RevisionSpec, ServiceStatus
from shipway.engine.connection import connect
from shipway.errors import ConfigError, TargetError
from shipway.image.container.app_layers import USER
from shipway.machine.state import MachineState
from shipway.targets._local.collection import Collection, collection_of, make_folder
from shipway.targets._local.health import NoAnswer, probe
from shipway.targets._local.logs import Timed, reason_in
from shipway.targets._local.plan import revision_record
from shipway.targets._local.records import RevisionFolder, RevisionRecord
from shipway.targets._local.runner import Examined, drain_s
from shipway.targets.docker.address import published_on
from shipway.targets.docker.container import SETTINGS, container_name, container_settings, workspace_mark
from shipway.targets.docker.containers import Containers
from shipway.targets.docker.health import Seen, status_of, unknown
from shipway.targets.docker.home import home_of, refuse_elsewhere, remember
from shipway.targets.docker.images import NO_FACTS, ImageFacts, fetch_image, find_image
from shipway.targets.docker.runs import LINES, ended_run, for_people
from shipway.targets.docker.view import ContainerView

_LOOK_S = 20.0
"""For one answer while looking: an engine that writes a large layer answers late, one that is gone never."""

_ACT_S = 120.0

_OVERTAKEN = 20
"""Lines that may have been written before the last ones and have come to the engine after them, by the other pipe."""

_READY = 200


class DockerRunner:
    """Containers of the engine that DOCKER_HOST or docker's context names."""

    kind = "docker"

    def __init__(self, state: MachineState) -> None:
        self._mark = workspace_mark(state)
        self._services = state.services
        self._drain_s = drain_s(state)

    # -- looking

    def render(self, spec: RevisionSpec) -> Mapping[str, Any]:
        """Without the ports and what the image says of itself."""
        place = RevisionFolder(self._services / spec.service / "revisions" / spec.revision_id)
        never = datetime.min.replace(tzinfo=UTC)
        record = revision_record(spec, Examined(concurrency=1), port=0, asked_port=0, now=never)
        return container_settings(self._mark, place, record, NO_FACTS, drain_s=self._drain_s)

    def why_away(self) -> str | None:
        try:
            with self._containers(_LOOK_S) as containers:
                published_on(containers.engine.endpoint)
        except (TargetError, ConfigError) as error:
            return str(error)
        return None

    def examine(self, image: Image, place: RevisionFolder) -> Examined:
        """Raises TargetError when the image is gone, ServiceConflict when the container's name is somebody else's,
        ConfigError when ports that the engine publishes cannot be reached from here."""
        with self._containers() as containers:
            host = published_on(containers.engine.endpoint)
            containers.refuse_foreign(place)
            return Examined(concurrency=find_image(containers.engine, image.location).concurrency, host=host)

    def status(self, record: RevisionRecord, place: RevisionFolder, now: datetime) -> ServiceStatus:
        try:
            with self._containers(_LOOK_S) as containers:
                return status_of(_see(containers, record, place), record, now)
        except (TargetError, ConfigError) as error:
            if place.stopped.exists():  # the engine does not start those by itself
                return status_of(Seen(name="", container=None, stopped=True), record, now)
            return unknown(error, now)

    def whereabouts(self, place: RevisionFolder) -> str:
        name = container_name(self._mark, place)
        return f"container {name} of the Docker Engine at {home_of(place) or 'an unknown address'}"

    def is_running(self, place: RevisionFolder) -> bool:
        with self._containers() as containers:
            found = containers.find(place)
        return found is not None and found.is_up

    def memory_bytes(self, place: RevisionFolder) -> int | None:
        with self._containers() as containers:
            found = containers.find(place)
            return containers.memory_bytes(found) if found and found.status == "running" else None

    def threads(self, place: RevisionFolder) -> int | None:
        with self._containers() as containers:
            found = containers.find(place)
            return containers.threads(found) if found and found.status == "running" else None

    def complaint(self, place: RevisionFolder) -> str | None:
        with self._containers() as containers:
            found = containers.find(place)
            return _complaint(containers, found) if found else None

    def log(self, place: RevisionFolder, tail: int) -> Sequence[Timed]:
        with self._containers() as containers:
            found = containers.find(place)
            lines = for_people(containers.log(found, tail + _OVERTAKEN)) if found and tail > 0 else []
            return sorted(lines, key=lambda line: line[0])[-tail:]

    # -- acting

    def fetch(self, image: Image) -> None:
        """From its registry. Raises TargetError when the registry does not give it."""
        with self._containers() as containers:
            fetch_image(containers.engine, image.location)

    def prepare(self, image: Image, place: RevisionFolder) -> None:  # noqa: ARG002 - the engine has it
        with self._containers() as containers:
            refuse_elsewhere(place, containers.engine)
            remember(place, containers.engine)

    def start(self, record: RevisionRecord, place: RevisionFolder) -> None:
        """Takes up a container that runs or can be started again; any other one of ours is made anew.

        Raises ServiceConflict for one that is not ours, PortInUse, TargetError when the image is gone.
        """
        with self._containers() as containers:
            fetch_image(containers.engine, record.location)
            image = find_image(containers.engine, record.location)
            collection = _collection(containers, record, place, image)
            settings = container_settings(
                self._mark, place, record, image, drain_s=self._drain_s, collection=collection
            )
            there = containers.find(place)
            if there and not _is_usable(there, record, settings):
                containers.remove(place)
                there = None
            if there is None:
                containers.begin(containers.make(settings, place), record, place)
            elif there.status == "paused":
                containers.unpause(there, place)
            elif not there.is_up:
                containers.begin(there.container_id, record, place)

    def stop(self, place: RevisionFolder) -> None:
        with self._containers() as containers:
            containers.stop(place)

    def remove(self, place: RevisionFolder) -> None:
        with self._containers() as containers:
            containers.remove(place)

    @contextmanager
    def _containers(self, timeout_s: float = _ACT_S) -> Iterator[Containers]:
        """Raises EngineUnavailable, with how to start or choose one, when no engine answers."""
        with closing(connect(timeout_s=timeout_s)) as engine:
            yield Containers(engine, self._mark, drain_s=self._drain_s)


def _see(containers: Containers, record: RevisionRecord, place: RevisionFolder) -> Seen:
    container = containers.find(place)
    name = container_name(containers.mark, place)
    seen = Seen(name=name, container=container, stopped=place.stopped.exists())
    if container is None or not container.is_up:
        return seen
    if container.status == "running":
        ready = probe(record.host, record.port, "/ready")
        health = probe(record.host, record.port, "/") if ready == _READY else None
        seen = replace(seen, ready=ready, health=health)
    if container.status == "running" and seen.ready == _READY:
        good = seen.health == _READY
        # The engine takes up to a second to count threads, and this is asked again and again: the trial counts them.
        seen = replace(seen, complaint=None if good else _complaint(containers, container))
    elif container.status == "running" and seen.ready is NoAnswer.SILENT:
        seen = replace(seen, complaint=_complaint(containers, container))
    if container.restarts and seen.ready != _READY:
        since = container.started_at if container.status == "running" else None
        seen = replace(seen, ended=ended_run(containers.log(container, LINES), running_since=since))
    return seen


def _collection(
    containers: Containers, record: RevisionRecord, place: RevisionFolder, image: ImageFacts
) -> Collection | None:
    """An engine on another machine has no folder of ours: rows stay in the container there."""
    collection = collection_of(record, place, image.variables)
    if collection is None or not containers.engine.endpoint.is_local:
        return None
    make_folder(collection, user=USER)
    return collection


def _complaint(containers: Containers, container: ContainerView) -> str | None:
    """Of the run that lasts; where that has nothing to complain of, of the one before."""
    lines = containers.log(container, LINES)
    since = container.started_at if container.restarts and container.status == "running" else None
    return reason_in([text for _, text in lines], ()) or ended_run(lines, running_since=since).reason


def _is_usable(container: ContainerView, record: RevisionRecord, settings: Mapping[str, Any]) -> bool:
    """One that runs stays, whatever this version of Shipway would make in its place. `created` is a half-made one."""
    if container.published_on != record.address or container.status in {"created", "dead"}:
        return False
    return container.is_up or container.has({SETTINGS: settings["labels"][SETTINGS]})
