"""The revision that a release deploys: what it is, where it answers, and the wait for it."""

from shipway.domain.image import Image
from shipway.domain.release import revision_id_of
from shipway.domain.service import DeploymentConfig, RevisionSpec, ServiceState
from shipway.errors import TargetError
from shipway.release.run import ReleaseRun
from shipway.targets.base import Target, wait


def revision_spec(run: ReleaseRun, image: Image, *, deployment: DeploymentConfig) -> RevisionSpec:
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


def wait_healthy(run: ReleaseRun, target: Target, revision_id: str) -> None:
    """Raises TargetError with the reason when it fails, or is not healthy when the release's `start_s` are over."""
    deadline_s = run.inputs.verification.smoke.start_s
    wait(target, run.ref.service, revision_id, until=ServiceState.HEALTHY, deadline_s=deadline_s)


def address_of(target: Target, service: str, revision_id: str) -> str:
    found = target.find(service)
    revision = found.revision(revision_id) if found else None
    if revision is None:
        raise TargetError(f"service {service} has no revision {revision_id} right after it was deployed")
    return revision.address
