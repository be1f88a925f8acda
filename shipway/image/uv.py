"""Running uv, and saying in one line why it failed."""

import os
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from shipway.errors import BuildError, Unresolvable
from shipway.image.packages.refusals import reason_of, without_credentials
from shipway.machine.state import MachineState, unwritable

_TIMEOUT_S = 1800
"""Some environments are several GB, on lines that are slow."""

_IN_OUR_WAY = ("VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME", "UV_PROJECT_ENVIRONMENT", "UV_PYTHON")


class UvFailed(BuildError):
    """uv refused, or failed. `words` are its own, whole, for whoever looks for the reason."""

    def __init__(self, message: str, words: str = "") -> None:
        super().__init__(message)
        self.words = words


class NothingSatisfies(Unresolvable):
    """No set of packages does. `words` are uv's own."""

    def __init__(self, message: str, words: str = "") -> None:
        super().__init__(message)
        self.words = words


@contextmanager
def scratch_folder(state: MachineState) -> Iterator[Path]:
    """A folder for one question, where uv finds no settings but those that are put there. Raises MachineError."""
    try:
        folder = tempfile.TemporaryDirectory(prefix="uv-", dir=state.locks)
    except OSError as error:
        raise unwritable(state.locks, error) from error
    with folder as name:
        yield Path(name).resolve()


def run_uv(arguments: Sequence[str], *, cwd: Path, what: str, text: str | None = None) -> str:
    """What uv prints. `text` is its input; `cwd` a folder without a project of its own, whose settings uv would take.

    Raises UvFailed: `what`, and uv's reason.
    """
    environment = {key: value for key, value in os.environ.items() if key not in _IN_OUR_WAY}
    environment["NO_COLOR"] = "1"
    try:
        result = subprocess.run(
            [_uv(), *arguments],
            cwd=cwd,
            env=environment,
            input=text,
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise UvFailed(f"{what}: uv did not finish within {_TIMEOUT_S} s; try again") from None
    if result.returncode != 0:
        raise UvFailed(f"{what}: {reason_of(result.stderr)}", without_credentials(result.stderr))
    return result.stdout


def _uv() -> str:
    from uv import find_uv_bin  # noqa: PLC0415 - only where something is built

    return str(find_uv_bin())
