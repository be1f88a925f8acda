"""Which Python an asset will run on, and the one of this machine that can speak for it."""

import platform
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from shipway.asset.finding import Area, Finding, Severity
from shipway.domain.environment import Environment
from shipway.domain.image import DOCKER, PROCESS
from shipway.errors import BuildError
from shipway.image.interpreters import SERVED_MINORS, find_interpreter, misfit, own_interpreter, satisfies, served_pin
from shipway.image.packages.lock import PythonThere

_LAST_PATCH = {6: 15, 7: 17, 8: 20, 9: 25, 10: 19, 11: 14, 12: 12, 13: 11}
"""The newest of each minor version, which the usual base images have (python.org, November 2025)."""

_LIBC = "manylinux_2_31"
"""What the oldest of the usual base images has, Debian 11's; the build asks the image itself."""

_ANY_PATCH = 99


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """`there` is None when no Python fits. `there.interpreter` is of this machine and of the asset's minor version."""

    there: PythonThere | None
    findings: tuple[Finding, ...]


def choose_python(environment: Environment, kind: str, python: Path | None) -> Chosen:
    """For target `kind`. Asks interpreters, and starts nothing else. Never raises."""
    try:
        served = served_pin(environment.python, environment.as_of)
    except BuildError as error:
        return Chosen(there=None, findings=(_finding(Severity.FAULT, str(error)),))
    told = [_finding(Severity.DIFFERENCE, served.told)] if served.told else []
    try:
        found = find_interpreter(served.pin, python)
    except BuildError as error:
        if kind == PROCESS or python is not None:
            return Chosen(there=_usual(served.pin), findings=(*told, _finding(Severity.FAULT, str(error))))
        return Chosen(there=_usual(served.pin), findings=(*told, *_elsewhere(environment, served.pin)))
    if wrong := misfit(found, served.pin):
        told.append(_finding(Severity.DIFFERENCE, wrong))
    else:
        told.append(_finding(Severity.OK, _runs_on(found.version, environment.python)))
    there = PythonThere(version=found.version, platform=_platform(kind), interpreter=found.path)
    return Chosen(there=there, findings=tuple(told))


def _runs_on(version: str, pin: str | None) -> str:
    if pin is None:
        return f"{version}: the asset pins none"
    return f"{version}" if pin == version else f"{version} (the asset pins {pin})"


def _elsewhere(environment: Environment, pin: str | None) -> Iterator[Finding]:
    usual = _usual(pin)
    if usual is not None:
        message = f"{usual.minor} in the base image (the asset pins {environment.python}); this machine has none"
        yield _finding(Severity.OK, message)


def _usual(pin: str | None) -> PythonThere | None:
    """As a base image has it. None for a pin that no version fits."""
    own = own_interpreter().numbers[:2]
    minors = (minor for minor in (own, *SERVED_MINORS) if pin is None or satisfies((*minor, _ANY_PATCH), pin))
    minor = next(minors, None)
    if minor is None:
        return None
    return PythonThere(version=f"{minor[0]}.{minor[1]}.{_LAST_PATCH[minor[1]]}", platform=_platform(DOCKER))


def _platform(kind: str) -> str | None:
    """uv's name for what packages are resolved for; None for this machine itself."""
    if kind == PROCESS:
        return None
    machine = {"arm64": "aarch64", "AMD64": "x86_64"}.get(platform.machine(), platform.machine())
    return f"{machine}-{_LIBC}"


def _finding(severity: Severity, message: str) -> Finding:
    return Finding(area=Area.PYTHON, severity=severity, message=message)
