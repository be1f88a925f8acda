"""build_image: code, environment, models and server in one image, addressed by digest."""

from prefect import task
from prefect.artifacts import create_table_artifact

from shipway.domain.image import Image
from shipway.image.container.summary import summary_of
from shipway.release import acts
from shipway.release.outcomes import Registered
from shipway.release.run import ReleaseRef, open_run
from shipway.tasks.policy import ACTING, show


@task(name="build_image", task_run_name="build_image {registered.text}", **ACTING)
def build_image(ref: ReleaseRef, registered: Registered) -> Image:
    """Safe to repeat: equal inputs are one image."""
    image = acts.build(open_run(ref), registered)
    show(create_table_artifact, table=summary_of(image), key="image", description="The image of this release")
    return image
