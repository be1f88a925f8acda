"""The virtual environments of the two servers, each made once for its lock and kept in `.venvs/`.

`python -m tests.parity.environments` compiles the locks in `requirements/` anew.
"""

import fcntl
import hashlib
import os
import subprocess
from pathlib import Path
from typing import NamedTuple

from tests.absent import absent

ROOT = Path(__file__).parents[2]
REQUIREMENTS = Path(__file__).parent / "requirements"
VENVS = ROOT / ".venvs"


class Environment(NamedTuple):
    """One environment: a Python and a lock."""

    name: str
    python: str
    lock: str
    """The file in `requirements/`, without its suffix."""


MICROSOFT_MODERN = Environment("microsoft-1.5.1", "3.11", "microsoft-1.5.1")
MICROSOFT_LEGACY = Environment("microsoft-0.4.13", "3.6", "microsoft-0.4.13")
OURS_MODERN = Environment("ours-3.11", "3.11", "ours-3.11")
OURS_LEGACY = Environment("ours-3.6", "3.6", "ours-3.6")

COMPILED = {
    "microsoft-1.5.1": ("3.11.7", ()),
    "microsoft-0.4.13": ("3.6.15", ()),
    "ours-3.11": ("3.11.7", ("ours.in", "microsoft-1.5.1.txt")),
    "ours-3.6": ("3.6.15", ("ours.in", "microsoft-0.4.13.txt")),
    "ours-smoke": ("3.6", ("ours-smoke.in", "")),
}
"""Lock -> the Python it is for, and where it differs its source and the lock whose versions it keeps to.

The author's packages are the same on both sides: what is compared is the server.
"""


def smoke_environment(python: str) -> Environment:
    """Ours on another Python, with nothing beside the server's own needs."""
    return Environment(f"ours-smoke-{python}", python, "ours-smoke")


def interpreter_of(environment: Environment) -> Path:
    """The environment's Python, made ready first; skips the test, or in CI fails it, where there is no such Python."""
    python = _python(environment.python)
    if python is None:
        absent(f"no Python {environment.python} here: `uv python install {environment.python}` brings it")
    lock = REQUIREMENTS / f"{environment.lock}.txt"
    venv = VENVS / f"parity-{environment.name}"
    VENVS.mkdir(exist_ok=True)
    with (VENVS / f"parity-{environment.name}.lock").open("w") as alone:
        fcntl.flock(alone, fcntl.LOCK_EX)
        try:
            _make(venv, python, lock)
        except RuntimeError as error:
            absent(f"{venv.name} cannot be made: {error}")
    return venv / "bin" / "python"


def _python(version: str) -> Path | None:
    """A real interpreter, not one of pyenv's shims: what those start depends on the folder."""
    versions = sorted((Path.home() / ".pyenv" / "versions").glob(f"{version}.*"), reverse=True)
    folders = [Path(folder) for folder in os.environ.get("PATH", "").split(os.pathsep) if "shims" not in folder]
    candidates = [each / "bin" / "python" for each in versions] + [each / f"python{version}" for each in folders]
    return next((candidate for candidate in candidates if candidate.exists()), None)


def _make(venv: Path, python: Path, lock: Path) -> None:
    stamp = venv / "lock.sha256"
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == digest:
        return
    _run("uv", "venv", "--quiet", "--clear", "--python", str(python), str(venv))
    inside = str(venv / "bin" / "python")
    _run("uv", "pip", "install", "--quiet", "--require-hashes", "--python", inside, "-r", str(lock))
    stamp.write_text(digest)


def compile_locks() -> None:
    options = ("--quiet", "--upgrade", "--generate-hashes", "--no-emit-index-url", "--no-header", "--no-annotate")
    for lock, (python, source) in COMPILED.items():
        name, kept = source or (f"{lock}.in", "")
        constraint = ("--constraint", kept) if kept else ()
        every = ("--universal",) if lock == "ours-smoke" else ()
        target = ("--python-version", python, "--output-file", f"{lock}.txt", name)
        _run("uv", "pip", "compile", *options, *every, *constraint, *target)


def _run(*command: str) -> None:
    done = subprocess.run(command, cwd=REQUIREMENTS, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}: {done.stderr.strip()[-2000:]}")


if __name__ == "__main__":
    compile_locks()
