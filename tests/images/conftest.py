"""Images built by a real engine. Everything built here has this run's word in its name, and is removed at the end."""

import contextlib
import tempfile
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from docker.errors import ImageNotFound

from shipway.domain.environment import Code, Environment
from shipway.domain.image import Image, ImageConfig, ImageSpec
from shipway.domain.model import ModelVersion
from shipway.engine.connection import Engine, connect
from shipway.errors import EngineUnavailable
from shipway.image.container.build import build_docker_image
from shipway.image.container.layer_tar import file_of, tar_pieces
from shipway.machine.state import MachineState
from shipway.store.workspace import Workspace, open_workspace
from tests.absent import absent
from tests.unit.image.wheels import write_wheel

BASE = "shipway-base:{python}"
RUN = f"tests-{uuid.uuid4().hex[:8]}"
"""The name of every model, and so of every image, of this run."""

SCRIPT = """
import os

def init():
    open("made", "w").close()
    open(os.path.join(os.environ["AZUREML_MODEL_DIR"], "made"), "w").close()

def run(data):
    return {"uid": os.getuid(), "folder": os.getcwd(), "greeting": os.environ.get("GREETING")}
"""


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    try:
        engine = connect()
    except EngineUnavailable as error:
        absent(str(error))
    if not engine.client.images.list(name="shipway-base:3.11"):
        absent("there is no image shipway-base:3.11: make it with requirements/base_image.sh 3.11")
    yield engine
    for image in engine.client.api.images(filters={"reference": f"*/{RUN}*"}):
        with contextlib.suppress(ImageNotFound):
            engine.client.api.remove_image(image["Id"], force=True)
    engine.close()


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What all tests share that do not mind: a state folder whose layers are made once, a workspace, tiny wheels."""
    return tmp_path_factory.mktemp("images")


@pytest.fixture(scope="session")
def state(shelf: Path) -> MachineState:
    return fresh_state(shelf / "state")


@pytest.fixture(scope="session")
def workspace(shelf: Path) -> Workspace:
    return open_workspace(shelf / "workspace", create=True)


@pytest.fixture(scope="session")
def wheelhouse(shelf: Path) -> Path:
    """Stands for an index. Its `httptools` parses nothing: what is made from it serves nothing."""
    wheels = shelf / "wheels"
    write_wheel(wheels, "httptools", "1.0")
    write_wheel(wheels, "werkzeug", "1.0")
    write_wheel(wheels, "alpha", "1.0")
    return wheels


@pytest.fixture(scope="session")
def spec(shelf: Path, workspace: Workspace, wheelhouse: Path) -> Callable[..., ImageSpec]:
    """One script in a folder, one small model, `alpha` from the wheelhouse; any part can be given instead."""
    source, model = shelf / "src", shelf / "model.bin"
    source.mkdir()
    (source / "score.py").write_text(SCRIPT)
    model.write_text("weights")
    requirements = ("--no-index", f"--find-links {wheelhouse}", "alpha")

    def make(**changes: Any) -> ImageSpec:
        parts: dict[str, Any] = {
            "code": Code(tree=workspace.blobs.put_tree(source), entry_script="score.py"),
            "environment": Environment(name="mine", python="3.11", requirements=requirements),
            "models": (model_version(workspace, model),),
        }
        return ImageSpec(**{**parts, **changes})

    return make


@pytest.fixture(scope="session")
def build(engine: Engine, workspace: Workspace, state: MachineState) -> Callable[..., Image]:
    def run(spec: ImageSpec, *, base: str = BASE, state: MachineState = state, **more: Any) -> Image:
        return build_docker_image(spec, ImageConfig(base=base), workspace, state, **more)

    return run


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """For sockets, whose paths may have 107 bytes."""
    with tempfile.TemporaryDirectory(prefix="i-") as name:
        yield Path(name)


def fresh_state(folder: Path) -> MachineState:
    folder.mkdir(parents=True)
    return MachineState(folder)


def model_version(workspace: Workspace, path: Path, *, version: int = 1, name: str = RUN) -> ModelVersion:
    tree = workspace.blobs.put_tree(path)
    return ModelVersion(name=name, version=version, tree=tree, created_at=datetime(2026, 1, 1, tzinfo=UTC))


def forget(engine: Engine, image: Image) -> None:
    """With all of its layers that no other image has."""
    engine.client.images.remove(image.location, force=True)


def archive_of(files: dict[str, bytes]) -> bytes:
    """A tar of executable files."""
    return b"".join(tar_pieces([file_of(path, data, executable=True) for path, data in files.items()]))


@contextlib.contextmanager
def own_base(engine: Engine, archive: bytes, name: str) -> Iterator[str]:
    """A base image out of a tar, for as long as it is needed."""
    engine.client.api.import_image_from_data(archive, repository=f"{RUN}/{name}", tag="1")
    try:
        yield f"{RUN}/{name}:1"
    finally:
        with contextlib.suppress(ImageNotFound):
            engine.client.images.remove(f"{RUN}/{name}:1", force=True)
