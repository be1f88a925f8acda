"""What comes before a release: it is read, checked and planned, then kept. A refusal costs nothing and leaves nothing.

The command line, the SDK and Prefect's form all begin here.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from shipway.asset.configs import named_conda_files
from shipway.asset.target import unhonoured
from shipway.config.documents import Document, Loaded, read_document
from shipway.config.profile import on_its_day
from shipway.config.release_file import load_release_file
from shipway.domain.image import PROCESS
from shipway.domain.release import ReleaseConfig, ReleaseInputs, day_fault
from shipway.domain.service import Resources
from shipway.errors import ConfigError
from shipway.machine.state import MachineState, machine_state
from shipway.release.asked import Asked, FileAsked, InferenceAsked, ReloadAsked, UpdateAsked, V1Asked
from shipway.release.background import Started, start_in_background
from shipway.release.environment import settle_environment
from shipway.release.expected import refuse_if_changed
from shipway.release.inputs import Found, check_inputs, is_kept, keep_inputs
from shipway.release.ledger import ledger_of
from shipway.release.login import discreet, keep_logins
from shipway.release.open_releases import refuse_if_busy
from shipway.release.plan import Plan, abilities_of, image_kind_of, plan
from shipway.release.planned_steps import steps_of
from shipway.release.reading import champion_of
from shipway.release.source import commit_of
from shipway.release.successor import read_reload, read_update
from shipway.release.v1_assets import code_place, read_assets
from shipway.store.workspace import Workspace
from shipway.targets.base import TakesPorts, load

__all__ = [
    "Asked",
    "FileAsked",
    "Prepared",
    "ReloadAsked",
    "Started",
    "UpdateAsked",
    "V1Asked",
    "keep",
    "prepare",
    "start_in_background",
]


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """A release that nothing speaks against, or a plan alone: `refusal` then says why it cannot be carried out.

    `warnings` are for whoever asked.
    """

    config: ReleaseConfig
    plan: Plan
    warnings: tuple[str, ...]
    found: Found

    @property
    def refusal(self) -> str:
        return self.plan.refusal


def prepare(asked: Asked, workspace: Workspace, machine: MachineState) -> Prepared:
    """All that can be refused before anything is kept is refused here, for a dry run as well. Only looks.

    Raises ConfigError, naming the file; whatever else `check_inputs` raises; ServiceNotFound, ReleaseError for what is
    to be changed and is not in service; PortInUse.
    """
    loaded = read_asked(asked, workspace)
    config = _as_asked(loaded.value, asked)
    planned = _plan(asked, config, workspace, machine)
    check_inputs(config, workspace, image_kind=image_kind_of(planned.choice))
    found = Found(commit=commit_of(_folder(asked, config)))
    if planned.refusal:
        return Prepared(config=config, plan=planned, warnings=loaded.warnings, found=found)
    _refuse_taken_port(config, planned, machine)
    settled = settle_environment(
        config, image_kind_of(planned.choice), workspace, machine, configs=config_files(asked, config)
    )
    config = replace(config, inference=replace(config.inference, environment=settled.environment))
    return Prepared(
        config=config,
        plan=replace(planned, steps=steps_of(config, planned.champion)),
        warnings=(*loaded.warnings, *_unhonoured(asked, config, planned.choice), *settled.told),
        found=replace(found, lock=settled.lock, told=settled.told),
    )


def keep(
    prepared: Prepared, workspace: Workspace, *, release_id: str, requested_by: str, now: datetime
) -> ReleaseInputs:
    """Keeps a release under its id, unless its service is busy. Safe to repeat: one that is kept stays as it is.

    Raises LeaseHeld, naming who works on the service; ReleaseError when another release of it has not ended, or when
    what it was planned from is not in service any more; ConfigError for a plan that cannot be carried out.
    """
    if prepared.refusal:
        raise ConfigError(prepared.refusal)
    config = prepared.config
    refuse_if_busy(workspace, config.service, besides=release_id, now=now)
    if not is_kept(workspace, release_id):
        refuse_if_changed(workspace, config.service, config.expects)
    kept = keep_inputs(
        config, release_id=release_id, requested_by=requested_by, now=now, workspace=workspace, found=prepared.found
    )
    if kept.environment == discreet(config.inference.environment):  # one kept before under this id may be another
        keep_logins(machine_state(workspace.url), release_id, config.inference)
    return kept


def read_asked(asked: Asked, workspace: Workspace) -> Loaded[ReleaseConfig]:
    """What is asked for, whole, in whichever way it was said. Raises as `prepare`."""
    match asked:
        case FileAsked():
            loaded = load_release_file(asked.file)
            return Loaded(replace(loaded.value, source=code_place(loaded.value.inference)), loaded.warnings)
        case V1Asked():
            _refuse_overwriting(asked, workspace)
            return read_assets(asked, workspace)
        case UpdateAsked():
            return read_update(asked, champion_of(workspace, asked.service), workspace)
        case ReloadAsked():
            return read_reload(asked, champion_of(workspace, asked.service), workspace)


def _refuse_overwriting(asked: V1Asked, workspace: Workspace) -> None:
    champion = ledger_of(workspace, asked.service).standing().champion
    if champion is not None and not asked.overwrite:
        models = ", ".join(champion.models) or "no model"
        raise ConfigError(
            f"service {asked.service} exists already (revision {champion.revision_id} with {models} on "
            f"{champion.target}): say --overwrite (overwrite=True) to release these assets in its place, or give "
            "another name"
        )


def _as_asked(config: ReleaseConfig, asked: Asked) -> ReleaseConfig:
    if asked.as_of is not None:
        if fault := day_fault(asked.as_of):
            raise ConfigError(f"--as-of {fault}")
        environment = on_its_day(config.inference.environment, asked.as_of)
        config = replace(config, inference=replace(config.inference, environment=environment))
    target = asked.target if isinstance(asked, FileAsked) else None
    return replace(
        config,
        targets=config.targets if target is None else (target,),
        notes=asked.notes or config.notes,
        relax=config.relax or asked.relax,
        image=config.image if asked.python is None else replace(config.image, python=str(asked.python.absolute())),
    )


def _folder(asked: Asked, config: ReleaseConfig) -> Path:
    match asked:
        case FileAsked():
            return asked.file.absolute().parent
        case V1Asked() | UpdateAsked():
            return asked.working_directory
        case ReloadAsked():
            place = config.source
            return Path(place.folder or place.entry_script).parent if place else Path()


def config_files(asked: Asked, config: ReleaseConfig) -> tuple[Path, ...]:
    """The files that an environment was read from, as far as they are known: the newest of them tells its day."""
    inference: InferenceAsked | None
    match asked:
        case FileAsked():
            inference = read_document(asked.file).within("inference") if config.inference.entry_script else None
            folder, files = asked.file.absolute().parent, [asked.file]
        case V1Asked() | UpdateAsked():
            folder, files = asked.working_directory, []
            inference = asked.inference
        case ReloadAsked():
            return ()
    value = inference.value if isinstance(inference, Document) else inference
    if isinstance(value, str | Path):
        file = folder / value
        files, value = [*files, file], read_document(file).value
    root = Path(config.inference.source_directory or folder)
    return (*files, *named_conda_files(value, root))


def _plan(asked: Asked, config: ReleaseConfig, workspace: Workspace, machine: MachineState) -> Plan:
    champion = ledger_of(workspace, config.service).standing().champion
    abilities = abilities_of(config.targets, lambda kind: load(kind, machine))
    try:
        return plan(
            config,
            champion=champion.revision_id if champion else None,
            abilities=abilities,
            served_by=champion.target if champion else None,
        )
    except ConfigError as error:
        raise (ConfigError(f"{asked.file}: {error}") if isinstance(asked, FileAsked) else error) from error


def _unhonoured(asked: Asked, config: ReleaseConfig, kind: str) -> Iterator[str]:
    """What the configs ask for and a local target does not do or keep; a release file has said the last two itself."""
    yield from (finding.message for finding in unhonoured(config.deployment, kind))
    if kind == PROCESS and config.deployment.resources != Resources() and not isinstance(asked, FileAsked):
        yield "containerResourceRequirements: the process target limits nothing; docker does"
    environment = config.inference.environment
    if discreet(environment) != environment and not isinstance(asked, FileAsked):
        yield (
            f"{environment.called} has a password in a URL, which serves this release alone and is not kept; write "
            "${NAME} in its place and set that variable, or set UV_INDEX_URL"
        )


def _refuse_taken_port(config: ReleaseConfig, planned: Plan, machine: MachineState) -> None:
    target = load(planned.choice, machine)
    if config.deployment.port is not None and isinstance(target, TakesPorts):
        target.refuse_taken_port(config.service, config.deployment.port)
