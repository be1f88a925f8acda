"""What a release will do, worked out before its first side effect.

What a candidate target cannot do, and what this installation lacks, is said here and not in the middle of a release.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec

from shipway.domain.environment import Environment
from shipway.domain.image import DOCKER, PROCESS
from shipway.domain.release import ReleaseConfig
from shipway.errors import ConfigError
from shipway.image.container.base_faults import process_faults
from shipway.release.planned_steps import PlannedStep, steps_of
from shipway.targets.base import MayBeAway, SplitsTraffic, Target, known_kinds

Installed = Callable[[str], bool]

NOT_THERE_YET = ("aci", "aks", "aksendpoint")
"""v1's own targets in the cloud: a release to one is planned and checked in full, and then refused."""


@dataclass(frozen=True, kw_only=True)
class Ability:
    """What a target can do beyond the core. `away` says why nothing can be deployed there now; None when it can."""

    splits_traffic: bool
    away: str | None = None


Abilities = Mapping[str, Ability]
"""By kind of target; only known kinds are there."""


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A target that was asked for, and why it cannot take the release; no faults when it can.

    `away`: all that is wrong is that it cannot be reached, which may pass.
    """

    kind: str
    faults: tuple[str, ...]
    away: bool = False


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The steps in the order in which they will be taken. `refusal` says why they cannot be, on targets that are not
    there yet: such a plan is for reading."""

    service: str
    champion: str | None
    steps: tuple[PlannedStep, ...]
    candidates: tuple[Candidate, ...]
    refusal: str = ""

    @property
    def choice(self) -> str:
        """The kind of the target that will be taken, unless it goes away meanwhile; the first of a plan for reading."""
        fit = first_fit(self.candidates)
        return self.candidates[0].kind if fit is None else fit.kind


def is_installed(package: str) -> bool:
    """Whether an import would find it; nothing is imported."""
    return find_spec(package) is not None


def abilities_of(kinds: Sequence[str], load_target: Callable[[str], Target]) -> Abilities:
    """What each known target can do beyond the core; an unknown one is not in the answer."""
    return {kind: _ability(load_target(kind)) for kind in kinds if kind in known_kinds()}


def _ability(target: Target) -> Ability:
    away = target.why_away() if isinstance(target, MayBeAway) else None
    return Ability(splits_traffic=isinstance(target, SplitsTraffic), away=away)


def image_kind_of(kind: str) -> str:
    """The kind of image that a kind of target runs."""
    return PROCESS if kind == PROCESS else DOCKER


def first_fit(found: Sequence[Candidate]) -> Candidate | None:
    """The best candidate that nothing speaks against."""
    return next((candidate for candidate in found if not candidate.faults), None)


def plan(
    config: ReleaseConfig,
    *,
    champion: str | None,
    abilities: Abilities,
    served_by: str | None = None,
    installed: Installed = is_installed,
) -> Plan:
    """Pure. `served_by` is the kind of target that the champion is on.

    Raises ConfigError, with the remedy, for a release that cannot be carried out as it stands.
    """
    _refuse_unverifiable(config, installed)
    found = candidates(config.targets, config.inference.environment, abilities, served_by=served_by)
    refusal = ""
    if first_fit(found) is None:
        cloud = next((c.kind for c in found if c.kind in NOT_THERE_YET), None)
        if cloud is None:
            faults = "; ".join(f"{c.kind}: {', '.join(c.faults)}" for c in found)
            raise ConfigError(f"targets: no candidate can take this release: {faults}")
        refusal = (
            f"{_not_there_yet(cloud)}: nothing was registered or deployed; --target {DOCKER} runs the same assets here"
        )
    steps = steps_of(config, champion)
    return Plan(service=config.service, champion=champion, steps=steps, candidates=found, refusal=refusal)


def candidates(
    kinds: Sequence[str],
    environment: Environment,
    abilities: Abilities,
    *,
    image_kind: str | None = None,
    served_by: str | None = None,
) -> tuple[Candidate, ...]:
    """Every target asked for, best first, with what it cannot do. `image_kind` is that of the image that was built,
    None before there is one; `served_by` the kind of target that the champion is on, None without one. Pure."""
    return tuple(_candidate(kind, environment, abilities.get(kind), image_kind, served_by) for kind in kinds)


def _candidate(
    kind: str, environment: Environment, ability: Ability | None, image_kind: str | None, served_by: str | None
) -> Candidate:
    faults = _faults(kind, environment, ability, image_kind)
    if served_by not in {None, kind}:
        faults = (*faults, f"the service is in service on {served_by}: release there, or delete it first")
    away = ability.away if ability else None
    return Candidate(kind=kind, faults=(*faults, away) if away else faults, away=bool(away) and not faults)


def _faults(kind: str, environment: Environment, ability: Ability | None, image_kind: str | None) -> tuple[str, ...]:
    if kind in NOT_THERE_YET:
        return (_not_there_yet(kind),)
    if ability is None:
        return (f"unknown target; the targets are {', '.join(known_kinds())}",)
    faults = []
    if not ability.splits_traffic:
        faults.append("cannot split traffic between the champion and a challenger")
    if kind == PROCESS:
        faults += process_faults(environment)
    if image_kind not in {None, image_kind_of(kind)}:
        faults.append(f"runs images of kind {image_kind_of(kind)}, and this release has built one of kind {image_kind}")
    return tuple(faults)


def _not_there_yet(kind: str) -> str:
    return f"target {kind} is not there yet"


def _refuse_unverifiable(config: ReleaseConfig, installed: Installed) -> None:
    verification = config.verification
    if verification.suite is not None and verification.golden is None:
        raise ConfigError(
            "verification/suite: judges the answers to golden rows, and there are none: name them in "
            "verification/golden"
        )
    if verification.suite is not None and not installed("great_expectations"):
        raise ConfigError(
            "verification/suite: Great Expectations is not installed; pip install 'shipway[expectations]'"
        )
