"""build_image: code, environment, models and server in one image, addressed by digest."""

from prefect import task
from prefect.artifacts import create_table_artifact

from shipway.domain.image import Image
from shipway.release import acts
from shipway.release.outcomes import Registered
from shipway.release.run import ReleaseRef, open_run
from shipway.tasks.policy import ACTING, show


@task(name="build_image", task_run_name="build_image {registered.text}", **ACTING)
def build_image(ref: ReleaseRef, registered: Registered) -> Image:
    """Safe to repeat: equal inputs are one image."""
    image = acts.build(open_run(ref), registered)
    rows = [
        {"what": "digest", "value": image.digest},
        {"what": "size", "value": f"{image.size_bytes:,} bytes"},
        {"what": "interpreter", "value": image.interpreter},
        *({"what": label, "value": value} for label, value in sorted(image.labels.items())),
    ]
    show(create_table_artifact, table=rows, key="image", description="The image of this release")
    return image
