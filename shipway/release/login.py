"""The password for a base image's registry, between the asking and the build: on this machine, for this release alone.

A workspace never has it. A release that is taken up elsewhere, or without it, pulls as whoever it is there.
"""

from contextlib import suppress
from pathlib import Path

from shipway.domain.secret import Secret
from shipway.machine.state import MachineState, private_folder, write_whole

_FOLDER, _MODE = "logins", 0o600


def keep_login(machine: MachineState, release_id: str, login: Secret | None) -> None:
    """Until `forget_login`. Raises MachineError when it cannot be written."""
    if login is not None:
        write_whole(_path(machine, release_id), login.reveal(), mode=_MODE)


def login_of(machine: MachineState, release_id: str) -> Secret | None:
    try:
        return Secret((machine.root / _FOLDER / release_id).read_text())
    except OSError:
        return None


def forget_login(machine: MachineState, release_id: str) -> None:
    """Safe to repeat."""
    with suppress(OSError):
        (machine.root / _FOLDER / release_id).unlink()


def _path(machine: MachineState, release_id: str) -> Path:
    return private_folder(machine.root / _FOLDER) / release_id
