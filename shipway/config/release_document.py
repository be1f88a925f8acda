"""The release file as it is written, key by key. The words under a key are its description in editors.

Only shapes and single values are checked here; what needs the disk or two keys at once is `release_file`'s.
"""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field

from shipway.config.validation import ShipwayModel
from shipway.domain.model import FRAMEWORKS
from shipway.domain.names import model_name_fault, registry_fault, service_name_fault
from shipway.domain.release import ErrorLimit, LatencyLimit, Limits, LoadPlan, SmokePlan, day_fault


def _service_name(name: str) -> str:
    if fault := service_name_fault(name):
        raise ValueError(fault)
    return name


def _model_name(name: str) -> str:
    if fault := model_name_fault(name):
        raise ValueError(fault)
    return name


def _framework(name: str) -> str:
    if name not in FRAMEWORKS:
        raise ValueError(f"unknown framework {name!r}; known are {', '.join(FRAMEWORKS)}")
    return name


def _registry(address: str) -> str:
    if fault := registry_fault(address):
        raise ValueError(fault)
    return address


def _label(name: str) -> str:
    if not name.strip():
        raise ValueError("a tag or a property needs a name")
    return name


def _as_written(value: object) -> object:
    """YAML makes a date of one that is not in quotes."""
    return value.isoformat() if type(value) is date else value


def _day(text: str) -> str:
    if fault := day_fault(text):
        raise ValueError(fault)
    return text


def _model_entry(value: object) -> object:
    """v1's id, `name:version`, or a name alone for the newest version."""
    if not isinstance(value, str):
        return value
    name, colon, version = value.rpartition(":")
    if not colon:
        return {"name": value}
    if not version.isdecimal():
        raise ValueError(f"{value!r} is no model id: write name:version, such as digits:3")
    return {"name": name, "version": int(version)}


def _path_or_mapping(value: object) -> object:
    if not isinstance(value, str | Mapping):
        seen = "null" if value is None else repr(value)
        raise ValueError(f"must be a file's path, or what such a file holds, not {seen}")  # noqa: TRY004 - pydantic's protocol
    return value


ServiceName: TypeAlias = Annotated[str, AfterValidator(_service_name)]
ModelName: TypeAlias = Annotated[str, AfterValidator(_model_name)]
PathOrMapping: TypeAlias = Annotated[str | dict[str, Any], BeforeValidator(_path_or_mapping)]
Day: TypeAlias = Annotated[str, BeforeValidator(_as_written), AfterValidator(_day)]
Label: TypeAlias = Annotated[str, AfterValidator(_label)]
TargetName: TypeAlias = Annotated[str, Field(min_length=1)]
Percent: TypeAlias = Annotated[float, Field(ge=0, le=100)]


class ModelEntry(ShipwayModel):
    """A model that the entry script uses."""

    name: ModelName
    """The model's name in the registry: 1 to 255 letters, digits, '-', '.' and '_'."""

    path: Annotated[str, Field(min_length=1)] | None = None
    """A file or a folder to register first, as a new version."""

    version: Annotated[int, Field(ge=1)] | None = None
    """A version that the registry holds. Without path and version: the newest."""

    tags: dict[Label, str] = Field(default_factory=dict)
    """Tags of the new version."""

    properties: dict[Label, str] = Field(default_factory=dict)
    """Properties of the new version; unlike tags they can never be changed."""

    description: str = ""
    """A description of the new version."""

    framework: Annotated[str, AfterValidator(_framework), Field(json_schema_extra={"enum": [*FRAMEWORKS]})] = "Custom"
    """What made the model."""

    framework_version: str = ""
    """The framework's version, as text: write it in quotes."""


class LoadEntry(ShipwayModel):
    """A short load."""

    requests: Annotated[int, Field(ge=1, le=100_000)] = LoadPlan.requests
    """How many requests the challenger gets, and the champion as many."""

    concurrency: Annotated[int, Field(ge=1, le=64)] = LoadPlan.concurrency
    """How many requests are on their way at once."""


class SmokeEntry(ShipwayModel):
    """The image alone, before anything is deployed."""

    load_s: Annotated[float, Field(ge=0, le=600)] = SmokePlan.load_s
    """Seconds of load, or of watching where there is nothing to ask. 60 shows a leak that 2 does not; 0 is none."""

    start_s: Annotated[float, Field(gt=0, le=86_400)] = SmokePlan.start_s
    """Seconds from a revision's start until it must be healthy, init() and all; the same holds on the target."""

    request_s: Annotated[float, Field(gt=0, le=3600)] = SmokePlan.request_s
    """Seconds that run() may take for one golden request before anything is deployed."""


class LatencyEntry(ShipwayModel):
    """The limit is the larger of a floor and a factor of the champion."""

    floor_ms: Annotated[float, Field(gt=0)] = LatencyLimit.floor_ms
    """Milliseconds that are always allowed."""

    factor: Annotated[float, Field(ge=1)] = LatencyLimit.factor
    """How many times the champion's latency is allowed, where that is more than the floor."""


