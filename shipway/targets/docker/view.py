"""What the engine says of a container, as far as it matters here. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class ContainerView:
    """`status` is the engine's word: created, running, paused, restarting, removing, exited or dead. `published_on` is
    the `host:port` where its server is reached.

    `restarts` counts those by the restart policy since it was last started by somebody; `started_at` is RFC 3339.
    `unhealthy` is what the image's own health check said last, None while it does not fail. `error` is why the engine
    could not start it.
    """

    container_id: str
    status: str
    labels: Mapping[str, str]
    published_on: str
    exit_code: int
    error: str
    oom_killed: bool
    restarts: int
    started_at: str
    unhealthy: str | None

    @property
    def is_up(self) -> bool:
        """It runs, or the engine is about to start it again by itself."""
        return self.status in {"running", "restarting", "paused"}

    def has(self, labels: Mapping[str, str]) -> bool:
        return all(self.labels.get(name) == value for name, value in labels.items())


def view_of(inspected: Mapping[str, Any]) -> ContainerView:
    state = inspected["State"]
    return ContainerView(
        container_id=inspected["Id"],
        status=state["Status"],
        labels=inspected["Config"].get("Labels") or {},
        published_on=_address(inspected["HostConfig"].get("PortBindings") or {}),
        exit_code=state["ExitCode"],
        error=state["Error"],
        oom_killed=state["OOMKilled"],
        restarts=inspected["RestartCount"],
        started_at=state["StartedAt"],
        unhealthy=_failing_check(state.get("Health") or {}),
    )


def _address(bindings: Mapping[str, Any]) -> str:
    """Of the one port that we publish."""
    published = next(iter(bindings.values()), None)
    return f"{published[0]['HostIp']}:{published[0]['HostPort']}" if published else ""


def memory_in(stats: Mapping[str, Any]) -> int | None:
    """Without the page cache, in bytes, from the kernel's own words under cgroups v1 or v2; None when it has ended."""
    counted = stats.get("memory_stats", {}).get("stats", {})
    held = counted.get("total_rss", counted.get("anon"))
    return None if held is None else int(held)


def threads_in(stats: Mapping[str, Any]) -> int | None:
    """Of all its processes; None when it has ended, or where the kernel does not count them."""
    counted = stats.get("pids_stats", {}).get("current")
    return None if counted is None else int(counted)


def _failing_check(health: Mapping[str, Any]) -> str | None:
    if health.get("Status") != "unhealthy":
        return None
    checks = health.get("Log") or [{}]
    return " ".join(str(checks[-1].get("Output", "")).split())[-300:] or "without a word"
