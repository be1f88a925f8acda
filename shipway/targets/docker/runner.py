"""A revision as a container: the acts."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from shipway.domain.image import Image
from shipway.domain.service import RevisionSpec, ServiceStatus
from shipway.engine.connection import Engine, connect
from shipway.engine.faults import NameTaken, NotInEngine, PortTaken
from shipway.errors import ConfigError, EngineUnavailable, PortInUse, ServiceConflict, TargetError
from shipway.machine.state import MachineState
from shipway.targets._local.health import probe
from shipway.targets._local.logs import Timed
from shipway.targets._local.plan import revision_record
from shipway.targets._local.records import RevisionFolder, RevisionRecord
from shipway.targets._local.runner import Examined
from shipway.targets.docker.address import published_on
from shipway.targets.docker.container import (
    GRACE_S,
    SETTINGS,
    container_name,
    container_settings,
    identity,
    workspace_mark,
)
from shipway.targets.docker.health import Seen, status_of, unknown
from shipway.targets.docker.images import NO_FACTS, ImageFacts, find_image
from shipway.targets.docker.runs import LINES, ended_run, for_people, stamped
from shipway.targets.docker.view import ContainerView, memory_in, view_of

_LOOK_S = 20.0
"""For one answer while looking: an engine that writes a large layer answers late, one that is gone never."""

_READY = 200


class DockerRunner:
    """Containers of the engine that DOCKER_HOST or docker's context names."""

    kind = "docker"

    def __init__(self, state: MachineState) -> None:
        self._mark = workspace_mark(state)
        self._services = state.services

    # -- looking

    def render(self, spec: RevisionSpec) -> Mapping[str, Any]:
        """Without the ports and what the image says of itself."""
        place = RevisionFolder(self._services / spec.service / "revisions" / spec.revision_id)
        never = datetime.min.replace(tzinfo=UTC)
        record = revision_record(spec, Examined(concurrency=1), port=0, asked_port=0, now=never)
        return container_settings(self._mark, place, record, NO_FACTS)

    def why_away(self) -> str | None:
        try:
            published_on(self._looking.endpoint)
        except (TargetError, ConfigError) as error:
            return str(error)
        return None

    def examine(self, image: Image, place: RevisionFolder) -> Examined:
        """Pulls an image that a registry has and the engine has not.

        Raises TargetError when it is gone, ServiceConflict when the container's name is somebody else's, ConfigError
        when ports that the engine publishes cannot be reached from here.
        """
        host = published_on(self._looking.endpoint)
        self._refuse_foreign(place)
        return Examined(concurrency=self._facts(image.location).concurrency, host=host)

    def status(self, record: RevisionRecord, place: RevisionFolder, now: datetime) -> ServiceStatus:
        try:
            return status_of(self._see(record, place), record, now)
        except (TargetError, ConfigError) as error:
            if place.stopped.exists():  # the engine does not start those by itself
                return status_of(Seen(name="", container=None, stopped=True), record, now)
            return unknown(error, now)

    def is_running(self, place: RevisionFolder) -> bool:
        container = self._find(place)
        return container is not None and container.is_up

    def memory_bytes(self, place: RevisionFolder) -> int | None:
        container = self._find(place)
        if container is None or container.status != "running":
            return None
        with self._looking.speaking(f"measuring container {container_name(self._mark, place)}"):
            return memory_in(self._looking.client.api.stats(container.container_id, stream=False, one_shot=True))

    def log(self, place: RevisionFolder, tail: int) -> Sequence[Timed]:
        container = self._find(place)
        return for_people(self._lines(container, tail)) if container else []

    # -- acting

    def prepare(self, image: Image, place: RevisionFolder) -> None:
        """All that a container has of its own is with the engine."""

    def start(self, record: RevisionRecord, place: RevisionFolder) -> None:
        """Takes up a container that is there and as it should be; any other one of ours is made anew.

        Raises ServiceConflict for one that is not ours, PortInUse, TargetError when the image is gone.
        """
        settings = container_settings(self._mark, place, record, self._facts(record.location))
        there = self._find(place)
        if there and (there.status in {"created", "dead"} or not there.has({SETTINGS: settings["labels"][SETTINGS]})):
            self.remove(place)
            there = None
        if there is None:
            self._begin(self._create(settings, place), record, place)
        elif there.status == "paused":
            self._tell(place, "unpausing", lambda api: api.unpause(there.container_id))
        elif not there.is_up:
            self._begin(there.container_id, record, place)

    def stop(self, place: RevisionFolder) -> None:
        container = self._find(place)
        if container is None:
            return
        if container.status == "paused":  # it could not hear us
            self._tell(place, "unpausing", lambda api: api.unpause(container.container_id))
        self._tell(place, "stopping", lambda api: api.stop(container.container_id, timeout=GRACE_S))

    def remove(self, place: RevisionFolder) -> None:
        self.stop(place)
        container = self._find(place)
        if container is not None:
            self._tell(place, "removing", lambda api: api.remove_container(container.container_id, v=True, force=True))

    # -- the engine

    @cached_property
    def _looking(self) -> Engine:
        return connect(timeout_s=_LOOK_S)

    @cached_property
    def _acting(self) -> Engine:
        return connect()

    def _facts(self, location: str) -> ImageFacts:
        return find_image(self._acting, location)

    def _see(self, record: RevisionRecord, place: RevisionFolder) -> Seen:
        container = self._find(place)
        seen = Seen(name=container_name(self._mark, place), container=container, stopped=place.stopped.exists())
        if container is None or not container.is_up:
            return seen
        if container.status == "running":
            ready = probe(record.host, record.port, "/ready")
            health = probe(record.host, record.port, "/") if ready == _READY else None
            seen = replace(seen, ready=ready, health=health)
        if container.restarts and seen.ready != _READY:
            since = container.started_at if container.status == "running" else None
            seen = replace(seen, ended=ended_run(self._lines(container, LINES), running_since=since))
        return seen

    def _find(self, place: RevisionFolder) -> ContainerView | None:
        """None also for one that is not ours."""
        there = self._inspect(place)
        return there if there and there.has(identity(self._mark, place)) else None

    def _refuse_foreign(self, place: RevisionFolder) -> None:
        there = self._inspect(place)
        if there and not there.has(identity(self._mark, place)):
            name = container_name(self._mark, place)
            raise ServiceConflict(
                f"a container named {name} exists already, and is not revision {place.revision_id} of service "
                f"{place.service}; remove it (`docker rm -f {name}`) or rename it"
            )

    def _inspect(self, place: RevisionFolder) -> ContainerView | None:
        name = container_name(self._mark, place)
        try:
            with self._looking.speaking(f"looking at container {name}"):
                return view_of(self._looking.client.api.inspect_container(name))
        except NotInEngine:
            return None

    def _lines(self, container: ContainerView, tail: int) -> list[Timed]:
        with self._looking.speaking(f"reading the log of container {container.container_id[:12]}"):
            data = self._looking.client.api.logs(container.container_id, timestamps=True, tail=tail)
        return stamped(data.decode(errors="replace"))

    def _create(self, settings: Mapping[str, Any], place: RevisionFolder) -> str:
        try:
            with self._acting.speaking(f"making container {settings['name']}"):
                return str(self._acting.client.containers.create(**settings).id)
        except NameTaken:
            self._refuse_foreign(place)
            raise

    def _begin(self, container_id: str, record: RevisionRecord, place: RevisionFolder) -> None:
        """One that does not start is removed."""
        try:
            with self._acting.speaking(f"starting container {container_name(self._mark, place)}"):
                self._acting.client.api.start(container_id)
        except EngineUnavailable:
            raise
        except TargetError as error:
            self.remove(place)
            if not isinstance(error, PortTaken):
                raise
            raise PortInUse(
                f"port {record.port} on {record.host}, meant for revision {place.revision_id} of service "
                f"{place.service}, was taken before its container could have it; try again, to get another one"
            ) from error

    def _tell(self, place: RevisionFolder, doing: str, act: Callable[[Any], object]) -> None:
        """One that is gone meanwhile, or is just being removed by somebody, is left to that."""
        name = container_name(self._mark, place)
        with suppress(NotInEngine, NameTaken), self._acting.speaking(f"{doing} container {name}"):
            act(self._acting.client.api)
