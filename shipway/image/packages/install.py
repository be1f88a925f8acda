"""A lock to installed packages. Nothing is resolved here: what the lock says is what is there afterwards."""

import logging
import platform
import re
from collections.abc import Sequence
from pathlib import Path

from shipway.errors import BuildError
from shipway.image.interpreters import own_interpreter
from shipway.image.packages.builder import builder_for
from shipway.image.packages.compiled import unfit
from shipway.image.packages.lock import Lock, PythonThere, pins_of
from shipway.image.packages.question import platform_arguments, sources_in
from shipway.image.uv import run_uv
from shipway.machine.state import MachineState

log = logging.getLogger(__name__)

_BUILT_FOR_HERE = re.compile(r"^Tag: \S+-linux_\w+$", re.MULTILINE)
"""What local builds are tagged with; wheels of an index say manylinux or musllinux."""


def install(lock: Lock, there: PythonThere, into: Path, state: MachineState) -> None:
    """Into a folder laid out as a virtual environment, with the packages below its lib/ and their programs in bin/.

    Raises BuildError with uv's reason; `into` may hold a part then.
    """
    what = f"the packages of an image for {there.called} cannot be installed"
    _install(lock.private, there, ["--prefix", str(into.resolve()), "--no-compile-bytecode"], what, state)
    if there.platform and sources_in(lock.private):
        _refuse_unfit(into, there.platform)


def install_apart(lock: Lock, there: PythonThere, into: Path, state: MachineState) -> None:
    """The scoring server's own packages, flat in a folder; nothing when they stand with the author's."""
    if lock.apart:
        what = f"the scoring server's own packages cannot be installed for {there.called}"
        _install(lock.apart_private, there, ["--target", str(into.resolve()), "--no-compile-bytecode"], what, state)


def install_here(lock: Lock, python: Path, what: str, state: MachineState) -> None:
    """Into the virtual environment of `python`. Raises BuildError: `what`, and uv's reason."""
    there = PythonThere(version="", interpreter=python)
    _install(lock.private, there, [], what, state)


def _install(text: str, there: PythonThere, where: Sequence[str], what: str, state: MachineState) -> None:
    if not (pins := list(pins_of(text))):
        return
    names = sources_in(text)
    built = f"; built from source, having no wheel: {', '.join(names)}" if names else ""
    log.info("installing %d packages%s", len(pins), built)
    python = there.interpreter or own_interpreter().path
    if there.platform and names:
        python = builder_for(there, names, BuildError(what)).path
    arguments = ["pip", "install", "-q", "--python", str(python), *platform_arguments(there), *where, "--no-deps"]
    run_uv([*arguments, "-r", "-"], cwd=state.locks, what=what, text=text)


def _refuse_unfit(prefix: Path, image: str) -> None:
    """What was compiled here was linked against this machine's libraries, which need not be the image's."""
    for wheel in sorted(prefix.glob("lib*/python*/site-packages/*.dist-info/WHEEL")):
        if not _BUILT_FOR_HERE.search(wheel.read_text(encoding="utf-8")):
            continue
        name = wheel.parent.name.partition("-")[0]
        for path in _compiled_files(wheel.parent):
            if reason := unfit(path.read_bytes(), image, platform.machine()):
                raise BuildError(
                    f"{name} has no wheel for the image, and what was compiled here does not fit it ({path.name}: "
                    f"{reason}); pin a version that has a wheel, or put a wheel of it where pip looks (--find-links)"
                )
        log.info("%s was compiled here, and fits the image", name)


def _compiled_files(info: Path) -> list[Path]:
    """Of one package, by its list of files."""
    listed = (line.partition(",")[0] for line in (info / "RECORD").read_text(encoding="utf-8").splitlines())
    return [info.parent / name for name in listed if name.endswith(".so") or ".so." in name]