class ErrorsEntry(ShipwayModel):
    """The limit is the larger of a floor and a factor of the champion."""

    floor_pct: Percent = ErrorLimit.floor_pct
    """Percent of failed requests that are always allowed."""

    factor: Annotated[float, Field(ge=0)] = ErrorLimit.factor
    """How many times the champion's share of failures is allowed, where that is more than the floor."""


class LimitsEntry(ShipwayModel):
    """What a challenger is held to."""

    latency_p95: LatencyEntry = LatencyEntry()
    """The 95th percentile of the challenger's latency."""

    errors: ErrorsEntry = ErrorsEntry()
    """The challenger's share of failed requests."""

    min_agreement_pct: Percent = Limits.min_agreement_pct
    """The least percentage of answers that must equal the champion's, on the same requests."""


class VerificationEntry(ShipwayModel):
    """What is checked."""

    golden: str | None = None
    """A file of golden rows: a line {"request": ..., "expected": ..., "tolerance": ...} for each. Better than none."""

    sample: bool = True
    """Where there are no golden rows: whether the example of the service's own swagger is asked."""

    suite: str | None = None
    """A Great Expectations suite (JSON) that the answers must meet, one row an answer."""

    smoke: SmokeEntry = SmokeEntry()
    """The smoke test: the image alone, before anything is deployed."""

    load: LoadEntry = LoadEntry()
    """The short load under which latency and errors are measured."""

    limits: LimitsEntry = LimitsEntry()
    """What the challenger is held to."""


class TrafficEntry(ShipwayModel):
    """One step of traffic."""

    weight: Annotated[int, Field(ge=1, le=99)]
    """The challenger's share of traffic in percent. The last step, 100, goes without saying."""

    bake_s: Annotated[float, Field(ge=0, le=7 * 86_400)]
    """Seconds that the share is held before the next look."""


class ImageEntry(ShipwayModel):
    """How a container image is made. The process target has none and leaves this unread."""

    base: Annotated[str, Field(min_length=1)] | None = None
    """The image that it stands on, which must hold the Python that is wanted. When absent: python:3.11-slim, say."""

    registry: Annotated[str, AfterValidator(_registry)] | None = None
    """Where it is pushed: host[:port]/path, such as registry.example/team. When absent it stays in the engine."""

    provide: list[Annotated[str, Field(min_length=1)]] = Field(default_factory=list)
    """What the author's base image gave and the image is to have, such as mpi. Names: see the table of base images."""


class GatewayEntry(ShipwayModel):
    """Limits at the gateway."""

    max_queue: Annotated[int, Field(ge=0)] | None = None
    """How many requests may wait; one more is answered 503. No limit when absent, as in v1."""

    timeout_ms: Annotated[int, Field(ge=1)] | None = None
    """Milliseconds after which a request is answered 504. No limit when absent."""


class ReleaseDocument(ShipwayModel):
    """A release: which models, in which environment, come into which service, and what must hold before they stay."""

    service: ServiceName
    """The service's name: 3 to 32 lower-case letters, digits and '-'."""

    models: Annotated[list[Annotated[ModelEntry, BeforeValidator(_model_entry)]], Field(min_length=1)]
    """The models that the entry script uses: each as keys, or in short as v1's id, name:version."""

    inference: PathOrMapping | None = None
    """The v1 inference config: its path, or its keys (entryScript ...). One ONNX model needs none, nor any code."""

    deployment: PathOrMapping = Field(default_factory=lambda: {"computeType": "local"})
    """The v1 deployment config: a file's path, or its keys (computeType, port, containerResourceRequirements)."""

    compute_target: Annotated[str, Field(min_length=1)] | None = None
    """v1's name of the cluster that a deployment config for AKS is for."""

    as_of: Day | None = None
    """The day (YYYY-MM-DD) whose versions unpinned packages get. Without it, the asset's own day where it is known."""

    relax: bool = False
    """Whether an environment that does not resolve any more may be mended, as it was proposed."""

    python: Annotated[str, Field(min_length=1)] | None = None
    """The interpreter of this machine to be used, by its path: for the process target."""

    image: ImageEntry = ImageEntry()
    """How the container image is made."""

    target: TargetName | None = None
    """Where the service runs: `process` (this machine without containers, when nothing is given) or `docker`."""

    targets: Annotated[list[TargetName], Field(min_length=1)] | None = None
    """Candidates for the target, best first."""

    verification: VerificationEntry = VerificationEntry()
    """What is checked before and after the challenger gets traffic."""

    traffic: list[TrafficEntry] = Field(default_factory=lambda: [TrafficEntry(weight=10, bake_s=5)])
    """Steps by which traffic moves to the challenger, in ascending weights."""

    gateway: GatewayEntry = GatewayEntry()
    """What stands in front of the service."""

    notes: str = ""
    """Anything that later readers of the ledger should know."""
