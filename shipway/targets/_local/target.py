"""What a local target does, in which order, under the service's lock."""

import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from shipway.domain.service import (
    NO_TRAFFIC,
    RevisionSpec,
    RevisionStats,
    Service,
    ServiceState,
    ServiceStatus,
    Traffic,
)
from shipway.errors import ConfigError, GatewayError, PortInUse, TargetError
from shipway.gateway.envoy import Envoy
from shipway.gateway.program import envoy_program
from shipway.machine.ports import LOOPBACK, can_bind
from shipway.machine.state import MachineState
from shipway.targets._fence import fenced, locked
from shipway.targets._local.plan import gateway_spec, leading, revision_record
from shipway.targets._local.ports import refuse_port_in_use, unrecorded_port
from shipway.targets._local.records import RevisionFolder, RevisionRecord, ServiceFolder, ServiceRecord
from shipway.targets._local.runner import DRAIN_S, Runner
from shipway.targets._local.snapshot import log_lines, service_names, snapshot
from shipway.targets._refusals import (
    not_found,
    refuse_other_image,
    refuse_other_kind,
    refuse_to_remove_what_serves,
    refuse_unknown_revisions,
)


def _now() -> datetime:
    return datetime.now(UTC)


class LocalTarget:
    """Services of this machine, whose revisions `runner` runs. Splits traffic and mirrors."""

    def __init__(self, state: MachineState, runner: Runner, *, clock: Callable[[], datetime] = _now) -> None:
        self._services = state.services
        self._runner = runner
        self._clock = clock

    @property
    def kind(self) -> str:
        return self._runner.kind

    # -- looking

    def render(self, spec: RevisionSpec) -> Mapping[str, Any]:
        return self._runner.render(spec)

    def find(self, name: str) -> Service | None:
        folder = self._folder(name)
        record = folder.read()
        if record is None or record.kind != self.kind:
            return None
        return snapshot(folder, record, self._runner, self._clock)

    def list(self) -> tuple[Service, ...]:
        found = (self.find(name) for name in service_names(self._services))
        return tuple(service for service in found if service)

    def status(self, name: str) -> ServiceStatus:
        service = self.find(name)
        if service is None:
            return ServiceStatus(state=ServiceState.ABSENT, native="deleted", message="", observed_at=self._clock())
        return service.status

    def logs(self, name: str, *, revision_id: str | None = None, tail: int = 200) -> Iterator[str]:
        self._require(name)
        folder = self._folder(name)
        chosen = [revision_id] if revision_id else [each.revision_id for each in folder.revisions()]
        return iter(log_lines([folder.revision(each) for each in chosen], self._runner, tail))

    def traffic(self, name: str) -> Traffic:
        self._require(name)
        return self._gateway(name).read_traffic()

    def revision_stats(self, name: str) -> Mapping[str, RevisionStats]:
        self._require(name)
        return self._gateway(name).read_stats()

    def mirror_stats(self, name: str) -> Mapping[str, RevisionStats]:
        self._require(name)
        return self._gateway(name).read_stats(mirrored=True)

    def why_away(self) -> str | None:
        return self._runner.why_away()

    def memory_bytes(self, name: str, revision_id: str) -> int | None:
        self._require(name)
        return self._runner.memory_bytes(self._folder(name).revision(revision_id))

    def threads(self, name: str, revision_id: str) -> int | None:
        self._require(name)
        return self._runner.threads(self._folder(name).revision(revision_id))

    def complaint(self, name: str, revision_id: str) -> str | None:
        self._require(name)
        return self._runner.complaint(self._folder(name).revision(revision_id))

    def refuse_taken_port(self, name: str, port: int) -> None:
        folder = self._folder(name)
        there = folder.read()
        if there is None or there.port != port or not Envoy(folder.gateway).is_running():
            refuse_port_in_use(self._services, name, port)

    # -- acting

    def deploy(self, spec: RevisionSpec) -> Service:
        """Ports are written down before anything starts, and a killed deploy is taken up where it was.

        A revision that asks for no port asks for the one that the service has: going back to it brings that back too.
        Dead revisions that have traffic are started again, as after a reboot: the new one is to stand beside them.
        Raises MachineError where Envoy cannot run and PortInUse, before anything is there of a new service.
        """
        self._runner.fetch(spec.image)
        with fenced(self._services, spec.service, spec.fence):
            folder = self._folder(spec.service)
            place = folder.revision(spec.revision_id)
            there, revision = folder.read(), place.read()
            refuse_other_kind(spec.service, theirs=there.kind if there else self.kind, ours=self.kind)
            if revision:
                refuse_other_image(spec.service, spec.revision_id, theirs=revision.image_digest, ours=spec.image.digest)
            examined = self._runner.examine(spec.image, place)
            record = self._with_asked_port(folder, there or self._new_service(spec), spec)
            folder.write(record)
            self._runner.prepare(spec.image, place)
            if revision is None:
                port, asked_port = unrecorded_port(self._services), spec.deployment.port or record.port
                revision = revision_record(spec, examined, port=port, asked_port=asked_port, now=self._clock())
                place.write(revision)
            self._bring_up(folder, record, [revision, *self._dead_ones_with_traffic(folder, record, besides=revision)])
            return snapshot(folder, record, self._runner, self._clock)

    def set_traffic(self, name: str, traffic: Traffic, *, fence: int) -> Traffic:
        """What is wanted is written down first: an act that is killed in between is finished by the next one."""
        with fenced(self._services, name, fence):
            record, folder = self._require(name), self._folder(name)
            revisions = folder.revisions()
            refuse_unknown_revisions(name, traffic, [each.revision_id for each in revisions])
            leader = leading(traffic, revisions)
            asked = leader.asked_port if leader else None
            port = asked if asked and can_bind(asked) else record.port
            wanted = replace(record, traffic=traffic, port=port)
            folder.write(wanted)
            self._gateway(name).apply(gateway_spec(wanted, revisions))
            now = self._gateway(name).read_traffic()
            if now != traffic:
                raise GatewayError(f"the gateway of service {name} routes {now} after it was told to route {traffic}")
            return now

    def delete_revision(self, name: str, revision_id: str, *, fence: int) -> None:
        with fenced(self._services, name, fence):
            folder = self._folder(name)
            record = folder.read()
            if record is None or record.kind != self.kind:  # another kind's service has no revision of ours
                return
            refuse_to_remove_what_serves(name, revision_id, record.traffic)
            record = _without_mirror_to(revision_id, record)
            folder.write(record)
            place = folder.revision(revision_id)
            self._tell_gateway(folder, record)  # an act before may have been killed between its record and its effect
            self._runner.remove(place)
            if place.root.exists():
                shutil.rmtree(place.root)
            self._tell_gateway(folder, record)

    def delete(self, name: str, *, fence: int) -> None:
        with fenced(self._services, name, fence):
            folder = self._folder(name)
            record = folder.read()
            if record:
                refuse_other_kind(name, theirs=record.kind, ours=self.kind)
            self._halt(folder, self._runner.remove)
            if folder.root.exists():
                shutil.rmtree(folder.root)

    def forget(self, name: str, *, fence: int) -> tuple[str, ...]:
        with fenced(self._services, name, fence):
            folder = self._folder(name)
            record = folder.read()
            if record:
                refuse_other_kind(name, theirs=record.kind, ours=self.kind)
            Envoy(folder.gateway).stop(drain_s=DRAIN_S)
            places = folder.places()
            removed = _at_once(self._is_removed, places)
            left = tuple(
                self._runner.whereabouts(place) for place, gone in zip(places, removed, strict=True) if not gone
            )
            if folder.root.exists():
                shutil.rmtree(folder.root)
            return left

    def start(self, name: str) -> Service:
        """Starts what does not run of a service, with the traffic that is wanted. Safe to repeat.

        Raises ServiceNotFound.
        """
        with locked(self._services, name):
            record, folder = self._require(name), self._folder(name)
            self._bring_up(folder, record, folder.revisions())
            return snapshot(folder, record, self._runner, self._clock)

    def stop(self, name: str) -> bool:
        """Ends its processes, requests under way first, and keeps its records for `start`. Safe to repeat.

        Whether any of them ran. Raises ServiceNotFound.
        """
        with locked(self._services, name):
            self._require(name)
            folder = self._folder(name)
            places = [folder.revision(each.revision_id) for each in folder.revisions()]
            ran = [Envoy(folder.gateway).is_running(), *(self._runner.is_running(place) for place in places)]
            for place in places:
                place.stopped.touch()
            self._halt(folder, self._runner.stop)
            return any(ran)

    # -- parts of it

    def _bring_up(self, folder: ServiceFolder, record: ServiceRecord, revisions: Iterable[RevisionRecord]) -> None:
        """The gateway hears of a revision's port before its server starts: nothing is sent there without traffic."""
        settled = [self._with_usable_port(folder, each) for each in revisions]
        Envoy(folder.gateway).apply(gateway_spec(record, folder.revisions()))
        for each in settled:
            self._start(folder, record, each)

    def _start(self, folder: ServiceFolder, record: ServiceRecord, revision: RevisionRecord) -> None:
        """Somebody may take its port between our look and its start: then it gets another one, once."""
        place = folder.revision(revision.revision_id)
        place.stopped.unlink(missing_ok=True)
        try:
            self._runner.start(revision, place)
        except PortInUse:
            moved = self._moved(folder, revision)
            self._tell_gateway(folder, record)
            self._runner.start(moved, place)

    def _with_usable_port(self, folder: ServiceFolder, revision: RevisionRecord) -> RevisionRecord:
        """A revision that does not run and whose port somebody else has taken gets another one."""
        elsewhere = revision.host != LOOPBACK  # whose ports cannot be tried from here
        if elsewhere or self._runner.is_running(folder.revision(revision.revision_id)) or can_bind(revision.port):
            return revision
        return self._moved(folder, revision)

    def _moved(self, folder: ServiceFolder, revision: RevisionRecord) -> RevisionRecord:
        moved = replace(revision, port=unrecorded_port(self._services))
        folder.revision(revision.revision_id).write(moved)
        return moved

    def _dead_ones_with_traffic(
        self, folder: ServiceFolder, record: ServiceRecord, *, besides: RevisionRecord
    ) -> Iterator[RevisionRecord]:
        for each in folder.revisions():
            has_traffic = record.traffic.weight_of(each.revision_id) and each.revision_id != besides.revision_id
            if has_traffic and not self._runner.is_running(folder.revision(each.revision_id)):
                yield each

    def _halt(self, folder: ServiceFolder, end: Callable[[RevisionFolder], None]) -> None:
        """The gateway first, so that no request finds a revision gone; then all revisions at once.

        Revisions that cannot be reached are found out before anything ends.
        """
        places = folder.places()
        for place in places:
            self._runner.is_running(place)
        Envoy(folder.gateway).stop(drain_s=DRAIN_S)
        _at_once(end, places)

    def _is_removed(self, place: RevisionFolder) -> bool:
        try:
            self._runner.remove(place)
        except (TargetError, ConfigError):
            return False
        return True

    def _with_asked_port(self, folder: ServiceFolder, record: ServiceRecord, spec: RevisionSpec) -> ServiceRecord:
        """While nothing is served, a new port is taken at once; else when the revision that asks for it is promoted."""
        envoy_program()
        asked, running = spec.deployment.port, Envoy(folder.gateway).is_running()
        port = asked or record.port
        if running and port == record.port:
            return record
        refuse_port_in_use(self._services, spec.service, port)
        serving = running and leading(record.traffic, folder.revisions())
        return record if serving else replace(record, port=port)

    def _tell_gateway(self, folder: ServiceFolder, record: ServiceRecord) -> None:
        gateway = Envoy(folder.gateway)
        if gateway.is_running():
            gateway.apply(gateway_spec(record, folder.revisions()))

    def _new_service(self, spec: RevisionSpec) -> ServiceRecord:
        port = spec.deployment.port or unrecorded_port(self._services)
        return ServiceRecord(name=spec.service, kind=self.kind, port=port, traffic=NO_TRAFFIC, created_at=self._clock())

    def _require(self, name: str) -> ServiceRecord:
        record = self._folder(name).read()
        if record is None or record.kind != self.kind:
            raise not_found(name, service_names(self._services))
        return record

    def _folder(self, name: str) -> ServiceFolder:
        return ServiceFolder(self._services / name)

    def _gateway(self, name: str) -> Envoy:
        return Envoy(self._folder(name).gateway)


def _at_once(act: Callable[[RevisionFolder], object], places: Sequence[RevisionFolder]) -> list[object]:
    with ThreadPoolExecutor(max_workers=max(len(places), 1)) as pool:
        return list(pool.map(act, places))


def _without_mirror_to(revision_id: str, record: ServiceRecord) -> ServiceRecord:
    mirror = record.traffic.mirror
    if mirror is None or mirror.revision_id != revision_id:
        return record
    return replace(record, traffic=replace(record.traffic, mirror=None))
