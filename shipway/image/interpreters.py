"""Finding the Python that an author pins, by asking the interpreters themselves.

Shims (pyenv's) answer for versions that they then refuse to run: what counts is what an interpreter says itself.
"""

import os
import platform
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from shipway.errors import BuildError

_ASK = "import platform, sys; print(platform.python_version(), sys.executable)"
_NAME = re.compile(r"python3\.\d+")
_OLDEST = (3, 6)
"""What the scoring server runs on."""

_CLAUSE = re.compile(r"(?P<operator>==|>=|<=|!=|~=|=|<|>)?\s*(?P<version>\d+(?:\.\d+)*)(?:\.\*)?")


@dataclass(frozen=True, kw_only=True)
class Interpreter:
    """`version` is whole, such as 3.6.15: resolvers need all of it."""

    path: Path
    version: str

    @property
    def numbers(self) -> tuple[int, ...]:
        return _numbers(self.version)


def own_interpreter() -> Interpreter:
    """The one that runs Shipway, outside its virtual environment."""
    path = Path(getattr(sys, "_base_executable", None) or sys.executable)
    return Interpreter(path=path, version=platform.python_version())


def find_interpreter(pin: str | None) -> Interpreter:
    """The interpreter for an author's pin, such as 3.6.2 or >=3.7,<3.9; None takes Shipway's own.

    Of a pin's major and minor number any patch level will do. Raises BuildError, naming which there are.
    """
    own = own_interpreter()
    if pin is None or satisfies(own.numbers, pin):
        return own
    _refuse_too_old(pin)
    there = list(installed_interpreters())
    good = [interpreter for interpreter in there if satisfies(interpreter.numbers, pin)]
    if not good:
        names = ", ".join(dict.fromkeys(i.version for i in sorted(there, key=lambda i: i.numbers))) or own.version
        raise BuildError(
            f"the environment pins Python {pin}, and there is none here (found {names}); "
            f"install one, such as with `uv python install`, or pin another"
        )
    return next((i for i in good if i.version == pin), max(good, key=lambda i: i.numbers))


def satisfies(version: tuple[int, ...], pin: str) -> bool:
    """Raises BuildError for a pin that is none."""
    return all(_clause_holds(version, clause.strip(), pin) for clause in pin.split(","))


def installed_interpreters() -> Iterator[Interpreter]:
    """Those on PATH, pyenv's and uv's, each once. Asks every one: 20 ms each."""
    seen: set[Path] = set()
    for path in _candidates():
        real = path.resolve()
        if real in seen:
            continue
        seen.add(real)
        if (found := _ask(path)) is not None:
            yield found


def _candidates() -> Iterator[Path]:
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    data = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    uv = Path(os.environ.get("UV_PYTHON_INSTALL_DIR") or data / "uv" / "python")
    folders = [Path(folder) for folder in os.environ.get("PATH", "").split(os.pathsep) if folder]
    folders = [folder for folder in folders if folder != pyenv / "shims"]
    for folder in [*folders, *sorted(pyenv.glob("versions/*/bin")), *sorted(uv.glob("*/bin"))]:
        if folder.is_dir():
            yield from (path for path in sorted(folder.glob("python3.*")) if _NAME.fullmatch(path.name))


def _ask(path: Path) -> Interpreter | None:
    try:
        result = subprocess.run([path, "-I", "-c", _ASK], capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    version, _, _ = result.stdout.strip().partition(" ")
    return Interpreter(path=path, version=version)


def _clause_holds(version: tuple[int, ...], clause: str, pin: str) -> bool:
    match = _CLAUSE.fullmatch(clause)
    if match is None:
        raise BuildError(f"the environment pins Python {pin!r}, which is not a version; write one such as 3.11")
    wanted = _numbers(match["version"])
    prefix = version[: len(wanted)]
    holds = {
        ">=": version >= wanted,
        ">": prefix > wanted,
        "<=": prefix <= wanted,
        "<": version < wanted,
        "!=": prefix != wanted,
        "~=": version >= wanted and prefix[:-1] == wanted[:-1],
    }
    any_patch_level = prefix[:2] == wanted[:2]
    return holds.get(match["operator"] or "==", any_patch_level)


def _refuse_too_old(pin: str) -> None:
    match = re.match(r"[=~]*\s*(\d+(?:\.\d+)+)", pin)
    if match and _numbers(match[1])[:2] < _OLDEST:
        raise BuildError(
            f"the environment pins Python {pin}; the scoring server runs on 3.6 and newer: pin one of those"
        )


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version)[:3])
