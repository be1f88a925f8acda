"""What a release will do, worked out before its first side effect.

What a candidate target cannot do, and what this installation lacks, is said here and not in the middle of a release.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec

from shipway.domain.environment import Environment
from shipway.domain.release import ReleaseConfig
from shipway.domain.wording import counted
from shipway.errors import ConfigError
from shipway.release.steps import Step
from shipway.targets.base import SplitsTraffic, Target, known_kinds

Installed = Callable[[str], bool]

Abilities = Mapping[str, frozenset[str]]
"""By kind of target, what it can do beyond the core."""


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A target that was asked for, and why it cannot take the release; no faults when it can."""

    kind: str
    faults: tuple[str, ...]


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


def is_installed(package: str) -> bool:
    """Whether an import would find it; nothing is imported."""
    return find_spec(package) is not None


def abilities_of(kinds: Sequence[str], load_target: Callable[[str], Target]) -> Abilities:
    """What each known target can do beyond the core; an unknown one is not in the answer."""
    known = [kind for kind in kinds if kind in known_kinds()]
    return {
        kind: frozenset({"split traffic"} if isinstance(load_target(kind), SplitsTraffic) else ()) for kind in known
    }


def plan(
    config: ReleaseConfig, *, champion: str | None, abilities: Abilities, installed: Installed = is_installed
) -> Plan:
    """Pure. Raises ConfigError, with the remedy, for a release that cannot be carried out as it stands."""
    _refuse_unverifiable(config, installed)
    found = candidates(config.targets, config.inference.environment, abilities)
    if all(candidate.faults for candidate in found):
        faults = "; ".join(f"{c.kind}: {', '.join(c.faults)}" for c in found)
        raise ConfigError(f"targets: no candidate can take this release: {faults}")
    return Plan(service=config.service, champion=champion, steps=_steps(config, champion), candidates=found)


def candidates(kinds: Sequence[str], environment: Environment, abilities: Abilities) -> tuple[Candidate, ...]:
    """Every target asked for, best first, with what it cannot do. Pure."""
    return tuple(Candidate(kind=kind, faults=_faults(kind, environment, abilities)) for kind in kinds)


def _faults(kind: str, environment: Environment, abilities: Abilities) -> tuple[str, ...]:
    if kind not in abilities:
        return (f"unknown target; the targets are {', '.join(known_kinds())}",)
    faults = []
    if "split traffic" not in abilities[kind]:
        faults.append("cannot split traffic between the champion and a challenger")
    if environment.conda_packages:
        names = ", ".join(environment.conda_packages)
        faults.append(f"has no conda for {names}; name pip packages in their place")
    return tuple(faults)


def _refuse_unverifiable(config: ReleaseConfig, installed: Installed) -> None:
    verification = config.verification
    if verification.golden is None:
        raise ConfigError(
            "verification/golden: missing, so nothing could be asked of the new revision; "
            'name a file with a line {"request": ..., "expected": ...} for each known answer'
        )
    if verification.suite is not None and not installed("great_expectations"):
        raise ConfigError(
            "verification/suite: Great Expectations is not installed; pip install 'shipway[expectations]'"
        )


def _steps(config: ReleaseConfig, champion: str | None) -> tuple[PlannedStep, ...]:
    verification = config.verification
    models = ", ".join(m.name if m.path else f"{m.name}:{m.version or 'newest'}" for m in config.models)
    suite = ", the expectation suite" if verification.suite else ""
    beside = f", agreement with {champion}" if champion else ""
    walk = ", ".join(f"{step.weight} % for {step.bake_s:g} s" for step in config.traffic)
    traffic = f"{walk}, then 100 %" if champion else "100 % at once: it is the first revision of the service"
    packages = counted(len(config.inference.environment.requirements), "package")
    what = {
        Step.REGISTER: f"{models}",
        Step.BUILD: f"{config.inference.entry_script} with {packages}",
        Step.SMOKE: "run it alone: healthy, and every golden request answered with 200",
        Step.CHOOSE: f"of {', '.join(config.targets)}",
        Step.DEPLOY: f"a new revision beside {champion or 'nothing'}, without traffic",
        Step.VERIFY: f"golden rows{suite}, errors, latency{beside}",
        Step.PROMOTE: f"traffic {traffic}",
    }
    return tuple(PlannedStep(step=step, what=text) for step, text in what.items())
