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
SERVED_MINORS = tuple((3, minor) for minor in range(13, 5, -1))
"""What the scoring server runs on, the newest first."""

_TOO_OLD = ((2, 6), (2, 7), *((3, minor) for minor in range(6)))
_TOO_NEW = (*((3, minor) for minor in range(14, 40)), (4, 0))

_ANY_PATCH = 99
"""Above any patch level, so that bounds such as >=3.8.2 hold for a minor version as a whole."""

_DEFAULTS_UNTIL = (("2021-07-01", "3.6.2"), ("2023-01-01", "3.8"))

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


@dataclass(frozen=True, kw_only=True)
class Served:
    """The pin that is looked for in place of the author's, and why, as a line for whoever asked; empty when it is
    the author's own."""

    pin: str | None
    told: str = ""


def served_pin(pin: str | None, as_of: str | None = None) -> Served:
    """What the scoring server runs on instead of what is too old or too new for it; the default of its time for none.

    Pure. Raises BuildError for a pin that is none.
    """
    if pin is None:
        return _of_its_time(as_of)
    if any(satisfies((*minor, _ANY_PATCH), pin) for minor in SERVED_MINORS):
        return Served(pin=pin)
    if any(satisfies((*minor, _ANY_PATCH), pin) for minor in _TOO_OLD):
        return _instead(pin, SERVED_MINORS[-1], "oldest")
    if any(satisfies((*minor, _ANY_PATCH), pin) for minor in _TOO_NEW):
        return _instead(pin, SERVED_MINORS[0], "newest")
    raise BuildError(f"the environment pins Python {pin}, which is no version that there is; write one such as 3.11")


def _instead(pin: str, minor: tuple[int, int], which: str) -> Served:
    found = ".".join(map(str, minor))
    told = f"it pins Python {pin} and runs on {found}, the {which} that the scoring server runs on"
    return Served(pin=found, told=told)


def _of_its_time(as_of: str | None) -> Served:
    """The SDK's default of the day (contract 10.1; the days are those of its releases 1.34 and 1.49)."""
    found = next((pin for until, pin in _DEFAULTS_UNTIL if as_of is not None and as_of < until), None)
    told = f"it pins no Python and runs on {found}, v1's default on {as_of}" if found else ""
    return Served(pin=found, told=told)


def find_interpreter(pin: str | None, python: Path | None = None) -> Interpreter:
    """The interpreter for a pin, such as 3.6.2 or >=3.7,<3.9; None takes Shipway's own. `python` is the user's choice.

    Of a pin's major and minor number any patch level will do, and `served_pin` stands for it. Raises BuildError, naming
    which there are.
    """
    if python is not None:
        return _chosen(python)
    pin, own = served_pin(pin).pin, own_interpreter()
    if pin is None or satisfies(own.numbers, pin):
        return own
    good = [i for i in installed_interpreters(pin=pin) if satisfies(i.numbers, pin)]
    if not good:
        raise BuildError(_none_here(pin, own))
    return next((i for i in good if i.version == pin), max(good, key=lambda i: i.numbers))


def misfit(interpreter: Interpreter, pin: str | None) -> str:
    """What to say of an interpreter that the user chose against the pin; empty when it fits."""
    if pin is None or satisfies(interpreter.numbers, pin):
        return ""
    return (
        f"--python {interpreter.path} is Python {interpreter.version}, and the environment pins {pin}: yours is taken"
    )


def how_to_install(minor: str) -> str:
    """uv has none below 3.8."""
    oldest_of_uv = (3, 8)
    return f"`uv python install {minor}`" if _numbers(minor) >= oldest_of_uv else f"`pyenv install {minor}`"


def satisfies(version: tuple[int, ...], pin: str) -> bool:
    """Raises BuildError for a pin that is none."""
    return all(_clause_holds(version, clause.strip(), pin) for clause in pin.split(","))


def installed_interpreters(*, pin: str | None = None) -> Iterator[Interpreter]:
    """Those on PATH, pyenv's and uv's, each once. `pin` leaves those unasked whose name says another minor version:
    asking takes 20 ms each."""
    seen: set[Path] = set()
    for path in _candidates():
        real = path.resolve()
        if real in seen or (pin and not satisfies((*_numbers(path.name), _ANY_PATCH), pin)):
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
    for folder in [*sorted(uv.glob("*/bin")), *folders, *sorted(pyenv.glob("versions/*/bin"))]:
        if folder.is_dir():
            yield from (path for path in sorted(folder.glob("python3.*")) if _NAME.fullmatch(path.name))


def _chosen(python: Path) -> Interpreter:
    """Not resolved: the `python` of a virtual environment is a link, and stands for what lies there."""
    found = _ask(python.expanduser().absolute())
    if found is None:
        raise BuildError(f"--python {python} does not start as a Python; name the path of an interpreter")
    if found.numbers[:2] < SERVED_MINORS[-1]:
        raise BuildError(f"--python {python} is Python {found.version}; the scoring server runs on 3.6 to 3.13")
    return found


def _none_here(pin: str, own: Interpreter) -> str:
    there = sorted(installed_interpreters(), key=lambda i: i.numbers)
    names = ", ".join(dict.fromkeys(i.version for i in there)) or own.version
    wanted = next((minor for minor in SERVED_MINORS if satisfies((*minor, _ANY_PATCH), pin)), SERVED_MINORS[0])
    return (
        f"the environment pins Python {pin}, and there is none here (found {names}); install one, such as with "
        f"{how_to_install('.'.join(map(str, wanted)))}, or name one with --python"
    )


def _ask(path: Path) -> Interpreter | None:
    try:
        result = subprocess.run([path, "-I", "-c", _ASK], capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    version, _, _ = result.stdout.strip().partition(" ")
    return Interpreter(path=path, version=version) if _numbers(version) else None


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


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version)[:3])
