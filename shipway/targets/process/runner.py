"""A revision as a process of this machine."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from shipway.domain.image import Image
from shipway.domain.service import RevisionSpec, ServiceStatus
from shipway.targets._local.logs import Timed, tail_of, timed, written_at
from shipway.targets._local.plan import concurrency_of, revision_record
from shipway.targets._local.records import RevisionFolder, RevisionRecord
from shipway.targets._local.runner import DRAIN_S, Examined
from shipway.targets.process import server
from shipway.targets.process.app import copy_app, read_bundle
from shipway.targets.process.files import ServerFiles
from shipway.targets.process.health import complaint_of, observe, status_of


class ProcessRunner:
    """A scoring server in the virtual environment of the revision's image."""

    kind = "process"

    def __init__(self, *, drain_s: int = DRAIN_S) -> None:
        self._drain_s = drain_s

    def render(self, spec: RevisionSpec) -> Mapping[str, Any]:
        files = ServerFiles(RevisionFolder(Path("revisions") / spec.revision_id))
        never = datetime.min.replace(tzinfo=UTC)
        record = revision_record(spec, Examined(concurrency=1), port=0, asked_port=0, now=never)
        return {
            "argv": list(server.argv(record, files, drain_s=self._drain_s)),
            "cwd": str(files.app),
            "image": spec.image.location,
        }

    def why_away(self) -> str | None:
        return None

    def examine(self, image: Image, place: RevisionFolder) -> Examined:  # noqa: ARG002 - files have no names to clash
        """Raises MachineError when its bundle is gone."""
        return Examined(concurrency=concurrency_of(read_bundle(image.location).variables.get("WORKER_COUNT")))

    def fetch(self, image: Image) -> None:
        """It is on this machine, or nowhere."""

    def prepare(self, image: Image, place: RevisionFolder) -> None:
        copy_app(read_bundle(image.location).app, ServerFiles(place).app)

    def start(self, record: RevisionRecord, place: RevisionFolder) -> None:
        """Raises MachineError when its bundle is gone, or when it ends before it has said its process id."""
        server.start_server(
            place.service, record, read_bundle(record.location), ServerFiles(place), drain_s=self._drain_s
        )

    def whereabouts(self, place: RevisionFolder) -> str:
        return f"a process of revision {place.revision_id}, on this machine"

    def is_running(self, place: RevisionFolder) -> bool:
        return server.is_running(ServerFiles(place))

    def stop(self, place: RevisionFolder) -> None:
        server.stop_server(ServerFiles(place), drain_s=self._drain_s)

    def remove(self, place: RevisionFolder) -> None:
        server.stop_server(ServerFiles(place), drain_s=self._drain_s)

    def status(self, record: RevisionRecord, place: RevisionFolder, now: datetime) -> ServiceStatus:
        return status_of(observe(record, ServerFiles(place)), record.port, now)

    def memory_bytes(self, place: RevisionFolder) -> int | None:
        return server.memory_bytes(ServerFiles(place))

    def threads(self, place: RevisionFolder) -> int | None:
        return server.threads(ServerFiles(place))

    def complaint(self, place: RevisionFolder) -> str | None:
        return complaint_of(ServerFiles(place))

    def log(self, place: RevisionFolder, tail: int) -> Sequence[Timed]:  # noqa: ARG002 - the files' ends are short
        """What was said before there was a log has no time of its own: it counts as said when it was last added to."""
        files = ServerFiles(place)
        said = timed(tail_of(files.output_log), since=written_at(files.output_log))
        return [*said, *timed(tail_of(files.server_log))]
