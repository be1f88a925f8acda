"""deploy_service: the new revision beside the one in service, without traffic."""

from prefect import task
from prefect.artifacts import create_link_artifact

from shipway.domain.image import Image
from shipway.release import acts
from shipway.release.outcomes import Deployed, TargetChoice
from shipway.release.run import ReleaseRef, open_run
from shipway.tasks.policy import ACTING, show


@task(name="deploy_service", task_run_name="deploy_service {ref.service} to {choice.target}", **ACTING)
def deploy_service(ref: ReleaseRef, image: Image, choice: TargetChoice) -> Deployed:
    """Safe to repeat: a revision that stands is left as it is."""
    deployed = acts.deploy(open_run(ref), image, choice)
    show(
        create_link_artifact,
        link=deployed.scoring_uri,
        link_text=f"{deployed.service} at {deployed.scoring_uri}",
        key="scoring-uri",
        description=f"Revision {deployed.revision_id} beside {deployed.champion or 'nothing'}",
    )
    return deployed
