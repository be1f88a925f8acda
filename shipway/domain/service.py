"""Services on targets: what is asked for, and snapshots of what was seen. Nothing here is a live handle."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from shipway.domain.image import Image


class ServiceState(StrEnum):
    """v1's words for a service's state (contract section 14); ABSENT is ours."""

    TRANSITIONING = "Transitioning"
    HEALTHY = "Healthy"
    UNHEALTHY = "Unhealthy"
    UNSCHEDULABLE = "Unschedulable"
    FAILED = "Failed"
    ABSENT = "Absent"

    @property
    def settled(self) -> bool:
        """Nothing more will change by waiting."""
        return self is not ServiceState.TRANSITIONING


@dataclass(frozen=True, kw_only=True)
class ServiceStatus:
    """`native` is the target's own word, kept whatever we made of it. Naive times are not allowed."""

    state: ServiceState
    native: str
    message: str
    observed_at: datetime


@dataclass(frozen=True, kw_only=True)
class Resources:
    """What a revision is given: `cpu` in cores and `memory_bytes` are asked for, the limits are never exceeded.

    None for what the config does not say. v1's word is containerResourceRequirements (contract section 11).
    """

    cpu: float | None = None
    cpu_limit: float | None = None
    memory_bytes: int | None = None
    memory_limit_bytes: int | None = None

    @property
    def memory_ceiling_bytes(self) -> int | None:
        """What a container may hold at most: where there is no limit, what was asked for, as on ACI."""
        return self.memory_limit_bytes or self.memory_bytes


@dataclass(frozen=True, kw_only=True)
class DeploymentConfig:
    """v1's deployment config as far as every target shares it. `port` is None for a free one."""

    compute_type: str = "local"
    port: int | None = None
    resources: Resources = Resources()


@dataclass(frozen=True, kw_only=True)
class GatewayConfig:
    """What stands in front of a local service. v1's local services had no keys and no limits: neither has this, unless
    asked.

    `max_queue` is the number of requests that may wait; None for no limit. `timeout_ms` ends a request with 504.
    """

    max_queue: int | None = None
    timeout_ms: int | None = None


@dataclass(frozen=True, kw_only=True)
class Mirror:
    """A share of requests, in whole percent, copied to a revision whose answers nobody sees."""

    revision_id: str
    percent: int

    def __post_init__(self) -> None:
        if not 0 < self.percent <= 100:
            raise ValueError(f"mirror percent must be 1 to 100, not {self.percent}")


@dataclass(frozen=True, kw_only=True)
class Traffic:
    """Which revision answers which share of requests, in whole percent. Weights sum to 100, or there are none."""

    weights: Mapping[str, int] = field(default_factory=dict)
    mirror: Mirror | None = None

    def __post_init__(self) -> None:
        bad = {name: weight for name, weight in self.weights.items() if not 0 <= weight <= 100}
        if bad:
            raise ValueError(f"traffic weights must be 0 to 100, not {bad}")
        if self.weights and sum(self.weights.values()) != 100:
            raise ValueError(f"traffic weights must sum to 100, not {sum(self.weights.values())}: {dict(self.weights)}")

    @classmethod
    def all_to(cls, revision_id: str) -> "Traffic":
        return cls(weights={revision_id: 100})

    def weight_of(self, revision_id: str) -> int:
        return self.weights.get(revision_id, 0)


NO_TRAFFIC = Traffic()
"""Before the first promotion: the gateway answers 503 with the reason."""


@dataclass(frozen=True, kw_only=True)
class RevisionSpec:
    """One immutable revision of a service: all that a target may see of a release.

    `fence` is the lease's number: a local target refuses a lower one than it has seen.
    """

    service: str
    revision_id: str
    image: Image
    models: tuple[str, ...]
    deployment: DeploymentConfig
    gateway: GatewayConfig
    labels: Mapping[str, str]
    fence: int


@dataclass(frozen=True, kw_only=True)
class Revision:
    """A snapshot. `address` is `host:port` where the revision itself answers, beside the gateway."""

    revision_id: str
    image_digest: str
    models: tuple[str, ...]
    address: str
    status: ServiceStatus
    created_at: datetime
    labels: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Service:
    """A snapshot of a service as its target sees it."""

    name: str
    kind: str
    scoring_uri: str
    status: ServiceStatus
    revisions: tuple[Revision, ...]
    traffic: Traffic

    def revision(self, revision_id: str) -> Revision | None:
        return next((r for r in self.revisions if r.revision_id == revision_id), None)


@dataclass(frozen=True, kw_only=True)
class RevisionStats:
    """What the gateway counted for one revision since it was added. Latencies in ms; None before any request."""

    revision_id: str
    requests: int
    failures: int
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
