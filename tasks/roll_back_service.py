"""roll_back_service: undoes what a release did, last step first."""

from prefect import task

from shipway.release import roll_back
from shipway.release.outcomes import Ending
from shipway.release.run import ReleaseRef, open_run
from shipway.tasks.policy import ACTING


@task(name="roll_back_service", task_run_name="roll_back_service {ref.service}", **ACTING)
def roll_back_service(ref: ReleaseRef, reason: str) -> Ending:
    """Safe to repeat: what is undone stays undone."""
    return roll_back.roll_back(open_run(ref), reason)
