"""A workspace with real processes, a real Prefect server and the real command; everything ends with the test."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from shipway.engine.connection import connect
from shipway.image.container.kept_images import kept_images, remove_image
from shipway.machine.state import MachineState
from shipway.release.trial import trial_state
from shipway.targets.docker.container import workspace_mark
from shipway.testing.assets import write_adder
from tests.engines import containers_of
from tests.prefect_template import shared_prefect_template


@dataclass(frozen=True)
class Live:
    """`folder` holds the workspace and the assets; the state folder lies below it, too."""

    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)

    def shipway(self, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "shipway.cli.main", *words],
            cwd=self.folder,
            env={**self.environment, **variables},
            capture_output=True,
            text=True,
            check=False,
            timeout=110,
        )

    def document(self, *words: str) -> Any:
        done = self.shipway(*words, "-o", "json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def adder(self, name: str, *, offset: str, golden: int, **more: Any) -> str:
        return write_adder(self.folder, offset=offset, golden=golden, name=name, **more).name

    def traffic(self) -> dict[str, int]:
        (service,) = self.document("service", "list")
        return {revision: weight for revision, weight in service["traffic"].items() if weight}

    def processes(self) -> dict[str, list[psutil.Process]]:
        """What runs for this workspace, by kind; zombies left out."""
        found: dict[str, list[psutil.Process]] = {"envoy": [], "revision": [], "prefect": [], "worker": []}
        for process in psutil.process_iter(["cmdline", "status"]):
            words = process.info["cmdline"] or []
            if process.info["status"] == psutil.STATUS_ZOMBIE or not self._is_ours(process):
                continue
            found[_kind(words)].append(process)
        return found

    def containers(self) -> list[Any]:
        """Of this workspace's services and trials, running or not."""
        marks = {workspace_mark(state) for root in self._states() for state in (root, trial_state(root))}
        return containers_of(marks, self.environment.get("DOCKER_HOST")) if self.uses_docker else []

    @property
    def uses_docker(self) -> bool:
        return "SHIPWAY_BASE_IMAGE" in self.environment

    def end(self) -> None:
        self._empty_engine()
        for processes in self.processes().values():
            for process in processes:
                process.kill()

    def _empty_engine(self) -> None:
        """Of the containers of this workspace, and of the images that were built for it."""
        if not self.uses_docker:
            return
        for container in self.containers():
            container.remove(force=True, v=True)
        engine = connect(self.environment)
        for state in self._states():
            for path, image in kept_images(state):
                remove_image(engine, path, image)
        engine.close()

    def _states(self) -> list[MachineState]:
        return [MachineState(path) for path in (self.folder / "state" / "shipway").glob("*") if path.is_dir()]

    def _is_ours(self, process: psutil.Process) -> bool:
        """By the state folder: in the command line of servers and gateways, in the environment of Prefect."""
        state = str(self.folder / "state")
        try:
            return any(state in word for word in [*process.cmdline(), process.environ().get("PREFECT_HOME", "")])
        except psutil.Error:
            return False


def _kind(words: list[str]) -> str:
    line = " ".join(words)
    if "envoy" in line and "bootstrap" in line:
        return "envoy"
    if "-m shipway_serving" in line:
        return "revision"
    return "prefect" if "prefect server start" in line else "worker"


@contextmanager
def live(folder: Path, **variables: str) -> Iterator[Live]:
    """A fresh workspace. Its Prefect server starts with the first release. One that is to use containers is told its
    SHIPWAY_BASE_IMAGE."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "SHIPWAY_"))}
    mine = {
        "XDG_STATE_HOME": str(folder / "state"),
        "PYTHONPATH": str(Path(__file__).parents[1]),
    }
    opened = Live(folder, {**kept, **mine, **variables})
    with shared_prefect_template(folder / "state"):
        try:
            done = opened.shipway("init", "--no-example")
            assert done.returncode == 0, done.stderr
            yield opened
        finally:
            opened.end()
