"""A release's log on this machine: what a person reads first when something went wrong."""

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from shipway.machine.progress import heard_by
from shipway.machine.state import MachineState

_LAST_BYTES = 4096
_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


def log_path(machine: MachineState, release_id: str) -> Path:
    return machine.logs / f"release-{release_id}.log"


def background_log(machine: MachineState, release_id: str) -> Path:
    """What the process printed that carries a release out in the background."""
    return machine.logs / f"background-{release_id}.log"


def last_line(log: Path) -> str:
    """Empty when there is none."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - _LAST_BYTES))
            lines = file.read().decode(errors="replace").splitlines()
    except OSError:
        return ""
    return next((line.strip() for line in reversed(lines) if line.strip()), "")


def append_lines(machine: MachineState, release_id: str, heading: str, lines: Iterable[str]) -> None:
    """What would be lost otherwise, such as the log of a revision that goes: to the file alone, nobody's screen."""
    with log_path(machine, release_id).open("a", encoding="utf-8") as file:
        file.write(f"--- {heading}\n")
        file.writelines(f"    {line.rstrip()}\n" for line in lines)
        file.write("---\n")


@contextmanager
def logging_to_file(machine: MachineState, release_id: str) -> Iterator[None]:
    """What Shipway's loggers say goes to the release's file, too, appended."""
    handler = logging.FileHandler(log_path(machine, release_id), encoding="utf-8")
    handler.setFormatter(logging.Formatter(_FORMAT))
    try:
        with heard_by(handler):
            yield
    finally:
        handler.close()
