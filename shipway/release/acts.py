"""The acts of a release up to the challenger's standing beside the champion. Each is safe to repeat."""

import logging
import time
from collections.abc import Mapping
from pathlib import Path

from shipway.domain.canonical import Plain
from shipway.domain.image import Image, ImageSpec
from shipway.domain.model import ModelVersion
from shipway.domain.release import ModelInput, revision_id_of
from shipway.domain.service import DeploymentConfig, RevisionSpec, ServiceState
from shipway.domain.verdict import CheckResult, Phase, Verdict
from shipway.errors import ConfigError, ModelNotFound, TargetError
from shipway.machine.state import MachineState
from shipway.registry.models import Registry
from shipway.release.inputs import golden_rows
from shipway.release.ledger import LedgerEntry, ledger_of, not_here, standing_of
from shipway.release.outcomes import Deployed, Registered, SmokeResult, TargetChoice
from shipway.release.plan import abilities_of, candidates
from shipway.release.run import ReleaseRun, carry_out
from shipway.release.steps import Step
from shipway.targets.base import Target, wait
from shipway.verification.smoke import smoke

log = logging.getLogger(__name__)

START_DEADLINE_S = 300.0
"""How long a revision may take from its start to healthy: loading a model of several GB from a slow disk fits in."""


_LAST_WORDS = 40
_LAST_WORD_LENGTH = 300


def register(run: ReleaseRun) -> Registered:
    """Gives each model of the release its version in the registry."""
    return carry_out(run, Step.REGISTER, Registered, lambda: _register(run))


def build(run: ReleaseRun, registered: Registered) -> Image:
    """Builds the image, or takes the one that is there: equal inputs are one image."""
    return carry_out(
        run, Step.BUILD, Image, lambda: _build(run, registered), stands=lambda image: Path(image.location).exists()
    )


def smoke_test(run: ReleaseRun, image: Image) -> SmokeResult:
    """Runs the image alone, apart from any service, and takes it away again whatever happens."""
    undo: Mapping[str, Plain] = {"trial": run.ref.service}
    return carry_out(run, Step.SMOKE, SmokeResult, lambda: _smoke(run, image), undo=undo)


def choose(run: ReleaseRun) -> TargetChoice:
    """The first candidate that can do what the release asks, checked again now."""
    return carry_out(run, Step.CHOOSE, TargetChoice, lambda: _choose(run))


def deploy(run: ReleaseRun, image: Image, choice: TargetChoice) -> Deployed:
    """Puts the challenger beside the champion, without traffic, and waits until it is healthy.

    Raises TargetError with the server's last words when it does not become healthy.
    """
    undo: Mapping[str, Plain] = {"target": choice.target, "revision_id": revision_id_of(run.ref.release_id)}
    return carry_out(
        run,
        Step.DEPLOY,
        Deployed,
        lambda: _deploy(run, image, choice),
        undo=undo,
        stands=lambda deployed: _is_up(run, deployed),
    )


def trial_state(machine: MachineState) -> MachineState:
    """Where images are tried: a folder of its own, so that a trial can never meet a service."""
    return MachineState(machine.root / "trials")


def end_trial(run: ReleaseRun) -> None:
    """Safe to repeat, and safe when there never was one."""
    for kind in run.inputs.targets:
        run.tools.load_target(kind, trial_state(run.machine)).delete(run.ref.service, fence=run.ref.fence)


def model_versions(run: ReleaseRun, registered: Registered) -> tuple[ModelVersion, ...]:
    registry = Registry(run.workspace)
    return tuple(registry.resolve(model) for model in registered.models)


def _register(run: ReleaseRun) -> Registered:
    versions = [_version_of(run, model) for model in run.inputs.models]
    for version in versions:
        log.info("model %s, digest %s, %s bytes", version.id, version.digest[:12], f"{version.tree.size_bytes:,}")
    return Registered(models=tuple(v.id for v in versions), digests=tuple(v.digest for v in versions))


def _version_of(run: ReleaseRun, model: ModelInput) -> ModelVersion:
    registry, source = Registry(run.workspace), model.source
    if model.version is not None:
        version = registry.resolve(f"{source.name}:{model.version}")
        if version.digest != model.tree.digest:
            raise ModelNotFound(f"ModelNotFound: {version.id} is not the model that this release was planned with")
        return version
    return registry.register(
        name=source.name,
        tree=model.tree,
        now=run.now(),
        tags=source.tags,
        properties=source.properties,
        description=source.description,
        framework=source.framework,
        framework_version=source.framework_version,
        release_id=run.ref.release_id,
    )


def _build(run: ReleaseRun, registered: Registered) -> Image:
    spec = ImageSpec(code=run.inputs.code, environment=run.inputs.environment, models=model_versions(run, registered))
    image = run.tools.build_image(spec, run.workspace, run.machine)
    log.info("image %s, %s bytes", image.digest[:12], f"{image.size_bytes:,}")
    return image


def _smoke(run: ReleaseRun, image: Image) -> SmokeResult:
    target = run.tools.load_target(image.kind, trial_state(run.machine))
    target.delete(run.ref.service, fence=run.ref.fence)
    try:
        return _try_alone(run, target, _spec(run, image, deployment=DeploymentConfig()))
    finally:
        target.delete(run.ref.service, fence=run.ref.fence)


