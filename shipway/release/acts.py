"""The acts of a release up to the challenger's standing beside the champion. Each is safe to repeat."""

import logging
from collections.abc import Mapping, Sequence

from shipway.domain.canonical import Plain
from shipway.domain.image import Image, ImageSpec, short_digest
from shipway.domain.model import ModelVersion
from shipway.domain.release import ModelInput, revision_id_of
from shipway.domain.service import ServiceState
from shipway.errors import ConfigError, ModelNotFound, TargetError, TargetUnavailable
from shipway.image.build import lock_for
from shipway.image.container.settings import Origin
from shipway.image.imports import ScriptsImportsFail
from shipway.registry.models import Registry
from shipway.release.complaints import keep_log
from shipway.release.expected import refuse_if_changed
from shipway.release.ledger import LedgerEntry, ledger_of, not_here, standing_of
from shipway.release.login import base_login_of, with_logins
from shipway.release.mending import script_at, with_proposal
from shipway.release.outcomes import Deployed, Registered, TargetChoice
from shipway.release.plan import Candidate, abilities_of, candidates, first_fit, image_kind_of
from shipway.release.revision import address_of, revision_spec, wait_healthy
from shipway.release.run import ReleaseRun, carry_out
from shipway.release.steps import Step
from shipway.store.codec import decode
from shipway.targets.base import Target

log = logging.getLogger(__name__)


def register(run: ReleaseRun) -> Registered:
    """Gives each model of the release its version in the registry."""
    return carry_out(run, Step.REGISTER, Registered, lambda: _register(run))


def build(run: ReleaseRun, registered: Registered) -> Image:
    """Builds the image, or takes the one that is there: equal inputs are one image."""
    return carry_out(
        run,
        Step.BUILD,
        Image,
        lambda: _build(run, registered),
        stands=lambda image: run.tools.image_stands(image, run.machine),
    )


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


def model_versions(run: ReleaseRun, registered: Registered) -> tuple[ModelVersion, ...]:
    registry = Registry(run.workspace)
    return tuple(registry.resolve(model) for model in registered.models)


def _register(run: ReleaseRun) -> Registered:
    refuse_if_changed(run.workspace, run.ref.service, run.inputs.expects)
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
    environment = with_logins(run.inputs.environment, run.machine, run.ref.release_id)
    spec = ImageSpec(code=run.inputs.code, environment=environment, models=model_versions(run, registered))
    kind = image_kind_of(_fit(_candidates(run), run).kind)
    origin = Origin(commit=run.inputs.commit, base_login=base_login_of(run.machine, run.ref.release_id))
    try:
        image = run.tools.build_image(spec, run.inputs.image, kind, run.workspace, run.machine, origin=origin)
    except ScriptsImportsFail as error:
        if (script := script_at(run.inputs.source)) is None:  # nothing could be tried
            raise
        locked = lock_for(environment, run.inputs.image, kind, run.workspace, run.machine)
        raise with_proposal(environment, locked.python, error, script, run.machine) from error
    for line in image.told:
        log.info("%s", line)
    if run.inputs.lock not in {"", image.labels.get("lock", run.inputs.lock)}:
        log.warning("the packages were resolved anew here: they are not those that the release was planned with")
    log.info("image %s, %s bytes", short_digest(image.digest), f"{image.size_bytes:,}")
    return image


def _choose(run: ReleaseRun) -> TargetChoice:
    built = run.state().of(Step.BUILD).outcome
    image = decode(Image, built["value"]) if built else None
    found = _candidates(run, image_kind=image.kind if image else None)
    fit = _fit(found, run)
    rejected = tuple(f"{c.kind}: {'; '.join(c.faults)}" for c in found if c.faults)
    why = "the only candidate" if len(found) == 1 else "the first candidate that can do what the release asks"
    log.info("target %s: %s", fit.kind, why)
    return TargetChoice(target=fit.kind, why=why, rejected=rejected)


def _candidates(run: ReleaseRun, *, image_kind: str | None = None) -> tuple[Candidate, ...]:
    kinds, champion = run.inputs.targets, _champion_before(run)
    return candidates(
        kinds,
        run.inputs.environment,
        abilities_of(kinds, run.target),
        image_kind=image_kind,
        served_by=champion.target if champion else None,
    )


def _fit(found: Sequence[Candidate], run: ReleaseRun) -> Candidate:
    """Raises TargetUnavailable, which may pass by itself, when all that is wrong is that none can be reached."""
    fit = first_fit(found)
    if fit is not None:
        return fit
    faults = "; ".join(f"{c.kind}: {'; '.join(c.faults)}" for c in found)
    message = f"targets: none of {', '.join(run.inputs.targets)} can take this release: {faults}"
    raise TargetUnavailable(message) if any(c.away for c in found) else ConfigError(message)


def _deploy(run: ReleaseRun, image: Image, choice: TargetChoice) -> Deployed:
    spec = revision_spec(run, image, deployment=run.inputs.deployment)
    target = run.target(choice.target)
    champion = _champion_before(run)
    if champion is not None:
        _require_there(target, spec.service, champion)
    registry = Registry(run.workspace)
    for model in spec.models:
        registry.mark_used(model, service=spec.service, revision=spec.revision_id)
    run.check_fence()
    service = target.deploy(spec)
    log.info("revision %s starts at %s", spec.revision_id, address_of(target, spec.service, spec.revision_id))
    try:
        wait_healthy(run, target, spec.revision_id)
    except TargetError:
        keep_log(run, target, spec.revision_id, "revision")
        raise
    if champion is not None:  # it may have been down, and started with the new one
        wait_healthy(run, target, champion.revision_id)
    return Deployed(
        service=spec.service,
        target=choice.target,
        revision_id=spec.revision_id,
        address=address_of(target, spec.service, spec.revision_id),
        scoring_uri=service.scoring_uri,
        champion=champion.revision_id if champion else None,
        champion_address=address_of(target, spec.service, champion.revision_id) if champion else None,
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


def _is_up(run: ReleaseRun, deployed: Deployed) -> bool:
    service = run.target(deployed.target).find(deployed.service)
    revision = service.revision(deployed.revision_id) if service else None
    return revision is not None and revision.status.state is ServiceState.HEALTHY
