"""Shipway's own release file to a `ReleaseConfig`. What can be refused before work begins is refused here."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from shipway.config.deployment import load_deployment_config
from shipway.config.documents import Document, KeyPath, Loaded, read_document, repeated_keys
from shipway.config.golden import load_golden
from shipway.config.inference import load_inference_config
from shipway.config.profile import on_its_day
from shipway.config.release_document import ModelEntry, ReleaseDocument, VerificationEntry
from shipway.config.validation import validate
from shipway.domain.environment import UNNAMED, Environment, InferenceConfig
from shipway.domain.image import ImageConfig
from shipway.domain.release import (
    ErrorLimit,
    LatencyLimit,
    Limits,
    LoadPlan,
    ModelSource,
    ReleaseConfig,
    SmokePlan,
    TrafficStep,
    VerificationConfig,
)
from shipway.domain.service import DeploymentConfig, GatewayConfig, Resources
from shipway.errors import ConfigError

DEFAULT_TARGET = "process"

WITHOUT_CODE = InferenceConfig(
    entry_script=None,
    source_directory=None,
    environment=Environment(name=UNNAMED, requirements=("onnxruntime", "numpy")),
)
"""What serves an ONNX model that comes without an inference config (Q-1)."""

_PASSWORD_IN_A_URL = re.compile(r"://[^/@\s:]*:(?!\$\{)[^/@\s]+@")


def load_release_file(path: Path) -> Loaded[ReleaseConfig]:
    """Paths in the file are relative to its folder, which also stands for v1's working directory.

    Raises ConfigError, beginning with path and line, for an unknown key, a file that is missing or malformed, an empty
    model, an entry script that cannot serve, and values outside their bounds.
    """
    document = read_document(path)
    _refuse_repeated_keys(document)
    _refuse_auth(document)
    raw = validate(ReleaseDocument, document)
    _refuse_weights_out_of_order(raw, document)
    folder = path.absolute().parent
    inference = (
        Loaded(WITHOUT_CODE)
        if raw.inference is None
        else load_inference_config(_part(document, "inference", path), working_directory=folder)
    )
    deployment = load_deployment_config(
        _part(document, "deployment", path, default=raw.deployment), working_directory=folder
    )
    config = ReleaseConfig(
        service=raw.service,
        models=_models(raw, document, folder),
        inference=_of_day(inference.value, raw.as_of),
        deployment=_on_its_cluster(deployment.value, raw, document),
        targets=_targets(raw, document, deployment.value.compute_type),
        verification=_verification(raw.verification, document, path),
        traffic=tuple(TrafficStep(weight=step.weight, bake_s=step.bake_s) for step in raw.traffic),
        gateway=GatewayConfig(max_queue=raw.gateway.max_queue, timeout_ms=raw.gateway.timeout_ms),
        image=_image(raw, folder),
        notes=raw.notes,
        relax=raw.relax,
    )
    ours = (*_unlimited(config, path), *_not_kept(config, path))
    return Loaded(config, (*inference.warnings, *deployment.warnings, *ours))


def _unlimited(config: ReleaseConfig, path: Path) -> Iterator[str]:
    """The one target that gives each revision all of the machine."""
    if "process" in config.targets and config.deployment.resources != Resources():
        yield f"{path}: deployment/containerResourceRequirements: the process target limits nothing; docker does"


def _not_kept(config: ReleaseConfig, path: Path) -> Iterator[str]:
    """A workspace holds no password, so the next release would lack it; uv fills in what `${NAME}` says."""
    environment = config.inference.environment
    if any(_PASSWORD_IN_A_URL.search(line) for line in environment.requirements):
        yield (
            f"{path}: {environment.called} has a password in a URL, which serves this release alone and is not "
            "kept; write ${NAME} in its place and set that variable, or set UV_INDEX_URL"
        )


def _part(document: Document, key: str, path: Path, *, default: Any = None) -> Document | Path:
    """A v1 config written into the release file, or the file that it names, as a person would write it in a message."""
    content = document.value
    assert isinstance(content, Mapping)
    match content.get(key, default):
        case str() as name:
            return path.parent / _existing(name, document, (key,), path)
        case given if key in content:
            return document.within(key)
        case given:
            return Document(source=str(path), value=given)


def _existing(name: str, document: Document, at: KeyPath, path: Path) -> str:
    place = path.absolute().parent / name
    try:
        if place.is_dir():
            raise document.fault(at, f"is a folder; name a file: {place}")
        if not place.exists():
            raise document.fault(at, f"no such file: {place}")
    except OSError as error:
        raise document.fault(at, f"cannot be read: {error.strerror}: {place}") from error
    return name


def _models(raw: ReleaseDocument, document: Document, folder: Path) -> tuple[ModelSource, ...]:
    sources: list[ModelSource] = []
    for index, entry in enumerate(raw.models):
        at: KeyPath = ("models", index)
        if any(entry.name == other.name for other in sources):
            raise document.fault((*at, "name"), f"{entry.name!r} is named twice; a service uses one version of a model")
        sources.append(_model(entry, document, at, folder))
    return tuple(sources)


def _model(entry: ModelEntry, document: Document, at: KeyPath, folder: Path) -> ModelSource:
    if entry.path is not None and entry.version is not None:
        raise document.fault(
            (*at, "version"), "give path to register a new version, or version to use a registered one"
        )
    if entry.path is None:
        for key in sorted(entry.model_fields_set - {"name", "version"}):
            raise document.fault(
                (*at, key), "belongs to a version that is registered here: give path as well, or leave it out"
            )
    elif fault := model_path_fault(folder / entry.path):
        raise document.fault((*at, "path"), fault)
    if entry.framework_version and entry.framework == "Custom":
        raise document.fault((*at, "framework_version"), "needs framework as well")
    return ModelSource(
        name=entry.name,
        path=None if entry.path is None else str((folder / entry.path).absolute()),
        version=entry.version,
        tags=entry.tags,
        properties=entry.properties,
        description=entry.description,
        framework=entry.framework,
        framework_version=entry.framework_version,
    )


def model_path_fault(path: Path) -> str | None:
    """What keeps a path from being registered as a model; None when nothing does."""
    try:
        if not path.exists():
            return f"no such file or folder: {path}"
        if path.is_dir():
            return _folder_fault(path)
        if not path.is_file():
            return f"is neither a file nor a folder: {path}"
        return None if path.stat().st_size else f"the file is empty: {path}"
    except OSError as error:
        return f"cannot be read: {error.strerror}: {path}"


def _folder_fault(path: Path) -> str | None:
    sizes = [file.stat().st_size for file in path.rglob("*") if file.is_file()]
    if not sizes:
        return f"the folder holds no files: {path}"
    return None if any(sizes) else f"all files of the folder are empty: {path}"


def _targets(raw: ReleaseDocument, document: Document, compute_type: str) -> tuple[str, ...]:
    """A target of Shipway's wins over the compute type that the deployment config was written for."""
    if raw.target is not None and raw.targets is not None:
        raise document.fault(("target",), "give target or targets, not both")
    usual = DEFAULT_TARGET if compute_type == "local" else compute_type
    return tuple(dict.fromkeys(raw.targets or [raw.target or usual]))


