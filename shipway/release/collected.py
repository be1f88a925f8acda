"""Rows that services of this machine have collected, for a workspace that is in a bucket: they are copied there.

Each machine has objects of its own, `.../<designation>.<machine>.csv`: a bucket cannot append, and none may overwrite
what another one has collected.
"""

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from shipway.domain.collected import COLLECTED, MODELDATA
from shipway.errors import MachineError
from shipway.machine.state import MachineState
from shipway.store.urls import is_remote
from shipway.store.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class Collected:
    """`sent` are keys of the workspace; `unchanged` is how many files had nothing new."""

    sent: tuple[str, ...]
    unchanged: int


def collect_rows(workspace: Workspace, state: MachineState, *, machine: str) -> Collected:
    """Copies what has grown since the last time, whole. Safe to repeat, and while services write.

    Nothing for a workspace in a folder, where rows lie already. Raises StoreError; MachineError for a file that cannot
    be read.
    """
    root = state.root / COLLECTED
    if not is_remote(workspace.url) or not root.exists():
        return Collected(sent=(), unchanged=0)
    sent, unchanged = [], 0
    for path in sorted((root / MODELDATA).rglob("*.csv")):
        data, key = _read(path), key_of(path.relative_to(root).as_posix(), machine)
        there = workspace.objects.stat(key)
        if there is not None and there.size_bytes == len(data):
            unchanged += 1
            continue
        workspace.objects.put(key, data)
        sent.append(key)
    return Collected(sent=tuple(sent), unchanged=unchanged)


def key_of(path: str, machine: str) -> str:
    """The key of a machine's file below `modeldata/`. Pure."""
    pure = PurePosixPath(path)
    return str(pure.with_name(f"{pure.stem}.{machine}{pure.suffix}"))


def _read(path: Path) -> bytes:
    """Up to the end of the last whole line: the server writes on."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise MachineError(f"the collected rows {path} cannot be read: {error.strerror}; check who owns it") from error
    return data[: data.rfind(b"\n") + 1]
