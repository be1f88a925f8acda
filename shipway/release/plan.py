"""What a release will do, worked out before its first side effect.

What a candidate target cannot do, and what this installation lacks, is said here and not in the middle of a release.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec

from shipway.domain.environment import Environment
from shipway.domain.image import DOCKER, PROCESS
from shipway.domain.release import ReleaseConfig, ReleaseKind, VerificationConfig
from shipway.domain.wording import counted
from shipway.errors import ConfigError
from shipway.release.steps import Step
from shipway.targets.base import MayBeAway, SplitsTraffic, Target, known_kinds

Installed = Callable[[str], bool]


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
class PlannedStep:
    """One line of the plan, for a person to read before anything happens."""

    step: Step
    what: str


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The steps in the order in which they will be taken."""

    service: str
    champion: str | None
    steps: tuple[PlannedStep, ...]
    candidates: tuple[Candidate, ...]

    @property
    def choice(self) -> str:
        """The kind of the target that will be taken, unless it goes away meanwhile."""
        fit = first_fit(self.candidates)
        assert fit is not None
        return fit.kind


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
    if first_fit(found) is None:
        faults = "; ".join(f"{c.kind}: {', '.join(c.faults)}" for c in found)
        raise ConfigError(f"targets: no candidate can take this release: {faults}")
    return Plan(service=config.service, champion=champion, steps=_steps(config, champion), candidates=found)


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
    if ability is None:
        return (f"unknown target; the targets are {', '.join(known_kinds())}",)
    faults = []
    if not ability.splits_traffic:
        faults.append("cannot split traffic between the champion and a challenger")
    if environment.conda_packages:
        names = ", ".join(environment.conda_packages)
        faults.append(f"has no conda for {names}; name pip packages in their place")
    if image_kind not in {None, image_kind_of(kind)}:
        faults.append(f"runs images of kind {image_kind_of(kind)}, and this release has built one of kind {image_kind}")
    return tuple(faults)


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


def _steps(config: ReleaseConfig, champion: str | None) -> tuple[PlannedStep, ...]:
    verification = config.verification
    models = ", ".join(m.name if m.path else f"{m.name}:{m.version or 'newest'}" for m in config.models)
    walk = ", ".join(f"{step.weight} % for {step.bake_s:g} s" for step in config.bakes)
    traffic = f"{walk}, then 100 %" if champion and walk else "100 % at once" + _why_at_once(config, champion)
    soak = verification.smoke.load_s
    packages = counted(len(config.inference.environment.requirements), "package")
    what = {
        Step.REGISTER: f"{models}",
        Step.BUILD: f"{config.inference.entry_script or 'no code'} with {packages}{_where_to(config)}",
        Step.SMOKE: f"run it alone: healthy, {_asked(verification)}, memory after {soak:g} s of load",
        Step.CHOOSE: f"of {', '.join(config.targets)}",
        Step.DEPLOY: f"a new revision beside {champion or 'nothing'}, without traffic",
        Step.VERIFY: _verified(verification, champion),
        Step.PROMOTE: f"traffic {traffic}",
    }
    return tuple(PlannedStep(step=step, what=text) for step, text in what.items())


def _asked(verification: VerificationConfig) -> str:
    if verification.golden is not None:
        return "every golden request answered with 200"
    return "the sample of its swagger, if it shows one, answered with 200" if verification.sample else "nothing asked"


def _verified(verification: VerificationConfig, champion: str | None) -> str:
    """What is known to be checked, and how more would be."""
    suite = ", the expectation suite" if verification.suite else ""
    beside = f", agreement with {champion}" if champion else ""
    if verification.golden is not None:
        return f"golden rows{suite}, errors, latency{beside}"
    why = "there are no golden rows (verification/golden, --golden)"
    if not verification.sample:
        return f"healthy, by the same process; no request is made: {why}"
    return f"healthy, by the same process; the sample of its swagger, if it shows one: errors, latency{beside}; {why}"


def _why_at_once(config: ReleaseConfig, champion: str | None) -> str:
    if champion is None:
        return ": it is the first revision of the service"
    return ": a reload has no bake" if config.kind is ReleaseKind.RELOAD else ""


def _where_to(config: ReleaseConfig) -> str:
    return f", pushed to {config.image.registry}" if config.image.registry else ""
