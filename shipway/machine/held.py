"""Processes that hold a file lock for as long as they live, and write their id into a file as their first act.

The two together find a process again whose starter was killed before it could write anything down.
"""

import time
from collections.abc import Sequence
from pathlib import Path

from shipway.errors import MachineError
from shipway.machine.processes import Command, ProcessIdentity, holds, identify, start

_TRIES = 3
"""Whoever looks whether a lock is held holds it for that moment, so that a start may find it taken by nobody."""

_FIRST_ACT_S = 10.0
"""Between the start of a process and its id in the file lies an exec, and on a busy machine an interpreter's start."""


def with_pid_file(argv: Sequence[str], pid_file: Path) -> tuple[str, ...]:
    """For programs that write no pid file themselves: a shell writes it, by a rename, and becomes the program."""
    script = 'echo $$ > "$0.new" && mv "$0.new" "$0" && exec "$@"'
    return ("/bin/sh", "-c", script, str(pid_file), *argv)


def holder(lock: Path, pid_file: Path, *, patience_s: float = _FIRST_ACT_S) -> ProcessIdentity | None:
    """Who holds the lock; None when nobody does, or nobody who has said its id after `patience_s`."""
    deadline = time.monotonic() + patience_s
    while holds(lock):
        identity = _named(pid_file)
        if identity or time.monotonic() > deadline:
            return identity
        time.sleep(0.02)
    return None


def start_once(command: Command, pid_file: Path) -> ProcessIdentity:
    """Starts it, or finds the one that runs already. Raises MachineError when it ends before it has said its id."""
    for _ in range(_TRIES):
        if identity := holder(command.lock, pid_file):
            return identity
        pid_file.unlink(missing_ok=True)  # it names the last one
        if identity := start(command) or holder(command.lock, pid_file):
            return identity
    raise MachineError(f"{command.argv[0]} ends as soon as it is started; its log is {command.log}")


def _named(pid_file: Path) -> ProcessIdentity | None:
    try:
        return identify(int(pid_file.read_text()))
    except (FileNotFoundError, ValueError):
        return None
