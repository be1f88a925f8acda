"""What comes before a release: its file is read, checked and planned, then kept. A refusal costs nothing and leaves
nothing. The command line and Prefect's form both begin here.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from shipway.config.release_file import load_release_file
from shipway.domain.release import ReleaseConfig, ReleaseInputs
from shipway.errors import ConfigError
from shipway.machine.state import MachineState
from shipway.release.inputs import check_inputs, keep_inputs
from shipway.release.ledger import ledger_of
from shipway.release.open_releases import refuse_if_busy
from shipway.release.plan import Plan, abilities_of, image_kind_of, plan
from shipway.release.source import commit_of
from shipway.store.workspace import Workspace
from shipway.targets.base import TakesPorts, load


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A release file, and what is said in its place: `target` for its candidates, `notes` for its own."""

    file: Path
    target: str | None = None
    notes: str | None = None


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """A release that nothing speaks against. `warnings` are for whoever asked."""

    config: ReleaseConfig
    plan: Plan
    warnings: tuple[str, ...]
    commit: str | None


def prepare(asked: Asked, workspace: Workspace, machine: MachineState) -> Prepared:
    """All that can be refused before anything is kept is refused here, for a dry run as well. Only looks.

    Raises ConfigError, naming the file; whatever else `check_inputs` raises; PortInUse.
    """
    loaded = load_release_file(asked.file)
    config = _as_asked(loaded.value, asked)
    try:
        planned = _plan(config, workspace, machine)
    except ConfigError as error:
        raise ConfigError(f"{asked.file}: {error}") from error
    check_inputs(config, workspace, image_kind=image_kind_of(planned.choice))
    _refuse_taken_port(config, planned, machine)
    commit = commit_of(asked.file.absolute().parent)
    return Prepared(config=config, plan=planned, warnings=tuple(loaded.warnings), commit=commit)


def keep(
    prepared: Prepared, workspace: Workspace, *, release_id: str, requested_by: str, now: datetime
) -> ReleaseInputs:
    """Keeps a release under its id, unless its service is busy. Safe to repeat: one that is kept stays as it is.

    Raises LeaseHeld, naming who works on the service; ReleaseError when another release of it has not ended.
    """
    config = prepared.config
    refuse_if_busy(workspace, config.service, besides=release_id, now=now)
    return keep_inputs(
        config, release_id=release_id, requested_by=requested_by, now=now, workspace=workspace, commit=prepared.commit
    )


def _as_asked(config: ReleaseConfig, asked: Asked) -> ReleaseConfig:
    targets = config.targets if asked.target is None else (asked.target,)
    return replace(config, targets=targets, notes=config.notes if asked.notes is None else asked.notes)


def _plan(config: ReleaseConfig, workspace: Workspace, machine: MachineState) -> Plan:
    champion = ledger_of(workspace, config.service).standing().champion
    abilities = abilities_of(config.targets, lambda kind: load(kind, machine))
    return plan(
        config,
        champion=champion.revision_id if champion else None,
        abilities=abilities,
        served_by=champion.target if champion else None,
    )


def _refuse_taken_port(config: ReleaseConfig, planned: Plan, machine: MachineState) -> None:
    target = load(planned.choice, machine)
    if config.deployment.port is not None and isinstance(target, TakesPorts):
        target.refuse_taken_port(config.service, config.deployment.port)
