"""What goes wrong with an engine, turned into one of ours. This is the one place that knows the SDK's exceptions."""

import re

from shipway.engine.endpoint import Endpoint
from shipway.errors import EngineUnavailable, ShipwayError, TargetError

_ERRNO = re.compile(r"\[Errno -?\d+\] ([^'\")]+)")
_PAIR = re.compile(r"\(\d+, '([^']+)'\)")
_LONGEST_REASON = 400
_PORT_TAKEN = ("port is already allocated", "address already in use")
_FULL = "no space left on device"


class NotInEngine(TargetError):
    """The engine knows no such container, image or network."""


class NameTaken(TargetError):
    """A container of that name exists already, or is just being removed."""


class EngineFull(TargetError):
    """The engine's disk is full."""


class PortTaken(TargetError):
    """Somebody listens on a port that a container was to have."""


def fault(error: Exception, *, what: str, endpoint: Endpoint) -> ShipwayError:
    """What to raise in place of `error`. `what` says what was being done, such as: starting container shipway-1."""
    from docker.errors import APIError  # noqa: PLC0415 - the SDK takes 0.2 s

    if not isinstance(error, APIError):
        return broken_off(error, what=what, endpoint=endpoint)
    reason = bounded(error.explanation or str(error))
    return of_reason(reason, status=error.status_code, what=what, endpoint=endpoint)


def of_reason(reason: str, *, status: int | None, what: str, endpoint: Endpoint) -> ShipwayError:
    """From the engine's own words: those of an answer, or those of an error in a stream (which has no status)."""
    if _FULL in reason:
        return EngineFull(
            f"{what}: the disk of the Docker Engine at {endpoint} is full ({reason}); "
            "free some, such as with `docker system df` and `docker image prune`"
        )
    if any(words in reason for words in _PORT_TAKEN):
        return PortTaken(f"{what}: {reason}")
    if status == 404:
        return NotInEngine(f"{what}: {reason}")
    if status == 409:
        return NameTaken(f"{what}: {reason}")
    return TargetError(f"{what}: the Docker Engine at {endpoint} refuses: {reason}")


def broken_off(error: Exception, *, what: str, endpoint: Endpoint) -> EngineUnavailable:
    """No answer, or half of one."""
    return EngineUnavailable(
        f"{what}: the Docker Engine at {endpoint} broke off or does not answer ({innermost(error)}); "
        "see whether it runs (`docker info`), then try again"
    )


def unreachable(error: Exception, endpoint: Endpoint) -> EngineUnavailable:
    return EngineUnavailable(
        f"no Docker Engine answers at {endpoint}: {innermost(error)}; start it (on Debian: apt-get install docker.io, "
        "then systemctl start docker), or name another with DOCKER_HOST or `docker context use`"
    )


def innermost(error: BaseException) -> str:
    """The operating system's own word out of the layers that HTTP libraries wrap around it."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    text = str(error)
    found = _ERRNO.search(text) or _PAIR.search(text)
    return found.group(1) if found else bounded(text or type(error).__name__)


def bounded(text: str) -> str:
    """On one line."""
    words = " ".join(text.split())
    return words if len(words) <= _LONGEST_REASON else f"{words[: _LONGEST_REASON - 3]}..."
