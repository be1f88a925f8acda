"""register_model: gives each model of the release its version in the registry."""

from prefect import task
from prefect.artifacts import create_table_artifact

from shipway.release import acts
from shipway.release.outcomes import Registered
from shipway.release.run import ReleaseRef, open_run
from shipway.tasks.policy import ACTING, show


@task(name="register_model", task_run_name="register_model {ref.service}", **ACTING)
def register_model(ref: ReleaseRef) -> Registered:
    """Safe to repeat: the record of a version carries the release's id."""
    registered = acts.register(open_run(ref))
    rows = [
        {"model": model, "digest": digest} for model, digest in zip(registered.models, registered.digests, strict=True)
    ]
    show(create_table_artifact, table=rows, key="models", description="Model versions of this release")
    return registered
