"""A release that goes on from what is in service: all that is not replaced comes from the inputs of the champion."""

from dataclasses import replace
from pathlib import Path

from shipway.config.documents import Loaded
from shipway.domain.environment import InferenceConfig
from shipway.domain.names import ModelRef
from shipway.domain.release import Details, ModelSource, ReleaseConfig, ReleaseInputs, ReleaseKind
from shipway.domain.service import DeploymentConfig
from shipway.errors import ConfigError, ReleaseError
from shipway.release.asked import ReloadAsked, UpdateAsked
from shipway.release.inputs import read_inputs
from shipway.release.ledger import LedgerEntry
from shipway.release.v1_assets import code_place, deployment_of, golden_path, inference_of, models_of
from shipway.store.workspace import Workspace


def read_update(asked: UpdateAsked, champion: LedgerEntry, workspace: Workspace) -> Loaded[ReleaseConfig]:
    """Models alone keep the inference config in force, though v1 took them for a service without code (U-2).

    Raises ConfigError for an update of nothing (U-1), and whatever reading what is given raises.
    """
    parts = (asked.models, asked.inference, asked.deployment, asked.golden, asked.suite, asked.traffic, asked.details)
    if all(part in (None, Details()) for part in parts):
        raise ConfigError(
            f"service {asked.service}: no parameters: nothing is to be updated; give models, an inference config, a "
            "deployment config, or golden rows"
        )
    config = _as_in_service(champion, workspace)
    told: list[str] = []
    if asked.models is not None:
        models = models_of(asked.models, workspace, asked.working_directory)
        config, told = replace(config, models=models.value), [*told, *models.warnings]
    if asked.inference is not None:
        inference = inference_of(asked.inference, asked.working_directory)
        place = code_place(inference.value)
        if inference.value.environment.python != config.inference.environment.python:
            config = replace(config, image=replace(config.image, python=None))  # it was chosen for the other pin
        config = replace(config, inference=inference.value, code=None, source=place)
        told += inference.warnings
    if asked.deployment is not None:
        deployment = deployment_of(asked.deployment, asked.working_directory)
        _refuse_another_place(asked.service, deployment.value, config.deployment, champion.target)
        config, told = replace(config, deployment=deployment.value), [*told, *deployment.warnings]
    return Loaded(_with_our_own(config, asked), tuple(told))


def read_reload(asked: ReloadAsked, champion: LedgerEntry, workspace: Workspace) -> Loaded[ReleaseConfig]:
    """The same models, environment and settings with the script as it is now, all traffic at once (L-5).

    Raises ReleaseError when there is no script, or nobody noted where it lay.
    """
    config = _as_in_service(champion, workspace)
    place = config.source
    if config.code is None:
        raise ReleaseError(f"service {asked.service} serves its model without a script: there is nothing to read again")
    if place is None:
        raise ReleaseError(
            f"service {asked.service} was released before it was noted where its script lay; release it again, with "
            "the script as it is now"
        )
    inference = replace(config.inference, entry_script=place.entry_script, source_directory=place.folder)
    where = place.folder or place.entry_script
    if not Path(where).exists():
        raise ReleaseError(
            f"service {asked.service} cannot be reloaded: {where}, where its script was read, is not there any more; "
            "update it with an inference config, or reload on the machine that released it"
        )
    notes = f"reload: {where} was read again; no bake"
    config = replace(config, inference=inference, code=None, kind=ReleaseKind.RELOAD, notes=notes)
    return Loaded(config)


def _refuse_another_place(service: str, new: DeploymentConfig, old: DeploymentConfig, target: str) -> None:
    """v1's update has no target: a service stays where it is (contract 17.2)."""
    if new.compute_type not in {"local", old.compute_type}:
        raise ConfigError(
            f"service {service} is on {target}, and the deployment config is for {new.compute_type}: an update cannot "
            "move a service; deploy it there under another name"
        )


def _as_in_service(champion: LedgerEntry, workspace: Workspace) -> ReleaseConfig:
    inputs = read_inputs(workspace, champion.release_id)
    return ReleaseConfig(
        service=inputs.service,
        models=_models(champion, inputs),
        inference=InferenceConfig(
            entry_script=inputs.code.entry_script if inputs.code else None,
            source_directory=None,
            environment=inputs.environment,
        ),
        deployment=inputs.deployment,
        targets=(champion.target,),
        verification=inputs.verification,
        traffic=inputs.traffic,
        gateway=inputs.gateway,
        image=inputs.image,
        kind=ReleaseKind.UPDATE,
        code=inputs.code,
        source=inputs.source,
        expects=champion.revision_id,
    )


def _models(champion: LedgerEntry, inputs: ReleaseInputs) -> tuple[ModelSource, ...]:
    """The very versions in service, whatever was registered since (U-4), in the order of the release."""
    order = [model.source.name for model in inputs.models]
    refs = sorted((ModelRef.parse(model) for model in champion.models), key=lambda ref: order.index(ref.name))
    return tuple(ModelSource(name=ref.name, version=ref.version) for ref in refs)


def _with_our_own(config: ReleaseConfig, asked: UpdateAsked) -> ReleaseConfig:
    verification = config.verification
    if asked.golden is not None:
        verification = replace(verification, golden=golden_path(asked.golden))
    if asked.suite is not None:
        verification = replace(verification, suite=str(asked.suite.absolute()))
    if asked.sample is not None:
        verification = replace(verification, sample=asked.sample)
    traffic = config.traffic if asked.traffic is None else asked.traffic
    return replace(config, verification=verification, traffic=traffic, details=asked.details)
