"""Where a benchmark plays: a workspace and a state home of its own below one temporary folder, away with the block."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from benchmarks.report import ROOT
from benchmarks.rounds import run
from shipway.cli.server import ServerRecord
from shipway.cli.server.record import read_record
from shipway.machine.state import MachineState
from shipway.store.workspace import Workspace, open_workspace

SHIPWAY = str(Path(sys.executable).parent / "shipway")
"""The command as people type it."""


@dataclass(frozen=True)
class Ground:
    """`environment` is that of every command: nothing of the user's Prefect or Shipway gets in."""

    folder: Path
    environment: Mapping[str, str]

    @property
    def workspace(self) -> Workspace:
        return open_workspace(self.folder / ".shipway", create=True)

    def shipway(self, *words: str) -> str:
        return run([SHIPWAY, *words], self.environment, str(self.folder))

    def release(self, file: Path, release_id: str) -> None:
        """However it ends: the journal says how."""
        command = [SHIPWAY, "release", file.name, "--id", release_id]
        subprocess.run(command, env=self.environment, cwd=self.folder, capture_output=True, check=False, timeout=300)

    def document(self, *words: str) -> Any:
        return json.loads(self.shipway(*words, "-o", "json"))

    def server(self) -> ServerRecord:
        """The Prefect server that runs here."""
        (folder,) = (self.folder / "state" / "shipway").glob("*/server")
        record = read_record(MachineState(folder.parent))
        assert record is not None
        return record

    def end(self) -> None:
        """Stops what runs here; what does not stop when asked is killed."""
        subprocess.run(
            [SHIPWAY, "down", "--all"], env=self.environment, cwd=self.folder, capture_output=True, check=False
        )
        left = [process for process in psutil.process_iter() if self._is_ours(process)]
        for process in left:
            process.kill()
        psutil.wait_procs(left, timeout=10)

    def _is_ours(self, process: psutil.Process) -> bool:
        """By the folder: in the command line of servers and gateways, in the environment of Prefect's."""
        mine = str(self.folder / "state")
        try:
            return any(mine in word for word in (*process.cmdline(), process.environ().get("PREFECT_HOME", "")))
        except psutil.Error:
            return False


@contextmanager
def ground(**variables: str) -> Iterator[Ground]:
    """Everything is cold: no server, no environment, no template; the package cache alone is the machine's."""
    foreign = ("PREFECT_", "SHIPWAY_", "PYTHON")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    with tempfile.TemporaryDirectory(prefix="shipway-bench-") as name:
        folder = Path(name).resolve()
        opened = Ground(folder, {**kept, "XDG_STATE_HOME": str(folder / "state"), "PYTHONPATH": str(ROOT), **variables})
        try:
            opened.shipway("init", "--no-example")
            yield opened
        finally:
            opened.end()
