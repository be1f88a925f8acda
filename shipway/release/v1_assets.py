"""v1's own assets as a release: what `Model.deploy` was given, completed as v1 or Shipway would."""

from dataclasses import replace
from pathlib import Path

from shipway.config.deployment import load_deployment_config
from shipway.config.documents import Loaded
from shipway.config.golden import load_golden
from shipway.config.inference import load_inference_config
from shipway.config.release_file import WITHOUT_CODE, model_path_fault
from shipway.domain.environment import InferenceConfig
from shipway.domain.image import DOCKER, PROCESS, ImageConfig
from shipway.domain.model import ModelVersion
from shipway.domain.names import model_name_fault, service_name_fault
from shipway.domain.release import (
    CodePlace,
    LatencyLimit,
    Limits,
    ModelSource,
    ReleaseConfig,
    SmokePlan,
    TrafficStep,
    VerificationConfig,
)
from shipway.domain.service import DeploymentConfig, GatewayConfig
from shipway.errors import ConfigError, ModelNotFound
from shipway.registry.models import Registry
from shipway.release.asked import DeploymentAsked, InferenceAsked, ModelAsked, V1Asked
from shipway.store.workspace import Workspace
from shipway.targets.base import known_kinds

USUAL_TRAFFIC = (TrafficStep(weight=10, bake_s=5),)
"""As a release file has it that says nothing."""

LOCAL_KINDS = (DOCKER, PROCESS)
"""v1's local services were containers; a machine without an engine runs them as processes."""

V1_TIMEOUT_S = 60.0
"""What v1 gave a request (contract 11.4, scoringTimeoutMs). Nobody has said how fast a first revision must be."""

_NAME_LENGTH = 30
"""What v1 took of a path's base name for the model's name (M-12)."""


def read_assets(asked: V1Asked, workspace: Workspace) -> Loaded[ReleaseConfig]:
    """Raises ConfigError for what is wrong with a name or a config, ModelNotFound."""
    if fault := service_name_fault(asked.service):
        raise ConfigError(fault)
    folder = asked.working_directory
    inference = Loaded(WITHOUT_CODE) if asked.inference is None else inference_of(asked.inference, folder)
    deployment = _deployment(asked)
    models = models_of(asked.models or (), workspace, folder)
    config = ReleaseConfig(
        service=asked.service,
        models=models.value,
        inference=inference.value,
        deployment=deployment.value,
        targets=_targets(asked.target, deployment.value),
        verification=_verification(asked),
        traffic=USUAL_TRAFFIC if asked.traffic is None else asked.traffic,
        gateway=GatewayConfig(),
        image=ImageConfig(),
        source=code_place(inference.value),
        details=asked.details,
        expects=None if asked.overwrite else "",
    )
    return Loaded(config, (*inference.warnings, *deployment.warnings, *models.warnings))


def inference_of(asked: InferenceAsked, working_directory: Path) -> Loaded[InferenceConfig]:
    if isinstance(asked, InferenceConfig):
        return Loaded(asked)
    return load_inference_config(asked, working_directory=working_directory)


def deployment_of(asked: DeploymentAsked, working_directory: Path) -> Loaded[DeploymentConfig]:
    if isinstance(asked, DeploymentConfig):
        return Loaded(asked)
    return load_deployment_config(asked, working_directory=working_directory)


def code_place(inference: InferenceConfig) -> CodePlace | None:
    if inference.entry_script is None:
        return None
    return CodePlace(entry_script=inference.entry_script, folder=inference.source_directory)


def models_of(asked: tuple[ModelAsked, ...], workspace: Workspace, folder: Path) -> Loaded[tuple[ModelSource, ...]]:
    """Each as the registry's, else as a path that is registered first. Raises ConfigError, ModelNotFound."""
    found = [_model(one, workspace, folder) for one in asked]
    names = [source.name for source in found]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise ConfigError(f"models: {twice!r} is named twice; a service uses one version of a model")
    told = [f"{s.path}: becomes a new version of model {s.name}" for s in found if s.path is not None]
    return Loaded(tuple(found), tuple(told))


def _model(asked: ModelAsked, workspace: Workspace, folder: Path) -> ModelSource:
    if isinstance(asked, ModelSource):
        return asked
    if isinstance(asked, str):
        try:
            return _registered(Registry(workspace).resolve(asked))
        except ModelNotFound as error:
            if not (folder / asked).exists():
                raise _neither(asked, folder, error) from error
    return _from_path(folder / asked)


def _neither(asked: str, folder: Path, error: ModelNotFound) -> ModelNotFound:
    """A text that can only be a path is told as one."""
    if not ("/" in asked or "\\" in asked or (Path(asked).suffix and ":" not in asked)):
        return error
    return ModelNotFound(
        f"ModelNotFound: {asked} is no registered model, and no such file: {(folder / asked).absolute()}; "
        "`shipway model list` shows what there is"
    )


def _registered(version: ModelVersion) -> ModelSource:
    return ModelSource(name=version.name, version=version.version)


def _from_path(path: Path) -> ModelSource:
    if fault := model_path_fault(path):
        raise ConfigError(f"models: {fault}")
    name = path.absolute().name[:_NAME_LENGTH]
    if fault := model_name_fault(name):
        raise ConfigError(f"models: {path} would be registered under its own name: {fault}; register it under another")
    return ModelSource(name=name, path=str(path.absolute()))


def _deployment(asked: V1Asked) -> Loaded[DeploymentConfig]:
    """Without a config v1 took the defaults of the target that was named (13.1): one that is none of ours is of AKS."""
    cluster = None if asked.target in known_kinds() else asked.target
    if asked.deployment is None:
        kind = "local" if cluster is None else "aks"
        return Loaded(DeploymentConfig(compute_type=kind, compute_target=cluster))
    loaded = deployment_of(asked.deployment, asked.working_directory)
    if cluster is None:
        return loaded
    if not loaded.value.compute_type.startswith("aks"):
        raise ConfigError(
            f"target {cluster!r} is none of Shipway's ({', '.join(known_kinds())}), so it would be an AKS cluster, and "
            f"the deployment config is for {loaded.value.compute_type}: leave the target out, or name one of Shipway's"
        )
    return Loaded(replace(loaded.value, compute_target=cluster), loaded.warnings)


def _targets(target: str | None, deployment: DeploymentConfig) -> tuple[str, ...]:
    """A kind of Shipway's is meant as it is said, whatever compute type the config was written for."""
    if target in known_kinds():
        return (target,)
    return LOCAL_KINDS if deployment.compute_type == "local" else (deployment.compute_type,)


def _verification(asked: V1Asked) -> VerificationConfig:
    return VerificationConfig(
        golden=golden_path(asked.golden),
        suite=None if asked.suite is None else str(asked.suite.absolute()),
        sample=asked.sample is not False,
        smoke=SmokePlan(request_s=V1_TIMEOUT_S),
        limits=Limits(latency_p95=LatencyLimit(first_ms=V1_TIMEOUT_S * 1000), min_agreement_pct=0),
    )


def golden_path(path: Path | None) -> str | None:
    """Read here only to be refused early."""
    if path is None:
        return None
    load_golden(path)
    return str(path.absolute())
