"""promote_service: traffic step by step, each looked at, then the ledger."""

from prefect import task
from prefect.artifacts import create_table_artifact

from shipway.domain.image import Image
from shipway.release import promote
from shipway.release.outcomes import Deployed, Promotion, Registered, Verified
from shipway.release.report import verdict_rows
from shipway.release.run import ReleaseRef, open_run
from shipway.tasks.policy import ACTING, show


@task(name="promote_service", task_run_name="promote_service {deployed.service} {registered.text}", **ACTING)
def promote_service(
    ref: ReleaseRef, registered: Registered, image: Image, deployed: Deployed, verified: Verified
) -> Promotion:
    """`verified` is what the promotion rests on; Prefect draws the arrow from it."""
    del verified
    promotion = promote.promote_service(open_run(ref), registered, image, deployed)
    show(
        create_table_artifact,
        table=verdict_rows(promotion.verdict.checks),
        key="promotion",
        description="All traffic is on it" if promotion.promoted else f"Stopped: {promotion.verdict.reason}",
    )
    return promotion
