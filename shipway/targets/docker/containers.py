"""Containers of one workspace on this machine, on an open connection to an engine: found by name, known by labels."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from shipway.engine.connection import Engine
from shipway.engine.faults import NameTaken, NotInEngine, PortTaken
from shipway.errors import EngineUnavailable, PortInUse, ServiceConflict, TargetError
from shipway.targets._local.logs import Timed
from shipway.targets._local.records import RevisionFolder, RevisionRecord
from shipway.targets.docker.container import AFTER_DRAIN_S, container_name, identity
from shipway.targets.docker.home import refuse_elsewhere
from shipway.targets.docker.runs import stamped
from shipway.targets.docker.view import ContainerView, memory_in, threads_in, view_of


class Containers:
    """`mark` is the workspace's (`container.workspace_mark`); one that is stopped has `drain_s` to finish its work."""

    def __init__(self, engine: Engine, mark: str, *, drain_s: int) -> None:
        self.engine = engine
        self.mark = mark
        self._drain_s = drain_s

    def find(self, place: RevisionFolder) -> ContainerView | None:
        """None also for one that is not ours. Raises TargetError when the revision is with another engine."""
        refuse_elsewhere(place, self.engine)
        there = self._inspect(place)
        return there if there and there.has(identity(self.mark, place)) else None

    def refuse_foreign(self, place: RevisionFolder) -> None:
        there = self._inspect(place)
        if there and not there.has(identity(self.mark, place)):
            name = container_name(self.mark, place)
            raise ServiceConflict(
                f"a container named {name} exists already, and is not revision {place.revision_id} of service "
                f"{place.service}; remove it (`docker rm -f {name}`) or rename it"
            )

    def log(self, container: ContainerView, tail: int) -> list[Timed]:
        """Its last lines as they were written."""
        with self.engine.speaking(f"reading the log of container {container.container_id[:12]}"):
            data = self.engine.client.api.logs(container.container_id, timestamps=True, tail=tail)
        return stamped(data.decode(errors="replace"))

    def memory_bytes(self, container: ContainerView) -> int | None:
        return memory_in(self._measured(container))

    def threads(self, container: ContainerView) -> int | None:
        return threads_in(self._measured(container))

    def _measured(self, container: ContainerView) -> Mapping[str, Any]:
        with self.engine.speaking(f"measuring container {container.container_id[:12]}"):
            measured: Mapping[str, Any] = self.engine.client.api.stats(
                container.container_id, stream=False, one_shot=True
            )
            return measured

    def make(self, settings: Mapping[str, Any], place: RevisionFolder) -> str:
        """Its id; it does not run yet."""
        try:
            with self.engine.speaking(f"making container {settings['name']}"):
                return str(self.engine.client.containers.create(**settings).id)
        except NameTaken:
            self.refuse_foreign(place)
            raise

    def begin(self, container_id: str, record: RevisionRecord, place: RevisionFolder) -> None:
        """Starts it. One that does not start is removed. Raises PortInUse, TargetError."""
        try:
            with self.engine.speaking(f"starting container {container_name(self.mark, place)}"):
                self.engine.client.api.start(container_id)
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

    def unpause(self, container: ContainerView, place: RevisionFolder) -> None:
        self._tell(place, "unpausing", lambda api: api.unpause(container.container_id))

    def stop(self, place: RevisionFolder) -> None:
        """It may finish what it works on."""
        container = self.find(place)
        if container is None:
            return
        if container.status == "paused":  # it could not hear us
            self.unpause(container, place)
        self._tell(
            place, "stopping", lambda api: api.stop(container.container_id, timeout=self._drain_s + AFTER_DRAIN_S)
        )

    def remove(self, place: RevisionFolder) -> None:
        self.stop(place)
        container = self.find(place)
        if container is not None:
            self._tell(place, "removing", lambda api: api.remove_container(container.container_id, v=True, force=True))

    def _inspect(self, place: RevisionFolder) -> ContainerView | None:
        name = container_name(self.mark, place)
        try:
            with self.engine.speaking(f"looking at container {name}"):
                return view_of(self.engine.client.api.inspect_container(name))
        except NotInEngine:
            return None

    def _tell(self, place: RevisionFolder, doing: str, act: Callable[[Any], object]) -> None:
        """One that is gone meanwhile, or is just being removed by somebody, is left to that."""
        name = container_name(self.mark, place)
        with suppress(NotInEngine, NameTaken), self.engine.speaking(f"{doing} container {name}"):
            act(self.engine.client.api)
