"""choose_target: the first candidate that can do what the release asks."""

from prefect import task
from prefect.artifacts import create_markdown_artifact

from shipway.release import acts
from shipway.release.outcomes import SmokeResult, TargetChoice
from shipway.release.run import ReleaseRef, open_run
from shipway.tasks.policy import ACTING, show


@task(name="choose_target", task_run_name="choose_target {ref.service}", **ACTING)
def choose_target(ref: ReleaseRef, smoke: SmokeResult) -> TargetChoice:
    """`smoke` is what the choice comes after; Prefect draws the arrow from it."""
    del smoke
    choice = acts.choose(open_run(ref))
    lines = [f"**{choice.target}**: {choice.why}", *(f"- not {line}" for line in choice.rejected)]
    show(create_markdown_artifact, "\n".join(lines), key="target", description="Where this release goes, and why")
    return choice
