"""Shipway as a user gets it: built from a copy of the tree, installed into an empty environment away from it."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from uv import find_uv_bin

ROOT = Path(__file__).parents[2]

LEFT_OVERS = (
    "configs/examples/digits/models/v1/digits.onnx",
    "configs/examples/digits/train-env/lib/module.py",
    "flows/__pycache__/release.cpython-311.pyc",
    "serving/shipway_serving/__pycache__/__init__.cpython-311.pyc",
)
"""What working in the tree leaves there, and nobody should be sent."""


@dataclass(frozen=True, kw_only=True)
class Built:
    """A source distribution, and the wheel that was built from it and from nothing else."""

    tree: Path
    sdist: Path
    wheel: Path


@dataclass(frozen=True, kw_only=True)
class Installed:
    """An environment with the wheel in it. Programs run there see nothing of ours: own home, own state, own path."""

    venv: Path
    home: Path

    @property
    def state(self) -> Path:
        return self.home / "state"

    @property
    def environment(self) -> dict[str, str]:
        path = f"{self.venv / 'bin'}:/usr/bin:/bin"
        return {"PATH": path, "HOME": str(self.home), "XDG_STATE_HOME": str(self.state), "LANG": "C.UTF-8"}

    def run(self, program: str, *words: str, cwd: Path | None = None, **settings: str) -> str:
        """What a program of the environment printed; fails with all that it said unless it ended well."""
        command = [str(self.venv / "bin" / program), *words]
        return run(command, cwd=cwd or self.home, environment=self.environment | settings)

    def asked(self, question: str) -> Any:
        """What Python in the environment answers: the value of a global `answer`, by way of JSON."""
        script = f"{question}\nimport json\nprint(json.dumps(answer))"
        return json.loads(self.run("python", "-I", "-c", script).splitlines()[-1])

    def processes(self) -> Iterator[psutil.Process]:
        """Whatever was started here and still lives, known by its state folder, which is nobody else's."""
        for process in psutil.process_iter():
            try:
                if process.environ().get("XDG_STATE_HOME") == str(self.state):
                    yield process
            except (psutil.NoSuchProcess, psutil.AccessDenied):
                continue


def run(command: Sequence[str], *, cwd: Path, environment: Mapping[str, str]) -> str:
    done = subprocess.run(
        command, cwd=cwd, env=dict(environment), stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{' '.join(command)}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def copy_tree(to: Path) -> Path:
    """The files that git knows or would take, links as links, and beside them what a busy tree has too."""
    names = run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, environment=os.environ
    )
    for name in filter(None, names.split("\0")):
        if (ROOT / name).exists():  # git lists also what was deleted a moment ago
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, to / name, follow_symlinks=False)
    for name in LEFT_OVERS:
        (to / name).parent.mkdir(parents=True, exist_ok=True)
        (to / name).write_text("left over\n")
    return to


def build(tree: Path, into: Path) -> Built:
    """With the hatchling of this environment: an isolated build would fetch one from an index each time."""
    run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(into), str(tree)],
        cwd=into,
        environment=os.environ,
    )
    return Built(tree=tree, sdist=next(into.glob("*.tar.gz")), wheel=next(into.glob("*.whl")))


def install(wheel: Path, into: Path) -> Installed:
    """As `pip install shipway` would: newest of everything within the bounds, no lock, no extras."""
    venv, home = into / "venv", into / "home"
    home.mkdir(parents=True)
    outside = {name: value for name, value in os.environ.items() if name not in {"VIRTUAL_ENV", "PYTHONPATH"}}
    for words in (
        ["venv", "-q", "--python", sys.executable, str(venv)],
        ["pip", "install", "-q", "--python", str(venv / "bin" / "python"), str(wheel)],
    ):
        run([find_uv_bin(), *words], cwd=home, environment=outside)
    return Installed(venv=venv, home=home)
