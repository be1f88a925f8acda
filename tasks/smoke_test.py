"""smoke_test: the image alone, apart from any service, then away again."""

from prefect import task
from prefect.artifacts import create_table_artifact

from shipway.domain.image import Image
from shipway.release import trial
from shipway.release.outcomes import SmokeResult
from shipway.release.report import verdict_rows
from shipway.release.run import ReleaseRef, open_run
from shipway.tasks.policy import ACTING, show


@task(name="smoke_test", task_run_name="smoke_test {ref.service}", **ACTING)
def smoke_test(ref: ReleaseRef, image: Image) -> SmokeResult:
    """A verdict that did not pass is a value: the flow decides."""
    result = trial.smoke_test(open_run(ref), image)
    show(
        create_table_artifact,
        table=verdict_rows(result.verdict.checks),
        key="smoke-test",
        description=f"Smoke test {result.verdict.phase}: started after {result.started_after_s:.1f} s",
    )
    return result
