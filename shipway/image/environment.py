"""An author's environment made real: requirements to a lock, a lock to a virtual environment. uv does the work.

Both are kept on this machine by the digest of what they were made from: a release of the same environment resolves and
installs nothing.
"""

import platform
import shutil
from collections.abc import Iterable
from pathlib import Path

from shipway.domain.canonical import Plain, digest_of
from shipway.domain.environment import Environment
from shipway.errors import BuildError
from shipway.image.interpreters import Interpreter
from shipway.image.uv import run_uv
from shipway.machine.locks import file_lock
from shipway.machine.state import MachineState, write_whole

_COMPLETE = ".complete"
"""Written last: a virtual environment without it was left by a build that was killed, and is made again."""

_BUILDER_PATIENCE_S = 1800.0
NEVER_BUILT_HERE = ("numpy", "scipy", "pandas", "scikit-learn", "onnxruntime", "tensorflow", "torch")
"""These compile for ten minutes and then fail: better an older version that has a wheel, or the reason at once."""


def lock_environment(environment: Environment, interpreter: Interpreter, serving: str, state: MachineState) -> str:
    """The lock, with hashes, of the author's requirements and the server's (`serving`), for that very interpreter.

    Safe to repeat. Raises BuildError for packages that only conda has, and with uv's reason when nothing satisfies all.
    """
    if environment.conda_packages:
        names = ", ".join(environment.conda_packages)
        raise BuildError(
            f"{environment.called} needs packages that only conda has, and the process target has none: "
            f"{names}; take them out, or name packages of pip's that do as well"
        )
    wanted = "\n".join([*environment.requirements, serving])
    kept = state.locks / f"{digest_of(_asked_for(wanted, interpreter))}.txt"
    if not kept.exists():
        write_whole(kept, _resolve(environment, wanted, interpreter, state))
    return kept.read_text(encoding="utf-8")


def make_venv(lock: str, interpreter: Interpreter, state: MachineState) -> Path:
    """The Python of a virtual environment that holds exactly the lock. Safe to repeat, and with two builders at once.

    Raises BuildError with uv's reason, a full disk among them.
    """
    name = digest_of({**_asked_for(lock, interpreter), "interpreter": str(interpreter.path)})
    venv = state.venvs / name
    with file_lock(state.venvs / f".{name}.lock", timeout_s=_BUILDER_PATIENCE_S):
        if not is_complete(venv):
            _make_venv(venv, lock, interpreter, state)
    return python_of(venv)


def is_complete(venv: Path) -> bool:
    """Whether it was built to its end, and the interpreter that it points to is still there."""
    return (venv / _COMPLETE).exists() and python_of(venv).exists()


def python_of(venv: Path) -> Path:
    return venv / "bin" / "python"


def _asked_for(text: str, interpreter: Interpreter) -> dict[str, Plain]:
    return {"text": text, "python": interpreter.version, "system": platform.system(), "machine": platform.machine()}


def _resolve(environment: Environment, wanted: str, interpreter: Interpreter, state: MachineState) -> str:
    """The author's own index options come first in the lock: what was found there is installed from there."""
    what = f"{environment.called} cannot be resolved for Python {interpreter.version}"
    arguments = ["pip", "compile", "-", "-q", "--python", str(interpreter.path), "--generate-hashes"]
    arguments += ["--no-header", "--no-annotate", "--no-emit-index-url", "--prerelease", "explicit", *_wheels_only()]
    locked = run_uv(arguments, cwd=state.root, what=what, text=wanted)
    return "\n".join([*_index_options(environment.requirements), locked])


def _make_venv(venv: Path, lock: str, interpreter: Interpreter, state: MachineState) -> None:
    """In its final place: scripts of a virtual environment have its path in their first line."""
    what = f"the virtual environment {venv} cannot be made"
    if venv.exists():
        shutil.rmtree(venv)
    run_uv(["venv", "-q", "--python", str(interpreter.path), str(venv)], cwd=state.root, what=what)
    arguments = ["pip", "install", "-q", "--python", str(python_of(venv)), "--no-deps", *_wheels_only(), "-r", "-"]
    try:
        run_uv(arguments, cwd=state.root, what=what, text=lock)
        (venv / _COMPLETE).touch()
    except BuildError:
        shutil.rmtree(venv, ignore_errors=True)
        raise


def _wheels_only() -> list[str]:
    return [word for name in NEVER_BUILT_HERE for word in ("--only-binary", name)]


def _index_options(requirements: Iterable[str]) -> list[str]:
    return [line for line in requirements if line.startswith("-")]
