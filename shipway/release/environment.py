"""The environment of a release, settled before anything is registered: its day, what belongs to it, and its lock.

What does not resolve, a Python or a base image that is not there, and an import that no package brings: refused here.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from shipway.asset.date import Day, day_of_asset
from shipway.asset.finding import Area, Severity
from shipway.asset.needed import azureml_requirements, mending_of_script, shortcomings, with_packages
from shipway.config.pip_lines import without_credentials
from shipway.config.profile import on_its_day
from shipway.domain.environment import Environment, InferenceConfig, PinChange
from shipway.domain.model import RunFacts
from shipway.domain.release import ReleaseConfig
from shipway.errors import BuildError, ConfigError, Unresolvable
from shipway.image.build import lock_for
from shipway.image.locked import Locked
from shipway.image.packages.mending import Proposal, apply
from shipway.machine.state import MachineState
from shipway.registry.models import Registry
from shipway.release.login import discreet
from shipway.release.mending import foreseen_lines, mended, proposed, script_at, with_proposal
from shipway.store.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class Settled:
    """`environment` is what is built, `lock` the digest of its packages. `told` are lines for whoever asked,
    and kept."""

    environment: Environment
    lock: str
    told: tuple[str, ...]


def settle_environment(
    config: ReleaseConfig, image_kind: str, workspace: Workspace, machine: MachineState, *, configs: Sequence[Path] = ()
) -> Settled:
    """Resolves what the release will install, and installs nothing. Safe to repeat: what was resolved is kept.

    `configs` are the files that the environment was read from; version control may tell their day. Raises Unresolvable
    and BuildError with the reason, ConfigError for imports that nothing brings, EngineUnavailable.
    """
    inference = config.inference
    day = day_of_release(config, workspace, configs)
    environment = on_its_day(inference.environment, None if day is None else day.day)
    additions = () if config.code is not None else azureml_requirements(replace(inference, environment=environment))
    environment = with_packages(environment, additions)
    lock = partial(
        lock_for, config=config.image, kind=image_kind, workspace=workspace, state=machine, login=inference.base_login
    )
    environment, locked = _locked(environment, lock, config, machine)
    known = None if config.code is not None else _known(replace(inference, environment=environment), locked, lock)
    if known is not None and config.relax:
        environment, locked, known = known.environment, known.locked, None
    told = (*(() if day is None else (day.why,)), *locked.told, *changes_told(discreet(environment).changes))
    told = (*told, *foreseen_lines(environment, locked.lock, locked.python))
    if config.code is None:
        told = (*told, *_looked_at(replace(inference, environment=environment), locked, known, relax=config.relax))
    return Settled(environment=environment, lock=locked.lock.digest, told=tuple(dict.fromkeys(told)))


def _locked(
    environment: Environment, lock: Callable[[Environment], Locked], config: ReleaseConfig, machine: MachineState
) -> tuple[Environment, Locked]:
    """With its lock, and mended where that is accepted. Raises Unresolvable with what would mend it."""
    script, failure, locked = script_at(config.source), None, None
    try:
        locked = lock(environment)
    except Unresolvable as error:
        failure = error
    if locked is not None and (not config.relax or config.code is not None):
        return environment, locked
    there = lock(replace(environment, requirements=())).python if locked is None else locked.python
    if failure is not None and not config.relax:
        raise with_proposal(environment, there, failure, script, machine) from failure
    environment = mended(environment, there, failure, script, machine)
    return environment, lock(environment)


@dataclass(frozen=True, kw_only=True)
class _Known:
    """What is known to mend the script's faults, and what the environment with it resolves to."""

    proposal: Proposal
    environment: Environment
    locked: Locked


def _known(inference: InferenceConfig, locked: Locked, lock: Callable[[Environment], Locked]) -> _Known | None:
    proposal = mending_of_script(inference, locked.lock, locked.python)
    if proposal is None:
        return None
    environment = apply(inference.environment, proposal)
    try:
        return _Known(proposal=proposal, environment=environment, locked=lock(environment))
    except BuildError:
        return None


def changes_told(changes: Sequence[PinChange]) -> Iterator[str]:
    """A line for each change of an environment, for people."""
    for change in changes:
        match change.before, change.after:
            case "", after:
                yield f"added {after}: {change.reason}"
            case before, "":
                yield f"left out {before}: {change.reason}"
            case before, after:
                yield f"{before} became {after}: {change.reason}"


def day_of_release(config: ReleaseConfig, workspace: Workspace, configs: Sequence[Path]) -> Day | None:
    """The day of its asset; none where the code is one that was kept before."""
    if config.code is not None:
        return None
    return day_of_asset(config.inference.environment, _runs(config, workspace), _files(config.inference, configs))


def _runs(config: ReleaseConfig, workspace: Workspace) -> Iterator[RunFacts | None]:
    for source in config.models:
        if source.path is None:
            name = f"{source.name}:{source.version}" if source.version else source.name
            yield Registry(workspace).resolve(name).run


def _files(inference: InferenceConfig, configs: Sequence[Path]) -> list[Path]:
    if inference.entry_script is None:
        return []
    return [Path(inference.source_directory or "", inference.entry_script), *configs]


def _looked_at(inference: InferenceConfig, locked: Locked, known: _Known | None, *, relax: bool) -> tuple[str, ...]:
    """Raises ConfigError naming every import that nothing brings, and every other fault of the script."""
    if inference.entry_script is None:
        return ()
    found = shortcomings(inference, locked.lock, locked.python)
    faults = [one for one in found if one.severity is Severity.FAULT]
    if faults:
        lacks_packages = any(one.area is Area.IMPORTS for one in faults) and not relax
        hint = ["--relax looks for packages that bring what is missing, and adds them"] if lacks_packages else []
        changes = [] if known is None else proposed(known.proposal)
        raise ConfigError(without_credentials("\n".join([*(one.line for one in faults), *changes, *hint])))
    return tuple(one.line for one in found)
