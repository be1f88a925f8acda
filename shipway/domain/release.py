"""A release as the user asked for it, as it was kept, and how far it has come."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from shipway.domain.canonical import sha256_hex
from shipway.domain.environment import Code, Environment, InferenceConfig
from shipway.domain.image import USUAL_IMAGE, ImageConfig
from shipway.domain.model import Tree
from shipway.domain.service import DeploymentConfig, GatewayConfig


@dataclass(frozen=True, kw_only=True)
class ModelSource:
    """A model named in a release file: a `path` to register first, or a version that the registry holds.

    `path` is absolute. Without a path, `version` None means the newest.
    """

    name: str
    path: str | None = None
    version: int | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    properties: Mapping[str, str] = field(default_factory=dict)
    description: str = ""
    framework: str = "Custom"
    framework_version: str = ""


@dataclass(frozen=True, kw_only=True)
class LatencyLimit:
    """The challenger may take `floor_ms`, or `factor` times what the champion takes, whichever is larger.

    Where there is no champion to compare with it may take `first_ms`; None for the floor.
    """

    floor_ms: float = 50.0
    factor: float = 2.0
    first_ms: float | None = None

    def limit_ms(self, champion_ms: float | None) -> float:
        if champion_ms is None:
            return self.floor_ms if self.first_ms is None else self.first_ms
        return max(self.floor_ms, self.factor * champion_ms)


@dataclass(frozen=True, kw_only=True)
class ErrorLimit:
    """The challenger may fail `floor_pct` of requests, or `factor` times the champion's share, whichever is larger."""

    floor_pct: float = 0.0
    factor: float = 1.0

    def limit_pct(self, champion_pct: float | None) -> float:
        return self.floor_pct if champion_pct is None else max(self.floor_pct, self.factor * champion_pct)


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a challenger is held to. `min_agreement_pct` is the least share of equal answers beside the champion."""

    latency_p95: LatencyLimit = LatencyLimit()
    errors: ErrorLimit = ErrorLimit()
    min_agreement_pct: float = 90.0


@dataclass(frozen=True, kw_only=True)
class LoadPlan:
    """The short load of a verification: requests in all, for each of challenger and champion, and how many at once."""

    requests: int = 200
    concurrency: int = 2


@dataclass(frozen=True, kw_only=True)
class SmokePlan:
    """The smoke test asks the golden requests again and again for `load_s` seconds before it looks at the memory.

    A revision has `start_s` from its start until it is healthy, on the target as well: loading a model of several GB
    from a slow disk fits into the usual 300. Each golden request has `request_s`.
    """

    load_s: float = 2.0
    start_s: float = 300.0
    request_s: float = 10.0


@dataclass(frozen=True, kw_only=True)
class VerificationConfig:
    """`golden` and `suite` are absolute paths as they are asked for, and blob digests once they are kept.

    Where there are no golden rows, `sample` asks the example of the service's own swagger in their place.
    """

    golden: str | None = None
    suite: str | None = None
    sample: bool = True
    smoke: SmokePlan = SmokePlan()
    load: LoadPlan = LoadPlan()
    limits: Limits = Limits()


@dataclass(frozen=True, kw_only=True)
class TrafficStep:
    """A share of traffic for the challenger, in whole percent, held for `bake_s` seconds before the next look."""

    weight: int
    bake_s: float


class ReleaseKind(StrEnum):
    """RELEASE is one with a release file or with v1's assets. UPDATE replaces a part of what is in service, RELOAD
    its script only: it has no bake (contract 13.3, L-5)."""

    RELEASE = "release"
    UPDATE = "update"
    RELOAD = "reload"


@dataclass(frozen=True, kw_only=True)
class CodePlace:
    """Where code was read, on the machine that did: a reload reads it there again.

    `folder` is the source directory; None for a lone script, whose path `entry_script` then is.
    """

    entry_script: str
    folder: str | None


@dataclass(frozen=True, kw_only=True)
class Details:
    """What people say of a service. Tags may change; a property is only ever added (contract U-5)."""

    description: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    properties: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class ReleaseConfig:
    """What is to be released, complete; nothing it names has been read yet. `targets` are candidates, best first.

    `code` is kept already, and stands for what `inference` names. `relax` accepts a mended environment. `details`
    replace those of the service once this is promoted; None leaves them. `expects` is the revision that must be in
    service when this begins: empty for none, None for whichever.
    """

    service: str
    models: tuple[ModelSource, ...]
    inference: InferenceConfig
    deployment: DeploymentConfig
    targets: tuple[str, ...]
    verification: VerificationConfig
    traffic: tuple[TrafficStep, ...]
    gateway: GatewayConfig
    image: ImageConfig = USUAL_IMAGE
    notes: str = ""
    kind: ReleaseKind = ReleaseKind.RELEASE
    code: Code | None = None
    source: CodePlace | None = None
    relax: bool = False
    details: Details | None = None
    expects: str | None = None

    @property
    def bakes(self) -> tuple[TrafficStep, ...]:
        """The traffic steps of this release; a reload keeps those of its service for the next one."""
        return () if self.kind is ReleaseKind.RELOAD else self.traffic


@dataclass(frozen=True, kw_only=True)
class ModelInput:
    """A model once it is kept: `tree` is in the blobs; `version` is set when the registry had it before the release."""

    source: ModelSource
    tree: Tree
    version: int | None


@dataclass(frozen=True, kw_only=True)
class ReleaseInputs:
    """The snapshot that a release works from and a resume reads; the user's files are never read again.

    `code` is None for an ONNX model that is served without any.
    `commit` is that of the release file's folder, with `-dirty` behind it when something in it is not committed.
    `lock` is the digest of the packages that were resolved before the release began; empty where none were. `told` are
    lines about its environment, for whoever asks later. `expects` is the revision that it goes on from, or replaces
    nobody (empty): another one in service meanwhile would be undone unseen.
    """

    release_id: str
    service: str
    models: tuple[ModelInput, ...]
    code: Code | None
    environment: Environment
    deployment: DeploymentConfig
    targets: tuple[str, ...]
    verification: VerificationConfig
    traffic: tuple[TrafficStep, ...]
    gateway: GatewayConfig
    notes: str
    requested_by: str
    requested_at: datetime
    image: ImageConfig = USUAL_IMAGE
    commit: str | None = None
    kind: ReleaseKind = ReleaseKind.RELEASE
    source: CodePlace | None = None
    lock: str = ""
    told: tuple[str, ...] = ()
    details: Details | None = None
    expects: str | None = None

    @property
    def bakes(self) -> tuple[TrafficStep, ...]:
        """The traffic steps of this release; a reload keeps those of its service for the next one."""
        return () if self.kind is ReleaseKind.RELOAD else self.traffic


def day_fault(text: str) -> str | None:
    """What is wrong with a day, with the remedy; None when it is good."""
    try:
        return None if date.fromisoformat(text).isoformat() == text else f"must be written as 2021-03-01, not {text!r}"
    except ValueError:
        return f"must be a day such as 2021-03-01, not {text!r}"


class ReleasePhase(StrEnum):
    """REFUSED: failed before anything was deployed, and undone."""

    RUNNING = "running"
    ROLLING_BACK = "rolling_back"
    PROMOTED = "promoted"
    ROLLED_BACK = "rolled_back"
    REFUSED = "refused"

    @property
    def ended(self) -> bool:
        return self in {ReleasePhase.PROMOTED, ReleasePhase.ROLLED_BACK, ReleasePhase.REFUSED}


def revision_id_of(release_id: str) -> str:
    """One revision a release. Short enough for names on every target; begins with a letter."""
    return f"r{sha256_hex(release_id.encode())[:10]}"