def _of_day(inference: InferenceConfig, as_of: str | None) -> InferenceConfig:
    return replace(inference, environment=on_its_day(inference.environment, as_of))


def _on_its_cluster(deployment: DeploymentConfig, raw: ReleaseDocument, document: Document) -> DeploymentConfig:
    if raw.compute_target is None:
        return deployment
    if not deployment.compute_type.startswith("aks"):
        raise document.fault(
            ("compute_target",), f"names a cluster of AKS, and the deployment config is for {deployment.compute_type}"
        )
    return replace(deployment, compute_target=raw.compute_target)


def _image(raw: ReleaseDocument, folder: Path) -> ImageConfig:
    python = None if raw.python is None else str((folder / raw.python).absolute())
    return ImageConfig(
        base=raw.image.base, registry=raw.image.registry, provide=tuple(raw.image.provide), python=python
    )


def _verification(raw: VerificationEntry, document: Document, path: Path) -> VerificationConfig:
    """Golden rows and suite are parsed here only to be refused early; they are read again from what is kept."""
    if raw.golden is not None:
        load_golden(path.parent / _existing(raw.golden, document, ("verification", "golden"), path))
    if raw.suite is not None:
        _check_suite(path.parent / _existing(raw.suite, document, ("verification", "suite"), path))
    latency, errors = raw.limits.latency_p95, raw.limits.errors
    folder = path.absolute().parent
    return VerificationConfig(
        golden=None if raw.golden is None else str(folder / raw.golden),
        suite=None if raw.suite is None else str(folder / raw.suite),
        sample=raw.sample,
        smoke=SmokePlan(load_s=raw.smoke.load_s, start_s=raw.smoke.start_s, request_s=raw.smoke.request_s),
        load=LoadPlan(requests=raw.load.requests, concurrency=raw.load.concurrency),
        limits=Limits(
            latency_p95=LatencyLimit(floor_ms=latency.floor_ms, factor=latency.factor),
            errors=ErrorLimit(floor_pct=errors.floor_pct, factor=errors.factor),
            min_agreement_pct=raw.limits.min_agreement_pct,
        ),
    )


def _check_suite(path: Path) -> None:
    suite = read_document(path)
    if not isinstance(suite.value, Mapping) or not isinstance(suite.value.get("expectations"), list):
        raise suite.fault((), "is not a Great Expectations suite: it has no list of expectations")
    try:
        json.loads(suite.text)
    except json.JSONDecodeError as error:
        raise ConfigError(f"{path}:{error.lineno}: a suite must be plain JSON: {error.msg}") from error


def _refuse_repeated_keys(document: Document) -> None:
    for keys, line in repeated_keys(document):
        path = "/".join(map(str, keys))
        raise Document(source=f"{document.source}:{line}", value=None).fault((), f"{path}: the key stands there twice")


def _refuse_auth(document: Document) -> None:
    content = document.value
    gateway = content.get("gateway") if isinstance(content, Mapping) else None
    if isinstance(gateway, Mapping) and "auth" in gateway:
        raise document.fault(("gateway", "auth"), "keys for local services are not there yet; leave it out")


def _refuse_weights_out_of_order(raw: ReleaseDocument, document: Document) -> None:
    weights = [step.weight for step in raw.traffic]
    for index, (before, weight) in enumerate(pairwise(weights), 1):
        if weight <= before:
            raise document.fault(
                ("traffic", index, "weight"), f"must be more than the step before, {before}, not {weight}"
            )
