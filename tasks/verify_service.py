"""verify_service: golden rows, expectation suite, errors, latency, agreement with the champion."""

from prefect import task
from prefect.artifacts import create_table_artifact

from shipway.release import promote
from shipway.release.outcomes import Deployed, Verified
from shipway.release.report import verdict_rows
from shipway.release.run import ReleaseRef, open_run
from shipway.tasks.policy import ACTING, show


@task(name="verify_service", task_run_name="verify_service {deployed.service} {deployed.revision_id}", **ACTING)
def verify_service(ref: ReleaseRef, deployed: Deployed) -> Verified:
    """A verdict that did not pass is a value: the flow decides."""
    verified = promote.verify_service(open_run(ref), deployed)
    show(
        create_table_artifact,
        table=verdict_rows(verified.verdict.checks),
        key="verdict",
        description=f"Verification {verified.verdict.phase}: {verified.verdict.reason}",
    )
    return verified
