"""What on this machine and in this workspace nothing needs any more. Reads only; `shipway gc` deletes.

Whatever has a digest for a name is needed as long as that digest is written where it counts: a blob's in any record of
the workspace but those of deleted model versions; an environment's or a bundle's in the files of a service or a trial,
or in a release that has not ended. So nothing has to be known of who refers to what, and a mistake keeps too much.
"""

import os
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from shipway.cli.commands.status import disk_used
from shipway.domain.canonical import canonical_json
from shipway.errors import RecordMissing
from shipway.machine.state import MachineState

if TYPE_CHECKING:
    from shipway.store.lease import Lease
    from shipway.store.workspace import Workspace

_DIGEST = re.compile(rb"[0-9a-f]{64}")
GRACE = timedelta(hours=1)
"""What is younger may belong to something that is being registered, whose record is written last."""

_LONGEST_SEARCH = timedelta(days=1)

_GRACE_IN_A_BUCKET = timedelta(days=1)
"""Large models take their time over a network, and others work there whom nobody sees from here."""


@dataclass(frozen=True, kw_only=True)
class Garbage:
    """`kind` is blob, venv, bundle, lock, image or layer. A blob and an image have no `paths`: the store and the engine
    know where they are."""

    kind: str
    name: str
    size_bytes: int
    paths: tuple[Path, ...] = ()


def digests_in(data: bytes) -> set[str]:
    """Every SHA-256 written in a text, whatever is around it."""
    return {found.decode() for found in _DIGEST.findall(data)}


def held_leases(workspace: "Workspace", now: datetime) -> "tuple[Lease, ...]":
    """While one is held, somebody may need what no record mentions yet."""
    from shipway.release.open_releases import lease_name
    from shipway.store.lease import current

    names = {*workspace.records.names("services"), *workspace.records.names("leases/services")}
    found = workspace.records.each(
        lambda service: current(workspace.records, lease_name(service), now=now), sorted(names)
    )
    return tuple(lease for lease in found if lease is not None)


def blob_garbage(workspace: "Workspace", now: datetime) -> list[Garbage]:
    keys = set(workspace.records.keys(""))
    needed = _digests_in_records(workspace, [key for key in keys if not _is_deleted(key, keys)])
    grace = GRACE if workspace.objects.folder else _GRACE_IN_A_BUCKET
    return [
        Garbage(kind="blob", name=digest, size_bytes=size_bytes)
        for digest, size_bytes, written_at in sorted(workspace.blobs.listing())
        if digest not in needed and now - written_at > grace
    ]


def needed_here(workspace: "Workspace", state: MachineState) -> set[str]:
    """Digests of what services, trials and open releases stand on."""
    return _digests_on_machine(state) | _digests_in_open_releases(workspace)


def machine_garbage(workspace: "Workspace", state: MachineState, now: datetime) -> list[Garbage]:
    needed = needed_here(workspace, state)
    return [
        *_unneeded("bundle", state.bundles, needed, now),
        *_unneeded("venv", state.venvs, needed, now),
        *_old_locks(state.locks, now),
        *_abandoned_searches(state.root, now),
    ]


def _unneeded(kind: str, folder: Path, needed: set[str], now: datetime) -> Iterator[Garbage]:
    for path in sorted(folder.iterdir()):
        digest = path.name.strip(".").removesuffix(".part")  # .part: a killed writer's
        if path.is_dir() and digest not in needed and is_old(path, now):
            yield Garbage(kind=kind, name=path.name, size_bytes=disk_used(path), paths=(path,))


def _old_locks(folder: Path, now: datetime) -> Iterator[Garbage]:
    """The workspace keeps every lock: what lies here only saves the way there."""
    for path in sorted(folder.iterdir()):
        if is_old(path, now):
            yield Garbage(kind="lock", name=path.stem, size_bytes=path.stat().st_size, paths=(path,))


def _abandoned_searches(root: Path, now: datetime) -> Iterator[Garbage]:
    """Environments that a search for mended pins tried, when it was killed."""
    for path in sorted(root.glob("mending-*")):
        if path.is_dir() and now - datetime.fromtimestamp(path.stat().st_mtime, UTC) > _LONGEST_SEARCH:
            yield Garbage(kind="venv", name=path.name, size_bytes=disk_used(path), paths=(path,))


def _digests_on_machine(state: MachineState) -> set[str]:
    """In the files of services and of trials; logs and what is not text are passed over."""
    found: set[str] = set()
    for folder in (state.services, state.root / "trials"):
        for path in _files_of_ours(folder):
            if path.is_file() and path.suffix in {".json", ".yaml", ".yml", ".txt", ""}:
                found |= digests_in(path.read_bytes())
    return found


def _files_of_ours(folder: Path) -> Iterator[Path]:
    """All but the app folders of revisions: what lies there is the author's, models of any size among it."""
    for where, folders, names in os.walk(folder):
        if Path(where).parent.name == "revisions":
            folders[:] = [name for name in folders if name != "app"]
        yield from (Path(where) / name for name in names)


def _digests_in_open_releases(workspace: "Workspace") -> set[str]:
    from shipway.release.open_releases import open_release

    services = workspace.records.names("services")
    opened = [release for service in services if (release := open_release(workspace, service))]
    keys = [key for release in opened for key in workspace.records.keys(f"releases/{release}")]
    return _digests_in_records(workspace, keys)


def _digests_in_records(workspace: "Workspace", keys: Sequence[str]) -> set[str]:
    def read(key: str) -> set[str]:
        try:
            return digests_in(canonical_json(workspace.records.read(key)))
        except RecordMissing:  # gone since it was listed: a lease's, or an alias
            return set()

    return set().union(*workspace.records.each(read, keys))


def _is_deleted(key: str, keys: Collection[str]) -> bool:
    """Whether it is the record of a model version that was deleted."""
    parts = key.split("/")
    return len(parts) == 3 and parts[0] == "models" and f"{key}/deleted" in keys


def is_old(path: Path, now: datetime) -> bool:
    return now - datetime.fromtimestamp(path.stat().st_mtime, UTC) > GRACE