def _try_alone(run: ReleaseRun, target: Target, spec: RevisionSpec) -> SmokeResult:
    began = time.monotonic()
    target.deploy(spec)
    rows = golden_rows(run.inputs, run.workspace) or ()
    try:
        _wait_healthy(target, spec.service, spec.revision_id)
    except TargetError as error:
        evidence = _last_words(target, spec)
        checks: tuple[CheckResult, ...] = (
            CheckResult(name="start", phase=Phase.FAILED, message=str(error), evidence=evidence),
        )
        return SmokeResult(verdict=Verdict(checks=checks), started_after_s=time.monotonic() - began, requests=0)
    started_after_s = time.monotonic() - began
    checks = smoke(f"http://{_address(target, spec.service, spec.revision_id)}", rows)
    for check in checks:
        log.info("smoke test: %s %s: %s", check.name, check.phase, check.message)
    return SmokeResult(verdict=Verdict(checks=checks), started_after_s=started_after_s, requests=len(rows))


def _last_words(target: Target, spec: RevisionSpec) -> tuple[str, ...]:
    """The end of its log, with the script's own traceback, kept because the trial goes."""
    lines = target.logs(spec.service, revision_id=spec.revision_id, tail=_LAST_WORDS)
    return tuple(line.rstrip()[:_LAST_WORD_LENGTH] for line in lines)


def _choose(run: ReleaseRun) -> TargetChoice:
    abilities = abilities_of(run.inputs.targets, run.target)
    found = candidates(run.inputs.targets, run.inputs.environment, abilities)
    rejected = tuple(f"{c.kind}: {'; '.join(c.faults)}" for c in found if c.faults)
    fit = next((c for c in found if not c.faults), None)
    if fit is None:
        raise ConfigError(
            f"targets: none of {', '.join(run.inputs.targets)} can take this release: {'; '.join(rejected)}"
        )
    why = "the only candidate" if len(found) == 1 else "the first candidate that can do what the release asks"
    log.info("target %s: %s", fit.kind, why)
    return TargetChoice(target=fit.kind, why=why, rejected=rejected)


def _deploy(run: ReleaseRun, image: Image, choice: TargetChoice) -> Deployed:
    spec = _spec(run, image, deployment=run.inputs.deployment)
    target = run.target(choice.target)
    champion = _champion_before(run)
    if champion is not None:
        _require_there(target, spec.service, champion)
    registry = Registry(run.workspace)
    for model in spec.models:
        registry.mark_used(model, service=spec.service, revision=spec.revision_id)
    run.check_fence()
    service = target.deploy(spec)
    log.info("revision %s starts at %s", spec.revision_id, _address(target, spec.service, spec.revision_id))
    _wait_healthy(target, spec.service, spec.revision_id)
    if champion is not None:  # it may have been down, and started with the new one
        _wait_healthy(target, spec.service, champion.revision_id)
    return Deployed(
        service=spec.service,
        target=choice.target,
        revision_id=spec.revision_id,
        address=_address(target, spec.service, spec.revision_id),
        scoring_uri=service.scoring_uri,
        champion=champion.revision_id if champion else None,
        champion_address=_address(target, spec.service, champion.revision_id) if champion else None,
    )


def _champion_before(run: ReleaseRun) -> LedgerEntry | None:
    """Who served before this release, also when its own promotion stands in the ledger already."""
    entries = ledger_of(run.workspace, run.ref.service).entries()
    return standing_of(entry for entry in entries if entry.release_id != run.ref.release_id).champion


def _require_there(target: Target, service: str, champion: LedgerEntry) -> None:
    """Raises TargetError when the champion is not on the target: traffic could not be shared with it, nor go back."""
    found = target.find(service)
    if found is None or found.revision(champion.revision_id) is None:
        raise not_here(champion, service)


def _spec(run: ReleaseRun, image: Image, *, deployment: DeploymentConfig) -> RevisionSpec:
    models = tuple(sorted(label for label in image.labels if ":" in label))
    return RevisionSpec(
        service=run.ref.service,
        revision_id=revision_id_of(run.ref.release_id),
        image=image,
        models=models,
        deployment=deployment,
        gateway=run.inputs.gateway,
        labels={"release": run.ref.release_id, "workspace": run.workspace.url},
        fence=run.ref.fence,
    )


def _wait_healthy(target: Target, service: str, revision_id: str) -> None:
    wait(target, service, revision_id, until=ServiceState.HEALTHY, deadline_s=START_DEADLINE_S)


def _address(target: Target, service: str, revision_id: str) -> str:
    found = target.find(service)
    revision = found.revision(revision_id) if found else None
    if revision is None:
        raise TargetError(f"service {service} has no revision {revision_id} right after it was deployed")
    return revision.address


def _is_up(run: ReleaseRun, deployed: Deployed) -> bool:
    service = run.target(deployed.target).find(deployed.service)
    revision = service.revision(deployed.revision_id) if service else None
    return revision is not None and revision.status.state is ServiceState.HEALTHY
