"""Which process holds a lease, and whether it can be seen from here to be gone."""

import os
import socket
from dataclasses import dataclass, replace
from typing import Self

from shipway.machine.processes import identify, myself

_START_TIME_SLACK_S = 2.0
"""A start time is counted from the boot, and the boot's own time moves when the clock is set."""


@dataclass(frozen=True, kw_only=True)
class Holder:
    """One process working on one release. `pid_started_at` is in seconds since the epoch.

    `pid_space` tells containers apart that share a host's name but not its process ids; empty where there are none.
    """

    release_id: str
    host: str
    pid: int
    pid_started_at: float
    pid_space: str = ""

    @classmethod
    def here(cls, release_id: str) -> Self:
        me = myself()
        return cls(
            release_id=release_id,
            host=socket.gethostname(),
            pid=me.pid,
            pid_started_at=me.started_at,
            pid_space=_pid_space(),
        )

    def is_same_as(self, other: "Holder") -> bool:
        """The same process for the same release."""
        return self == replace(other, pid_started_at=self.pid_started_at) and _close(
            self.pid_started_at, other.pid_started_at
        )


def is_gone(holder: Holder) -> bool:
    """True only for a process that would be seen from here if it lived: same host, same process ids."""
    if holder.host != socket.gethostname() or holder.pid_space != _pid_space():
        return False
    found = identify(holder.pid)
    return found is None or not _close(found.started_at, holder.pid_started_at)


def _close(a: float, b: float) -> bool:
    return abs(a - b) < _START_TIME_SLACK_S


def _pid_space() -> str:
    try:
        return os.readlink("/proc/self/ns/pid")  # noqa: PTH115 - it names no file
    except OSError:
        return ""
