"""The release: register -> build -> smoke test -> choose target -> deploy -> verify -> promote, or roll back."""

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State

from shipway.flows.outcome import final_state, remember_flow_run
from shipway.release.log import log_path, logging_to_file
from shipway.release.outcomes import Ending
from shipway.release.report import report_of
from shipway.release.roll_back import conclude_promoted, ending_of
from shipway.release.run import ReleaseRef, ReleaseRun, hold
from shipway.release.warm import warming
from shipway.store.workspace import open_workspace
from shipway.tasks.build_image import build_image
from shipway.tasks.choose_target import choose_target
from shipway.tasks.deploy_service import deploy_service
from shipway.tasks.promote_service import promote_service
from shipway.tasks.register_model import register_model
from shipway.tasks.roll_back_service import roll_back_service
from shipway.tasks.smoke_test import smoke_test
from shipway.tasks.verify_service import verify_service


@flow(name="release", flow_run_name="release {release_id} of {service}")
def release(workspace: str, release_id: str, service: str) -> State[Any]:
    """Brings one kept release into service, or back out of it.

    The same id again goes on where the journal stands: steps that are done are read back, a release that is on its way
    back goes on going back, and one that has ended is only told again.

    Args:
        workspace: Where the release is kept, as a URL
        release_id: Which release
        service: The service that it is for; the name of the run says it
    """
    del service
    opened = open_workspace(workspace)
    with hold(opened, release_id) as run, logging_to_file(run.machine, release_id):
        remember_flow_run(opened, release_id)
        ending = _ending(run)
        return final_state(ending, report_of(opened, release_id, now=run.now()), str(log_path(run.machine, release_id)))


def _ending(run: ReleaseRun) -> Ending:
    if run.state().phase.ended:
        return ending_of(run)
    try:
        with warming(needed=run.inputs.verification.suite is not None):
            reason = _bring_into_service(run.ref)
    except Exception as error:
        reason = str(error) or type(error).__name__
    return roll_back_service(run.ref, reason) if reason else conclude_promoted(run)


def _bring_into_service(ref: ReleaseRef) -> str:
    """The story. Why it has to go back, or nothing when it went all the way."""
    registered = register_model(ref)
    image = build_image(ref, registered)
    smoke = smoke_test(ref, image)
    if not smoke.verdict.passed:
        return f"smoke test: {smoke.verdict.reason}"
    choice = choose_target(ref, smoke)
    deployed = deploy_service(ref, image, choice)
    verified = verify_service(ref, deployed)
    if not verified.verdict.passed:
        return f"verification: {verified.verdict.reason}"
    promotion = promote_service(ref, registered, image, deployed, verified)
    return "" if promotion.promoted else f"promotion: {promotion.verdict.reason}"
