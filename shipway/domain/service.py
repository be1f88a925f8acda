"""Services on targets: what is asked for, and snapshots of what was seen. Nothing here is a live handle."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from shipway.domain.image import Image
from shipway.domain.secret import Secret


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
class Autoscale:
    """v1's autoScaler: between `min_replicas` and `max_replicas`, so that `target_percent` of each is busy."""

    enabled: bool | None = None
    min_replicas: int | None = None
    max_replicas: int | None = None
    refresh_s: int | None = None
    target_percent: int | None = None


@dataclass(frozen=True, kw_only=True)
class Auth:
    """Who may call: holders of a key (authEnabled), or of a token that runs out (tokenAuthEnabled); never both."""

    key: bool | None = None
    token: bool | None = None


@dataclass(frozen=True, kw_only=True)
class Probe:
    """v1's livenessProbeRequirements."""

    period_s: int | None = None
    initial_delay_s: int | None = None
    timeout_s: int | None = None
    success_threshold: int | None = None
    failure_threshold: int | None = None


@dataclass(frozen=True, kw_only=True)
class RequestLimits:
    """A request that runs longer than `scoring_timeout_ms` ends with 504, one that waits longer than `max_queue_ms`
    with 503."""

    scoring_timeout_ms: int | None = None
    max_concurrent: int | None = None
    max_queue_ms: int | None = None


@dataclass(frozen=True, kw_only=True)
class Tls:
    """ACI's own certificate; on AKS it belongs to the cluster. Paths are absolute, on the machine that read them."""

    enabled: bool | None = None
    certificate: str | None = None
    key: str | None = None
    cname: str | None = None


@dataclass(frozen=True, kw_only=True)
class Network:
    """Where on a cloud: `location` is a region, `dns_label` the first label of the host name."""

    location: str | None = None
    dns_label: str | None = None
    vnet: str | None = None
    subnet: str | None = None


@dataclass(frozen=True, kw_only=True)
class DiskKey:
    """A customer's own key for ACI's disks, by where it is kept."""

    vault_url: str
    name: str
    version: str


@dataclass(frozen=True, kw_only=True)
class EndpointVersion:
    """v1's AKS endpoint: `name` of one version, and the share of requests that it answers, in percent."""

    name: str | None = None
    traffic_percent: float | None = None


@dataclass(frozen=True, kw_only=True)
class ServiceKeys:
    """Keys that the author chose; None for one that is to be made."""

    primary: Secret | None = None
    secondary: Secret | None = None


@dataclass(frozen=True, kw_only=True)
class DeploymentConfig:
    """v1's deployment config (contract section 11). None is what its author left out.

    `service_defaults.with_defaults` fills that in.

    `compute_type` is local, aci, aks or aksendpoint. `port` is None for a free one. `replicas` is a fixed number.
    `keys` are secrets, which no record may hold: write `without_secrets(config)`.
    """

    compute_type: str = "local"
    port: int | None = None
    resources: Resources = Resources()
    gpu_cores: int | None = None
    replicas: int | None = None
    autoscale: Autoscale = Autoscale()
    auth: Auth = Auth()
    limits: RequestLimits = RequestLimits()
    probe: Probe = Probe()
    tls: Tls = Tls()
    network: Network = Network()
    disk_key: DiskKey | None = None
    app_insights: bool | None = None
    collect_model_data: bool | None = None
    compute_target: str | None = None
    namespace: str | None = None
    endpoint: EndpointVersion = EndpointVersion()
    keys: ServiceKeys | None = None


def without_secrets(config: DeploymentConfig) -> DeploymentConfig:
    """What may be written to a workspace."""
    return replace(config, keys=None)


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
