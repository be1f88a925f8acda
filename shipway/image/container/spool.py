"""A folder for what only passes through a build, on the disk of the state folder; gone afterwards, however it ends."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shipway.errors import MachineError
from shipway.machine.locks import file_lock, is_locked, take_lock
from shipway.machine.state import MachineState, private_folder, unwritable

_LOCK = "lock"


def _new_folder(spool: Path) -> Path:
    try:
        return Path(tempfile.mkdtemp(prefix="build-", dir=spool))
    except OSError as error:
        raise unwritable(spool, error) from error


@contextmanager
def spool_folder(state: MachineState) -> Iterator[Path]:
    """Sweeps what killed builders left: a living one holds a lock in its folder. Safe with several at once."""
    spool = private_folder(state.root / "spool")
    with file_lock(spool / ".lock"):
        for left in spool.glob("build-*"):
            if not is_locked(left / _LOCK):
                shutil.rmtree(left, ignore_errors=True)
        folder = _new_folder(spool)
        lock = take_lock(folder / _LOCK)
    if lock is None:
        raise MachineError(f"the folder {folder} was locked as it was made; build again")
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)
