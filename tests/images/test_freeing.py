"""What `shipway gc` stands on: which images and layers are this machine's, and taking them away."""

from collections.abc import Callable
from pathlib import Path

from shipway.domain.image import Image, ImageSpec
from shipway.engine.connection import Engine
from shipway.image.container.build import docker_image_stands
from shipway.image.container.kept_images import kept_images, remove_image
from shipway.image.container.kept_layers import KeptLayers
from shipway.store.workspace import Workspace
from tests.images.conftest import RUN, fresh_state, model_version

Build = Callable[..., Image]
Spec = Callable[..., ImageSpec]


def test_an_image_that_no_container_has_is_removed_with_its_record_and_can_be_built_again(
    engine: Engine, build: Build, spec: Spec, workspace: Workspace, tmp_path: Path
) -> None:
    state = fresh_state(tmp_path / "state")
    (tmp_path / "m.bin").write_text("to be freed")
    wanted = spec(models=(model_version(workspace, tmp_path / "m.bin", name=f"{RUN}-freed"),))
    image = build(wanted, state=state)
    ((path, kept),) = kept_images(state)
    assert kept.digests == {image.digest.removeprefix("sha256:")}
    container = engine.client.api.create_container(image.location, labels={"shipway.tests": RUN})["Id"]
    assert not remove_image(engine, path, kept)
    assert docker_image_stands(image)
    engine.client.api.remove_container(container)
    assert remove_image(engine, path, kept)
    assert not docker_image_stands(image)
    assert list(kept_images(state)) == []
    assert remove_image(engine, path, kept), "safe to repeat"

    layers = dict(KeptLayers(state).listing())
    assert set(layers) == {layer.digest for layer in image.layers}
    assert sum(path.suffix == ".tar" for files in layers.values() for path in files) == 4, "models are not kept twice"
    for files in layers.values():
        for file in files:
            file.unlink()
    assert list(KeptLayers(state).folder.iterdir()) == []
    assert build(wanted, state=state) == image
