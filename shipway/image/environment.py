"""A lock made real on this machine: a virtual environment, kept by the digest of what it was made from.

A release of the same environment installs nothing.
"""

import json
import platform
import shutil
import subprocess
from pathlib import Path

from shipway.domain.canonical import digest_of
from shipway.errors import BuildError
from shipway.image.interpreters import own_interpreter
from shipway.image.packages.install import install_here
from shipway.image.packages.lock import Lock, PythonThere
from shipway.image.uv import run_uv
from shipway.machine.locks import file_lock
from shipway.machine.state import MachineState

_COMPLETE = ".complete"
"""Written last: a virtual environment without it was left by a build that was killed, and is made again."""

_BUILDER_PATIENCE_S = 1800.0
_ASK_PACKAGES = """
import json, sys, sysconfig
paths = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")} if sys.prefix != sys.base_prefix else set()
print(json.dumps(sorted(paths)))
"""


def make_venv(lock: Lock, there: PythonThere, state: MachineState) -> Path:
    """The Python of a virtual environment that holds exactly the lock. Safe to repeat, and with two builders at once.

    Raises BuildError with uv's reason, a full disk among them.
    """
    interpreter = there.interpreter or own_interpreter().path
    asked = {"text": lock.text, "python": there.version, "system": platform.system(), "machine": platform.machine()}
    name = digest_of({**asked, **({"on_top": True} if lock.on_top else {}), "interpreter": str(interpreter)})
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


def _make_venv(venv: Path, lock: Lock, interpreter: Path, state: MachineState) -> None:
    """In its final place: scripts of a virtual environment have its path in their first line."""
    what = f"the virtual environment {venv} cannot be made"
    if venv.exists():
        shutil.rmtree(venv)
    below = ["--system-site-packages"] if lock.on_top else []
    run_uv(["venv", "-q", "--python", str(interpreter), *below, str(venv)], cwd=state.root, what=what)
    try:
        if lock.on_top:
            _see_packages_of(interpreter, venv, what)
        install_here(lock, python_of(venv), what, state)
        (venv / _COMPLETE).touch()
    except BuildError:
        shutil.rmtree(venv, ignore_errors=True)
        raise


def _see_packages_of(interpreter: Path, venv: Path, what: str) -> None:
    """Of an interpreter that is a virtual environment's itself, whose packages are not the system's."""
    try:
        asked = subprocess.run([interpreter, "-I", "-c", _ASK_PACKAGES], capture_output=True, text=True, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        raise BuildError(f"{what}: {interpreter} does not say where its packages are: {error}") from error
    for folder in venv.glob("lib/python*/site-packages"):
        lines = [f"import site; site.addsitedir({path!r})\n" for path in json.loads(asked.stdout)]
        (folder / "_packages_below.pth").write_text("".join(lines), encoding="utf-8")
