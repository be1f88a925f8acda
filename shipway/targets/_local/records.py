"""What is written down about a service and its revisions, and where."""

import json
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from shipway.domain.canonical import parse_rfc3339, rfc3339
from shipway.domain.service import GatewayConfig, Resources, Traffic
from shipway.machine.ports import LOOPBACK
from shipway.machine.state import MachineState, private_folder, write_whole
from shipway.targets._documents import traffic_document, traffic_from


@dataclass(frozen=True, kw_only=True)
class ServiceRecord:
    """`traffic` is what is wanted: it is written before the gateway is told. `port` is the gateway's."""

    name: str
    kind: str
    port: int
    traffic: Traffic
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class RevisionRecord:
    """`host` and `port` are where it answers; `asked_port` and `gateway` are what it asks of the service's gateway.

    What has a default came later: records without it are on machines that people use.
    """

    revision_id: str
    image_digest: str
    location: str
    interpreter: str
    models: tuple[str, ...]
    labels: dict[str, str]
    asked_port: int | None
    gateway: GatewayConfig
    concurrency: int
    port: int
    created_at: datetime
    host: str = LOOPBACK
    resources: Resources = field(default_factory=Resources)

    @property
    def address(self) -> str:
        return f"{self.host}:{self.port}"


@dataclass(frozen=True)
class RevisionFolder:
    """Where a revision's files lie: `services/<service>/revisions/<revision id>`, whether anything is there or not."""

    root: Path

    @property
    def revision_id(self) -> str:
        return self.root.name

    @property
    def service(self) -> str:
        return self.root.parents[1].name

    @property
    def machine(self) -> MachineState:
        return MachineState(self.root.parents[3])

    @property
    def record(self) -> Path:
        return self.root / "revision.json"

    @property
    def stopped(self) -> Path:
        return self.root / "stopped"

    def read(self) -> RevisionRecord | None:
        document = _read(self.record)
        if document is None:
            return None
        return RevisionRecord(
            **{
                **document,
                "models": tuple(document["models"]),
                "gateway": GatewayConfig(**document["gateway"]),
                "resources": Resources(**document.get("resources", {})),
                "created_at": parse_rfc3339(document["created_at"]),
            }
        )

    def write(self, record: RevisionRecord) -> None:
        private_folder(self.root)
        document = asdict(record) | {"created_at": rfc3339(record.created_at)}
        write_whole(self.record, json.dumps(document, indent=1))


@dataclass(frozen=True)
class ServiceFolder:
    """Where a service's files lie."""

    root: Path

    @property
    def record(self) -> Path:
        return self.root / "service.json"

    @property
    def gateway(self) -> Path:
        return self.root / "gateway"

    def revision(self, revision_id: str) -> RevisionFolder:
        return RevisionFolder(self.root / "revisions" / revision_id)

    def read(self) -> ServiceRecord | None:
        document = _read(self.record)
        if document is None:
            return None
        return ServiceRecord(
            name=document["name"],
            kind=document["kind"],
            port=document["port"],
            traffic=traffic_from(document["traffic"]),
            created_at=parse_rfc3339(document["created_at"]),
        )

    def write(self, record: ServiceRecord) -> None:
        private_folder(self.root)
        document = asdict(record) | {
            "traffic": traffic_document(record.traffic),
            "created_at": rfc3339(record.created_at),
        }
        write_whole(self.record, json.dumps(document, indent=1))

    def places(self) -> tuple[RevisionFolder, ...]:
        """Of all revisions, half-made ones too."""
        return tuple(RevisionFolder(path) for path in sorted((self.root / "revisions").glob("*")))

    def revisions(self) -> tuple[RevisionRecord, ...]:
        """Oldest first."""
        found = [record for place in self.places() if (record := place.read())]
        return tuple(sorted(found, key=lambda record: (record.created_at, record.revision_id)))


def _read(path: Path) -> dict[str, Any] | None:
    try:
        document: dict[str, Any] = json.loads(path.read_text())
    except FileNotFoundError:
        return None
    return document
