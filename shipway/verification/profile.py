"""What a profile says of an image: how fast it answered within its limits, what it used, what to give it. Pure.

Fields are v1's (contract 21.2). v1 never said how it came to its recommendation; ours is what was used at most and a
quarter more.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from shipway.domain.names import service_name_fault
from shipway.domain.service import Resources
from shipway.errors import ConfigError
from shipway.verification.evidence import one_line
from shipway.verification.samples import Samples

MOST_CPU, MOST_MEMORY_GB = 3.5, 15.0
LEAST = 0.1
"""v1's bounds (contract 21.2): of both, 0.1 at least; the most is the default."""

MOST_S = 25 * 60.0
"""v1's bound for one profile (contract 21.2)."""

_MOST_AT_ONCE = 64
_HEADROOM = 1.25
_GB = 1024**3
_SUCCEEDED, _FAILED = "Succeeded", "Failed"


@dataclass(frozen=True, kw_only=True)
class ProfilePlan:
    """Each row is sent once; then again from the first until the load has lasted `seconds`, or `requests` were sent.
    `concurrency` requests at a time; `most_s` bounds it all."""

    cpu: float = MOST_CPU
    memory_gb: float = MOST_MEMORY_GB
    requests: int = 20_000
    seconds: float = 10.0
    most_s: float = MOST_S
    concurrency: int = 1
    request_s: float = 60.0
    start_s: float = 300.0

    @property
    def resources(self) -> Resources:
        memory_bytes = round(self.memory_gb * _GB)
        return Resources(cpu=self.cpu, cpu_limit=self.cpu, memory_bytes=memory_bytes, memory_limit_bytes=memory_bytes)


@dataclass(frozen=True, kw_only=True)
class Usage:
    """At most, while requests were answered: cores, and bytes without the page cache. None where nobody could tell."""

    cpu: float | None = None
    memory_bytes: int | None = None


@dataclass(frozen=True, kw_only=True)
class ProfileResult:
    """`error` is empty when every request was answered with 200. `seconds` is how long the load took."""

    name: str
    plan: ProfilePlan
    samples: Samples
    usage: Usage
    seconds: float
    error: str = ""
    description: str = ""

    @property
    def succeeded(self) -> bool:
        return not self.error

    def document(self) -> dict[str, Any]:
        """v1's fields; null for what was not measured. `requestedQueriesPerSecond` is null: as many as it answers."""
        total, good = len(self.samples.replies), sum(reply.ok for reply in self.samples.replies)
        times = sorted(self.samples.latencies_ms)
        gb = None if self.usage.memory_bytes is None else round(self.usage.memory_bytes / _GB, 3)
        return {
            "name": self.name,
            "description": self.description,
            "state": _SUCCEEDED if self.succeeded else _FAILED,
            "error": self.error or None,
            "requestedCpu": self.plan.cpu,
            "requestedMemoryInGB": self.plan.memory_gb,
            "requestedQueriesPerSecond": None,
            "maxUtilizedCpu": None if self.usage.cpu is None else round(self.usage.cpu, 3),
            "maxUtilizedMemoryInGB": gb,
            "totalQueries": total,
            "successQueries": good,
            "successRate": round(100 * good / total, 2) if total else None,
            "averageLatencyInMs": round(sum(times) / len(times), 3) if times else None,
            **{f"latencyPercentile{name}InMs": _rank(times, share) for name, share in _PERCENTILES.items()},
            "measuredQueriesPerSecond": round(good / self.seconds, 2) if good and self.seconds else None,
            "recommendedCpu": _with_headroom(self.usage.cpu, MOST_CPU) if good else None,
            "recommendedMemoryInGB": _with_headroom(gb, MOST_MEMORY_GB) if good else None,
        }


_PERCENTILES = {"50": 0.5, "90": 0.9, "95": 0.95, "99": 0.99, "999": 0.999}


def check_asked(name: str, plan: ProfilePlan) -> None:
    """Raises ConfigError for a name that is none, and for resources that v1 would have refused."""
    if fault := service_name_fault(name):
        raise ConfigError(fault.replace("service name", "profile name", 1))
    for what, value, most in (("cpu", plan.cpu, MOST_CPU), ("memory", plan.memory_gb, MOST_MEMORY_GB)):
        if not LEAST <= value <= most:
            unit = "cores" if what == "cpu" else "GB"
            raise ConfigError(f"a profile is given {LEAST} to {most:g} {unit} of {what}, not {value:g}")
    if not 0 <= plan.seconds <= plan.most_s or not 1 <= plan.concurrency <= _MOST_AT_ONCE:
        raise ConfigError(
            f"a profile asks for 0 to {plan.most_s:g} s, 1 to {_MOST_AT_ONCE} requests at a time, not for "
            f"{plan.seconds:g} s, {plan.concurrency} at a time"
        )


def failure_of(samples: Samples, rows: int) -> str:
    """In one line, what kept a profile from being whole; empty when nothing did."""
    bad = [reply for reply in samples.replies if not reply.ok]
    if not samples.replies:
        return "no request was answered within the time for it"
    if bad:
        return one_line(f"{len(bad)} of {len(samples.replies)} requests failed, the first (row {bad[0].request + 1}): "
                        f"{bad[0].describe()}")  # fmt: skip
    unseen = rows - len({reply.request for reply in samples.replies})
    return f"the time was over before {unseen} of {rows} rows were sent" if unseen else ""


def _rank(times: Sequence[float], share: float) -> float | None:
    """Nearest rank: always one of the values."""
    return round(times[max(0, math.ceil(share * len(times)) - 1)], 3) if times else None


def _with_headroom(used: float | None, most: float) -> float | None:
    """In tenths, as people write it."""
    if used is None:
        return None
    return min(most, max(LEAST, math.ceil(used * _HEADROOM * 10 - 1e-9) / 10))
