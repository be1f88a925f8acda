"""An author's packages for an image: resolved and installed on this machine for the Python and platform of the base.

Nothing runs inside the image: no index need be reachable from there, and no credentials come near it. Wheels are taken;
a package that has only its source is built here, when it is pure Python and this machine has a Python of the same minor
version.
"""

import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from shipway.domain.canonical import digest_of, sha256_hex
from shipway.domain.environment import Environment
from shipway.errors import BuildError
from shipway.image.container.base_python import BasePython
from shipway.image.environment import NEVER_BUILT_HERE
from shipway.image.interpreters import Interpreter, installed_interpreters, own_interpreter
from shipway.image.uv import run_uv, without_credentials
from shipway.machine.state import MachineState, write_whole

log = logging.getLogger(__name__)

_NEEDS_BUILDING = re.compile(r"Wheels are required for `([^`]+)`|`([^`]+)` .*--no-build")
_BUILT_FOR_HERE = re.compile(r"^Tag: \S+-linux_\w+$", re.MULTILINE)
"""What local builds are tagged with; wheels of an index say manylinux or musllinux."""


@dataclass(frozen=True, kw_only=True)
class Packages:
    """What was resolved. `text` may be shown: no URL in it has credentials. `private` is what uv is given."""

    text: str
    private: str

    @property
    def digest(self) -> str:
        return sha256_hex(self.text.encode())


def lock_packages(
    environment: Environment, python: BasePython, platform: str, serving: str, state: MachineState
) -> Packages:
    """The author's requirements and the server's (`serving`), with hashes. Safe to repeat: resolved once.

    Raises BuildError for packages that only conda has, and with uv's reason when nothing satisfies all.
    """
    if environment.conda_packages:
        names = ", ".join(environment.conda_packages)
        raise BuildError(
            f"{environment.called} needs packages that only conda has, and images are built without conda: {names}; "
            "take them out, or name packages of pip's that do as well"
        )
    wanted = "\n".join([*environment.requirements, serving])
    asked = digest_of({"text": wanted, "python": python.version, "platform": platform})
    kept = state.locks / f"{asked}.txt"
    if not kept.exists():
        write_whole(kept, _resolve(environment, wanted, python, platform, state))
    private = kept.read_text(encoding="utf-8")
    return Packages(text=without_credentials(private), private=private)


def install_packages(packages: Packages, python: BasePython, platform: str, into: Path, state: MachineState) -> None:
    """Into a folder laid out as a virtual environment, with the packages below its lib/ and their programs in bin/.

    Raises BuildError with uv's reason; `into` may hold a part then.
    """
    log.info("installing %d packages", len(packages_in(packages.text)))
    what = f"the packages of an image for Python {python.minor} on {platform} cannot be installed"
    arguments = ["pip", "install", "-q", "--prefix", str(into), "--no-deps", "--no-compile-bytecode", "-r", "-"]
    done = _Uv(python, platform, state.root).run(arguments, what=what, text=packages.private)
    if done.built:
        _refuse_compiled(into)


def packages_in(lock: str) -> list[str]:
    """`name==version` of each package of a lock."""
    return re.findall(r"^([A-Za-z0-9][\w.-]*==[^\s;\\]+)", lock, re.MULTILINE)


def _resolve(environment: Environment, wanted: str, python: BasePython, platform: str, state: MachineState) -> str:
    """The author's own index options come first in the lock: what was found there is installed from there."""
    what = f"{environment.called} cannot be resolved for Python {python.version} on {platform}"
    arguments = ["pip", "compile", "-", "-q", "--generate-hashes", "--no-header", "--no-annotate"]
    arguments += ["--no-emit-index-url", "--prerelease", "explicit"]
    locked = _Uv(python, platform, state.root).run(arguments, what=what, text=wanted).printed
    log.info("%d packages resolved for Python %s on %s", len(packages_in(locked)), python.version, platform)
    return "\n".join([*(line for line in environment.requirements if line.startswith("-")), locked])


@dataclass(frozen=True)
class _Done:
    """What uv printed, and whether it had to build something."""

    printed: str
    built: bool


@dataclass(frozen=True)
class _Uv:
    """uv, for a Python and a platform that need not be this machine's."""

    python: BasePython
    platform: str
    cwd: Path

    def run(self, arguments: Sequence[str], *, what: str, text: str) -> _Done:
        """With wheels only; then once more with building, when that is what it lacks."""
        arguments = [*arguments, "--python-version", self.python.version, "--python-platform", self.platform]
        wheels = ["--python", str(own_interpreter().path), "--only-binary", ":all:"]
        try:
            return _Done(run_uv([*arguments, *wheels], cwd=self.cwd, what=what, text=text), built=False)
        except BuildError as error:
            builder = _builder_for(self.python, error)
        some = ["--python", str(builder.path), *(word for n in NEVER_BUILT_HERE for word in ("--only-binary", n))]
        return _Done(run_uv([*arguments, *some], cwd=self.cwd, what=what, text=text), built=True)


def _builder_for(python: BasePython, error: BuildError) -> Interpreter:
    """Raises `error`, with what is lacking, when building would not help or there is nothing to build with."""
    names = sorted({a or b for a, b in _NEEDS_BUILDING.findall(str(error))})
    if not names:
        raise error
    found = next((i for i in _interpreters() if i.numbers[:2] == python.numbers[:2]), None)
    if found is None:
        raise BuildError(
            f"{', '.join(names)} would have to be built from source, and this machine has no Python {python.minor} to "
            f"build with: install one, such as with `uv python install {python.minor}`, or pin a version that has a "
            f"wheel ({error})"
        ) from error
    log.info("%s: no wheel, building from source with Python %s", ", ".join(names), found.version)
    return found


def _interpreters() -> Iterator[Interpreter]:
    yield own_interpreter()
    yield from installed_interpreters()


def _refuse_compiled(prefix: Path) -> None:
    """What was compiled here was linked against this machine's libraries, which are not the image's."""
    wheels = prefix.glob("lib*/python*/site-packages/*.dist-info/WHEEL")
    names = sorted(path.parent.name.partition("-")[0] for path in wheels if _BUILT_FOR_HERE.search(path.read_text()))
    if names:
        raise BuildError(
            f"{', '.join(names)} has no wheel for the image and has compiled parts, which would be this machine's; "
            "pin a version that has a wheel, or put a wheel of it where pip looks (--find-links)"
        )
