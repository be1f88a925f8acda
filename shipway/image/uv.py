"""Running uv, and saying in one line why it failed."""

import os
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

from shipway.errors import BuildError, Unresolvable

_TIMEOUT_S = 1800
"""Some environments are several GB, on lines that are slow."""

_DRAWING = re.compile(r"^[^\w`'\"(<\[]+")
_CREDENTIALS = re.compile(r"(?<=://)[^/@\s'\"]+@")
_IN_OUR_WAY = ("VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME", "UV_PROJECT_ENVIRONMENT", "UV_PYTHON")
_MAX_REASON = 400


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


def reason_of(stderr: str) -> str:
    """uv's message as one bounded line, without the drawing around it, and what to do where uv does not say."""
    if "No space left on device" in stderr or "os error 28" in stderr:
        return "no space left on the device; free some, such as with `shipway gc`"
    lines = [_DRAWING.sub("", line).strip() for line in stderr.splitlines()]
    words = " ".join(line for line in lines if line and not line.startswith("warning:")).removeprefix("error: ")
    words = without_credentials(words)
    bounded = words if len(words) <= _MAX_REASON else f"{words[: _MAX_REASON - 3]}..."
    return f"{bounded}{_remedy(words)}"


def _remedy(reason: str) -> str:
    """uv trusts authorities of its own list, and not those of the machine."""
    if "invalid peer certificate" not in reason:
        return ""
    return (
        "; name a file with the authority's certificate in SSL_CERT_FILE (Debian has those that a machine trusts "
        "in /etc/ssl/certs/ca-certificates.crt)"
    )


def without_credentials(text: str) -> str:
    """Every URL in it without the user and password that may stand in front of its host."""
    return _CREDENTIALS.sub("", text)


def _uv() -> str:
    from uv import find_uv_bin  # noqa: PLC0415 - only where something is built

    return str(find_uv_bin())
