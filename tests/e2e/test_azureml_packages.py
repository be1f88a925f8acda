"""`Model.package` from a script: an image of this machine's engine, and the build context of one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from shipway.azureml import Environment, Workspace
from shipway.azureml.exceptions import UserErrorException, WebserviceException
from shipway.azureml.model import InferenceConfig, Model
from shipway.image.container.kept_images import kept_images, remove_image
from shipway.store.workspace import open_workspace
from tests.absent import absent
from tests.engines import connect, has_image, usable_engine

NAME = "shipway-test-package"


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    if not (usable_engine() and has_image("shipway-base:3.11")):
        absent("no Docker Engine answers, or it has no image shipway-base:3.11: see requirements/base_image.sh")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("SHIPWAY_BASE_IMAGE", "shipway-base:{python}")
    monkeypatch.delenv("SHIPWAY_WORKSPACE", raising=False)
    open_workspace(tmp_path / ".shipway", create=True)
    opened = Workspace.from_config()
    yield opened
    engine = connect()
    for path, image in kept_images(opened._state):
        remove_image(engine, path, image)
    engine.close()


@pytest.fixture
def config(tmp_path: Path) -> InferenceConfig:
    (tmp_path / "score.py").write_text("def init():\n    pass\n\ndef run(data):\n    return data\n")
    (tmp_path / "model.txt").write_text("10")
    return InferenceConfig(entry_script="score.py", environment=Environment("e"))


def test_an_image_has_its_name_and_a_context_its_dockerfile(
    workspace: Workspace, config: InferenceConfig, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = Model.register(workspace, "model.txt", "offset")
    package = Model.package(workspace, [model], config, image_name=NAME, image_label="v1")
    package.wait_for_creation(show_output=True)
    package.pull()
    try:
        assert has_image(f"{NAME}:v1")
    finally:
        engine = connect()
        engine.client.images.remove(f"{NAME}:v1")
        engine.close()
    assert package.serialize() == {"generateDockerfile": False, "state": "Succeeded", "location": f"{NAME}:v1"}
    assert f"docker run -p 5001:5001 {NAME}:v1" in capsys.readouterr().out
    with pytest.raises(WebserviceException, match="this package is an image; pass generate_dockerfile=True"):
        package.save("context")
    with pytest.raises(UserErrorException, match="in this machine's engine, and in no registry: push it"):
        package.get_container_registry()

    context = Model.package(workspace, [model, "./model.txt"], config, generate_dockerfile=True)
    context.save(tmp_path / "context")
    assert (tmp_path / "context" / "Dockerfile").read_text().startswith(("#", "FROM"))
    models = tmp_path / "context" / "azureml-app" / "azureml-models"
    assert sorted(path.relative_to(models).as_posix() for path in models.rglob("*.txt") if path.is_file()) == [
        "model.txt/0/model.txt",
        "offset/1/model.txt",
    ]
    assert context.serialize() == {"generateDockerfile": True, "state": "Succeeded", "location": None}
    with pytest.raises(WebserviceException, match=r"a Docker context, not an image; call save\(DIR\)"):
        context.pull()
    context.save(tmp_path / "context")  # an earlier context is replaced
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(WebserviceException, match="is of no Docker context that Shipway wrote"):
        context.save(tmp_path)
