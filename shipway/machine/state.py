"""Where this machine keeps what must never travel with a workspace: process ids, ports, venvs, keys, logs."""

import os
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from shipway.domain.canonical import sha256_hex
from shipway.errors import MachineError

_TRIALS = "trials"


@dataclass(frozen=True)
class MachineState:
    """The state folder of one workspace on this machine. Everything below is made on first use, mode 0700."""

    root: Path

    @property
    def venvs(self) -> Path:
        return self._folder("venvs")

    @property
    def locks(self) -> Path:
        """Resolved requirement locks, by the digest of what was resolved."""
        return self._folder("locks")

    @property
    def bundles(self) -> Path:
        return self._folder("bundles")

    @property
    def services(self) -> Path:
        return self._folder("services")

    @property
    def server(self) -> Path:
        """The local Prefect server's record, database and log."""
        return self._folder("server")

    @property
    def logs(self) -> Path:
        return self._folder("logs")

    @property
    def trials(self) -> "MachineState":
        """Where images are tried: a folder of its own, so that a trial can never meet a service."""
        return MachineState(self.root / _TRIALS)

    @property
    def is_of_trials(self) -> bool:
        return self.root.name == _TRIALS

    def _folder(self, name: str) -> Path:
        return private_folder(self.root / name)


def machine_state(workspace_url: str) -> MachineState:
    """The state folder for a workspace. Raises MachineError when it cannot be made. Safe to repeat."""
    root = state_home() / sha256_hex(workspace_url.encode())[:16]
    private_folder(root)
    marker = root / "workspace"  # for people who look: which workspace this folder belongs to
    if not marker.exists():
        marker.write_text(f"{workspace_url}\n")
    return MachineState(root)


def state_home() -> Path:
    """`$XDG_STATE_HOME/shipway`, by default below `~/.local/state` (XDG Base Directory Specification)."""
    base = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return Path(base) / "shipway"


def private_folder(path: Path) -> Path:
    """Makes a folder that only this user can read. Raises MachineError, naming it, when that fails."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise MachineError(
            f"the state folder {path} cannot be made: {error.strerror}; set XDG_STATE_HOME to a folder you can write"
        ) from error
    return path


def write_whole(path: Path, text: str, *, mode: int = 0o600) -> None:
    """Writes a small file so that a reader sees the old text or the new, never a part, whenever we are killed.

    Raises MachineError, naming it, when that fails; the old one stays then.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
        temporary.replace(path)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink()
        raise unwritable(path, error) from error


def unwritable(path: Path, error: OSError) -> MachineError:
    return MachineError(
        f"{path} cannot be written: {error.strerror}; free some room, such as with `shipway gc`, or set XDG_STATE_HOME "
        "to a folder that you can write"
    )
