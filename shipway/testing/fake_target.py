"""A target that runs nothing: its services are JSON files in a folder, so that they survive a killed process.

Failures are programmed beforehand and lie in the folder too: another process that opens the same folder meets them.
"""

import json
import os
import signal
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from shipway.domain.canonical import parse_rfc3339, rfc3339
from shipway.domain.service import (
    NO_TRAFFIC,
    Revision,
    RevisionSpec,
    RevisionStats,
    Service,
    ServiceState,
    ServiceStatus,
    Traffic,
)
from shipway.errors import TargetError
from shipway.machine.state import write_whole
from shipway.targets._documents import traffic_document, traffic_from
from shipway.targets._fence import fenced
from shipway.targets._refusals import (
    not_found,
    refuse_other_image,
    refuse_other_kind,
    refuse_to_remove_what_serves,
    refuse_unknown_revisions,
)
from shipway.targets._rollup import service_status, state_of

_NO_FAULTS: dict[str, Any] = {
    "deploy_fails": None,
    "deploys_become": "running",
    "deletes_fail": None,
    "dies_after": None,
}


def _now() -> datetime:
    return datetime.now(UTC)


class FakeTarget:
    """Splits traffic and mirrors, in its records only. `address` is what revisions deployed from now on report."""

    kind = "fake"

    def __init__(
        self,
        folder: Path,
        *,
        address: str = "127.0.0.1:9",
        gateway: str = "localhost:9",
        clock: Callable[[], datetime] = _now,
    ) -> None:
        self.folder = folder
        self.address = address
        self.gateway = gateway
        self._clock = clock
        folder.mkdir(parents=True, exist_ok=True)

    # -- what a test programs and looks at

    def fail_deploys(self, message: str | None) -> None:
        """Every later deploy raises TargetError with this message; None mends it."""
        self._set_fault("deploy_fails", message)

    def deploys_become(self, native: str) -> None:
        """The native word of revisions deployed from now on, one of v1's local words: `deploying` is never healthy."""
        self._set_fault("deploys_become", native)

    def fail_deletes(self, message: str | None) -> None:
        """Every later removal of a revision raises TargetError with this message; None mends it."""
        self._set_fault("deletes_fail", message)

    def die_after(self, act: str) -> None:
        """The process that next does `deploy`, `set_traffic`, `delete_revision` or `delete` is killed just after it."""
        self._set_fault("dies_after", act)

    def set_native(self, name: str, revision_id: str, native: str, message: str = "") -> None:
        """A word that the target does not know is allowed, to see what becomes of it."""
        document = self._require(name)
        document["revisions"][revision_id] |= {"native": native, "message": message}
        self._write(document)

    def set_stats(self, name: str, stats: RevisionStats, *, mirrored: bool = False) -> None:
        document = self._require(name)
        counts = {key: value for key, value in vars(stats).items() if key != "revision_id"}
        document["mirror_stats" if mirrored else "stats"][stats.revision_id] = counts
        self._write(document)

    def calls(self) -> tuple[str, ...]:
        """Every act so far, by whatever process: `deploy digits r1`, `set_traffic digits r1=100`."""
        path = self.folder / "calls"
        return tuple(path.read_text().splitlines()) if path.exists() else ()

    # -- the target

    def render(self, spec: RevisionSpec) -> Mapping[str, Any]:
        return {"service": spec.service, "revision": spec.revision_id, "image": spec.image.digest}

    def deploy(self, spec: RevisionSpec) -> Service:
        with fenced(self.folder, spec.service, spec.fence):
            faults = self._faults()
            if faults["deploy_fails"] is not None:
                raise TargetError(faults["deploy_fails"])
            document = self._read(spec.service) or self._new_service(spec)
            refuse_other_kind(spec.service, theirs=document["kind"], ours=self.kind)
            there = document["revisions"].setdefault(spec.revision_id, self._new_revision(spec, faults))
            refuse_other_image(spec.service, spec.revision_id, theirs=there["image"], ours=spec.image.digest)
            there["address"] = self.address
            if there["native"] == "failed":  # a dead one is started again
                there["native"] = faults["deploys_become"]
            self._write(document)
            self._acted("deploy", f"{spec.service} {spec.revision_id}")
            return self._service(document)

    def status(self, name: str) -> ServiceStatus:
        service = self.find(name)
        if service is None:
            return ServiceStatus(state=ServiceState.ABSENT, native="absent", message="", observed_at=self._clock())
        return service.status

    def find(self, name: str) -> Service | None:
        document = self._read(name)
        return self._service(document) if document and document["kind"] == self.kind else None

    def list(self) -> tuple[Service, ...]:
        found = (self.find(path.stem) for path in sorted(self.folder.glob("*.json")) if path.stem != "faults")
        return tuple(service for service in found if service)

    def logs(self, name: str, *, revision_id: str | None = None, tail: int = 200) -> Iterator[str]:
        revisions = self._require(name)["revisions"]
        if revision_id is not None and revision_id not in revisions:
            return iter(())
        chosen = [revision_id] if revision_id else list(revisions)
        lines = [f"{each}: {revisions[each]['native']} {revisions[each]['message']}".rstrip() for each in chosen]
        return iter(lines[-tail:])

    def delete_revision(self, name: str, revision_id: str, *, fence: int) -> None:
        with fenced(self.folder, name, fence):
            document = self._read(name)
            if document is None or document["kind"] != self.kind or revision_id not in document["revisions"]:
                return
            if message := self._faults()["deletes_fail"]:
                raise TargetError(message)
            refuse_to_remove_what_serves(name, revision_id, traffic_from(document["traffic"]))
            for part in ("revisions", "stats", "mirror_stats"):
                document[part].pop(revision_id, None)
            self._write(document)
            self._acted("delete_revision", f"{name} {revision_id}")

    def delete(self, name: str, *, fence: int) -> None:
        with fenced(self.folder, name, fence):
            document = self._read(name)
            if document is None:
                return
            refuse_other_kind(name, theirs=document["kind"], ours=self.kind)
            self._path(name).unlink()
            self._acted("delete", name)

    def traffic(self, name: str) -> Traffic:
        return traffic_from(self._require(name)["traffic"])

    def set_traffic(self, name: str, traffic: Traffic, *, fence: int) -> Traffic:
        with fenced(self.folder, name, fence):
            document = self._require(name)
            refuse_unknown_revisions(name, traffic, document["revisions"])
            document["traffic"] = traffic_document(traffic)
            self._write(document)
            weights = ",".join(f"{each}={weight}" for each, weight in sorted(traffic.weights.items()))
            self._acted("set_traffic", f"{name} {weights or 'none'}")
            return traffic

    def revision_stats(self, name: str) -> Mapping[str, RevisionStats]:
        return self._stats(name, "stats")

    def mirror_stats(self, name: str) -> Mapping[str, RevisionStats]:
        return self._stats(name, "mirror_stats")

    # -- records

    def _new_service(self, spec: RevisionSpec) -> dict[str, Any]:
        return {
            "name": spec.service,
            "kind": self.kind,
            "revisions": {},
            "traffic": traffic_document(NO_TRAFFIC),
            "stats": {},
            "mirror_stats": {},
        }

    def _new_revision(self, spec: RevisionSpec, faults: dict[str, Any]) -> dict[str, Any]:
        return {
            "image": spec.image.digest,
            "models": list(spec.models),
            "labels": dict(spec.labels),
            "address": self.address,
            "native": faults["deploys_become"],
            "message": "",
            "created_at": rfc3339(self._clock()),
        }

    def _service(self, document: dict[str, Any]) -> Service:
        revisions = tuple(self._revision(each, record) for each, record in document["revisions"].items())
        traffic = traffic_from(document["traffic"])
        return Service(
            name=document["name"],
            kind=self.kind,
            scoring_uri=f"http://{self.gateway}/score",
            status=service_status(revisions, traffic, gateway_fault=None, now=self._clock()),
            revisions=revisions,
            traffic=traffic,
        )

    def _revision(self, revision_id: str, record: dict[str, Any]) -> Revision:
        status = ServiceStatus(
            state=state_of(record["native"]),
            native=record["native"],
            message=record["message"],
            observed_at=self._clock(),
        )
        return Revision(
            revision_id=revision_id,
            image_digest=record["image"],
            models=tuple(record["models"]),
            address=record["address"],
            status=status,
            created_at=parse_rfc3339(record["created_at"]),
            labels=record["labels"],
        )

    def _stats(self, name: str, part: str) -> Mapping[str, RevisionStats]:
        document = self._require(name)
        zero = {"requests": 0, "failures": 0, "p50_ms": None, "p95_ms": None, "p99_ms": None}
        known = document["revisions"] if part == "stats" else document[part]
        return {each: RevisionStats(revision_id=each, **{**zero, **document[part].get(each, {})}) for each in known}

    def _require(self, name: str) -> dict[str, Any]:
        document = self._read(name)
        if document is None or document["kind"] != self.kind:
            raise not_found(name, [service.name for service in self.list()])
        return document

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.json"

    def _read(self, name: str) -> dict[str, Any] | None:
        path = self._path(name)
        if not path.exists():
            return None
        document: dict[str, Any] = json.loads(path.read_text())
        return document

    def _write(self, document: dict[str, Any]) -> None:
        write_whole(self._path(document["name"]), json.dumps(document, indent=2))

    def _faults(self) -> dict[str, Any]:
        path = self.folder / "faults.json"
        return {**_NO_FAULTS, **(json.loads(path.read_text()) if path.exists() else {})}

    def _set_fault(self, key: str, value: str | None) -> None:
        write_whole(self.folder / "faults.json", json.dumps({**self._faults(), key: value}))

    def _acted(self, act: str, what: str) -> None:
        with (self.folder / "calls").open("a") as calls:
            calls.write(f"{act} {what}\n")
        if self._faults()["dies_after"] == act:
            self._set_fault("dies_after", None)
            os.kill(os.getpid(), signal.SIGKILL)
