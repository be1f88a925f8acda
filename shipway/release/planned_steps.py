"""What each step of a release will do, in a line for a person to read before anything happens. Pure."""

from dataclasses import dataclass

from shipway.domain.release import ReleaseConfig, ReleaseKind, VerificationConfig
from shipway.domain.service_defaults import with_defaults
from shipway.domain.wording import counted
from shipway.release.steps import Step

_GB = 1024**3


@dataclass(frozen=True, kw_only=True)
class PlannedStep:
    """One line of the plan, for a person to read before anything happens."""

    step: Step
    what: str


def steps_of(config: ReleaseConfig, champion: str | None) -> tuple[PlannedStep, ...]:
    verification = config.verification
    models = ", ".join(m.name if m.path else f"{m.name}:{m.version or 'newest'}" for m in config.models) or "no model"
    walk = ", ".join(f"{step.weight} % for {step.bake_s:g} s" for step in config.bakes)
    traffic = f"{walk}, then 100 %" if champion and walk else "100 % at once" + _why_at_once(config, champion)
    soak = verification.smoke.load_s
    packages = counted(len(config.inference.environment.requirements), "package")
    what = {
        Step.REGISTER: f"{models}",
        Step.BUILD: f"{config.inference.entry_script or 'no code'} with {packages}{_where_to(config)}",
        Step.SMOKE: f"run it alone: healthy, {_asked(verification)}, memory after {soak:g} s of load",
        Step.CHOOSE: f"of {', '.join(config.targets)}",
        Step.DEPLOY: f"a new revision beside {champion or 'nothing'}, without traffic{_resources(config)}",
        Step.VERIFY: _verified(verification, champion),
        Step.PROMOTE: f"traffic {traffic}",
    }
    return tuple(PlannedStep(step=step, what=text) for step, text in what.items())


def _resources(config: ReleaseConfig) -> str:
    """What a cloud would be asked for, v1's defaults filled in; a local service has what its target gives it."""
    deployment = config.deployment
    if deployment.compute_type not in config.targets:
        return ""
    whole = with_defaults(deployment)
    given = whole.resources
    replicas = whole.replicas or f"{whole.autoscale.min_replicas} to {whole.autoscale.max_replicas}"
    parts = [
        f"{given.cpu:g} {'core' if given.cpu == 1 else 'cores'}" if given.cpu else "",
        f"{given.memory_bytes / _GB:g} GB" if given.memory_bytes else "",
        counted(whole.gpu_cores, "GPU") if whole.gpu_cores else "",
        f"{replicas} replicas" if whole.replicas or whole.autoscale.max_replicas else "",
        "keys" if whole.auth.key else "tokens" if whole.auth.token else "no keys",
        f"cluster {whole.compute_target}" if whole.compute_target else "",
    ]
    return f"; {whole.compute_type}: {', '.join(part for part in parts if part)}"


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
