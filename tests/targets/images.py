"""Container images for tests: a base image of this machine, the real scoring server, and a script."""

import contextlib
import json
import subprocess
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from uv import find_uv_bin

from shipway.domain.image import Image
from shipway.engine.connection import Engine, connect
from shipway.engine.faults import NotInEngine
from shipway.errors import EngineUnavailable
from shipway.machine.state import MachineState
from shipway.targets.docker.container import workspace_mark
from tests.absent import absent
from tests.targets.bundles import REPOSITORY

BASE = "shipway-base:3.11"
MADE_BY_TESTS = {"shipway.tests": "targets", "shipway.tests.run": uuid.uuid4().hex}
"""On every image and container of these tests, so that whatever a killed run leaves can be found; and each process has
images of its own: the engine would give equal ones the same id, and whoever ends first removes them."""

_SERVING = f"""
FROM {BASE}
COPY deps/ /opt/deps/
COPY serving/ /opt/serving/
ENV PYTHONPATH=/opt/serving:/opt/deps AML_APP_ROOT=/var/azureml-app
ENV AZUREML_ENTRY_SCRIPT=score.py AZUREML_MODEL_DIR=azureml-models/digits/1
WORKDIR /var/azureml-app
CMD ["python", "-m", "shipway_serving"]
LABEL shipway.bundle=of-tests
"""

_ASSET = """
FROM {serving}
RUN chown 1000 /var/azureml-app
COPY --chown=1000 app/ /var/azureml-app/
{variables}
USER 1000
"""


def engine_with_base() -> Engine:
    """Absent where no engine answers, or where it lacks the base image."""
    try:
        engine = connect()
    except EngineUnavailable as error:
        absent(str(error))
    if not engine.client.images.list(name=BASE):
        absent(f"there is no image {BASE}: make it with requirements/base_image.sh 3.11")
    return engine


def make_serving_image(engine: Engine, folder: Path) -> str:
    """The id of an image that has the scoring server and no script."""
    source = REPOSITORY / "serving"
    requirements = source / "requirements.txt"
    command = [find_uv_bin(), "pip", "install", "-q", "--target", folder / "deps", "--python-version", "3.11"]
    subprocess.run([*command, "-r", requirements], check=True, timeout=110)
    (folder / "serving").mkdir()
    for path in (source / "shipway_serving").rglob("*.py"):
        to = folder / "serving" / path.relative_to(source)
        to.parent.mkdir(parents=True, exist_ok=True)
        to.write_bytes(path.read_bytes())
    return _build(engine, folder, _SERVING)


def make_image(
    engine: Engine, folder: Path, serving: str, script: str, variables: Mapping[str, str] | None = None, extra: str = ""
) -> Image:
    model = folder / "app" / "azureml-models" / "digits" / "1" / "model.txt"
    model.parent.mkdir(parents=True)
    model.write_text("as registered")
    (folder / "app" / "score.py").write_text(script)
    lines = [f"ENV {name}={json.dumps(value)}" for name, value in (variables or {}).items()]
    image_id = _build(engine, folder, _ASSET.format(serving=serving, variables="\n".join([*lines, extra])))
    return image_of(image_id, image_id)


def image_of(location: str, digest: str) -> Image:
    return Image(
        kind="docker",
        digest=digest.removeprefix("sha256:"),
        location=location,
        interpreter="python",
        labels={"digits:1": "0" * 64},
        size_bytes=1,
    )


def _build(engine: Engine, folder: Path, dockerfile: str) -> str:
    (folder / "Dockerfile").write_text(dockerfile)
    image, _ = engine.client.images.build(path=str(folder), rm=True, forcerm=True, labels=MADE_BY_TESTS)
    return str(image.id)


def containers_in(engine: Engine, state: MachineState) -> list[Any]:
    """Of this state folder, whatever their own state."""
    marked = f"shipway.workspace={workspace_mark(state)}"
    return engine.client.containers.list(all=True, filters={"label": marked}, ignore_removed=True)


def remove_image(engine: Engine, image_id: str) -> None:
    """An untagged image goes with the last one that stands on it."""
    with contextlib.suppress(NotInEngine), engine.speaking("removing an image of the tests"):
        engine.client.images.remove(image_id, force=True)
