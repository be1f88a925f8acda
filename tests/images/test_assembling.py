import io
import json
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from shipway.domain.environment import Environment
from shipway.domain.image import Image, ImageConfig, ImageSpec
from shipway.engine.connection import Engine
from shipway.image.build import image_stands
from shipway.image.container.base import find_base
from shipway.image.container.build import docker_image_stands
from shipway.image.container.settings import Origin
from shipway.machine.state import MachineState
from shipway.store.workspace import Workspace
from tests.images.conftest import RUN, forget, fresh_state, model_version

Build = Callable[..., Image]
Spec = Callable[..., ImageSpec]


def layers_of(engine: Engine, image: Image) -> list[str]:
    return list(engine.client.api.inspect_image(image.location)["RootFS"]["Layers"])


def saved_layers(engine: Engine, image: Image) -> Iterator[dict[str, tarfile.TarInfo]]:
    """Every layer as the engine gives it back, lowest first."""
    archive = io.BytesIO(b"".join(engine.client.api.get_image(image.location)))
    with tarfile.open(fileobj=archive) as tar:
        manifest = json.load(tar.extractfile("manifest.json"))  # type: ignore[arg-type]
        for name in manifest[0]["Layers"]:
            layer = tar.extractfile(name)
            with tarfile.open(fileobj=layer) as inner:
                yield {member.name: member for member in inner}


@pytest.fixture(scope="module")
def image(build: Build, spec: Spec) -> Image:
    return build(spec())


def test_the_same_inputs_are_one_image_on_any_machine_and_after_a_prune(
    engine: Engine, build: Build, spec: Spec, tmp_path: Path
) -> None:
    first = build(spec(), state=fresh_state(tmp_path / "one"))
    assert first.digest == first.location == engine.client.images.get(first.location).id
    forget(engine, first)
    assert not docker_image_stands(first)
    second = build(spec(), state=fresh_state(tmp_path / "other"))
    assert second == first
    assert docker_image_stands(second)


def test_the_layers_stand_in_the_order_of_how_often_they_change(engine: Engine, image: Image) -> None:
    assert [layer.name for layer in image.layers] == ["user", "dependencies", "serving", "code", f"model {RUN}:1"]
    base = engine.client.api.inspect_image("shipway-base:3.11")["RootFS"]["Layers"]
    assert layers_of(engine, image) == [*base, *(layer.digest for layer in image.layers)]


def test_each_layer_holds_what_its_name_says_and_belongs_to_whom_it_should(engine: Engine, image: Image) -> None:
    user, dependencies, serving, code, model = list(saved_layers(engine, image))[-5:]
    files = [{name for name, member in layer.items() if member.isfile()} for layer in (serving, code, model)]
    assert {name for name, member in user.items() if member.isfile()} == {"etc/passwd", "etc/group"}
    site = "opt/shipway/venv/lib/python3.11/site-packages"
    assert {f"{site}/alpha.py", f"{site}/__pycache__/alpha.cpython-311.pyc"} <= set(dependencies)
    assert dependencies["opt/shipway/venv/bin/python"].linkname == "/usr/local/bin/python3.11"
    assert "opt/shipway/serving/shipway_serving/__pycache__/__main__.cpython-311.pyc" in files[0]
    assert files[1] == {"var/azureml-app/src/score.py"}
    assert files[2] == {f"var/azureml-app/azureml-models/{RUN}/1/model.bin"}
    for layer in (user, dependencies, serving, code, model):
        assert {member.mtime for member in layer.values()} == {315532800}
    mine = [member for layer in (code, model) for member in layer.values() if member.name.startswith("var/azureml")]
    assert {(member.uid, member.gid) for member in mine} == {(1000, 1000)}
    assert {member.uid for layer in (dependencies, serving) for member in layer.values()} == {0}
    assert user["var/azureml-app"].uid == 1000


def test_folders_of_the_base_keep_their_owner_and_mode(engine: Engine, image: Image) -> None:
    asked = engine.client.containers.run(
        image.location, ["stat", "-c", "%a %u", "/", "/var", "/home", "/opt", "/tmp"], remove=True
    )
    assert asked.decode().split("\n")[:-1] == ["755 0", "755 0", "755 0", "755 0", "1777 0"]


def test_the_same_again_is_one_question(
    image: Image, build: Build, spec: Spec, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    assert build(spec()) == image
    assert caplog.messages == []


def test_another_model_changes_the_last_layer_alone(
    engine: Engine, image: Image, build: Build, spec: Spec, workspace: Workspace, tmp_path: Path
) -> None:
    (tmp_path / "model.bin").write_text("other weights")
    other = build(spec(models=(model_version(workspace, tmp_path / "model.bin", version=2),)))
    assert layers_of(engine, other)[:-1] == layers_of(engine, image)[:-1]
    assert layers_of(engine, other)[-1] != layers_of(engine, image)[-1]


def test_what_is_sent_is_said(
    build: Build, spec: Spec, workspace: Workspace, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "model.bin").write_bytes(bytes(1_500_000))
    build(spec())
    caplog.set_level("INFO", "shipway.image.container.load")
    image = build(spec(models=(model_version(workspace, tmp_path / "model.bin", version=4),)))
    assert caplog.messages == [
        f"layer model {RUN}:4: sending 1.5 MB",
        f"image shipway/{RUN}:{image.digest[7:19]} loaded, 1.5 MB sent",
    ]


def test_two_models_are_two_layers(build: Build, spec: Spec, workspace: Workspace, tmp_path: Path) -> None:
    (tmp_path / "b.bin").write_text("b")
    models = (*spec().models, model_version(workspace, tmp_path / "b.bin", name=f"{RUN}-b"))
    image = build(spec(models=models))
    assert [layer.name for layer in image.layers][-2:] == [f"model {RUN}:1", f"model {RUN}-b:1"]


def test_labels_say_what_it_was_made_from(engine: Engine, image: Image, build: Build, spec: Spec) -> None:
    labels = engine.client.api.inspect_image(image.location)["Config"]["Labels"]
    assert labels == {
        "org.opencontainers.image.title": RUN,
        "org.opencontainers.image.base.name": "shipway-base:3.11",
        "org.opencontainers.image.base.digest": engine.client.images.get("shipway-base:3.11").id,
        "shipway.models": json.dumps({f"{RUN}:1": spec().models[0].digest}, separators=(",", ":")),
        "shipway.bundle": image.labels["bundle"],
        "shipway.lock": image.labels["lock"],
        "shipway.config": labels["shipway.config"],
    }
    assert image.labels[f"{RUN}:1"] == spec().models[0].digest
    committed = build(spec(), origin=Origin(commit="0123abc"))
    labels = engine.client.api.inspect_image(committed.location)["Config"]["Labels"]
    assert labels["org.opencontainers.image.revision"] == "0123abc"
    assert [layer.digest for layer in committed.layers] == [layer.digest for layer in image.layers]


def test_a_layer_that_the_engine_lost_is_sent_again(
    engine: Engine, build: Build, spec: Spec, workspace: Workspace, state: MachineState, tmp_path: Path
) -> None:
    """Its record says that it was loaded; somebody removed it."""
    (tmp_path / "model.bin").write_text("lost weights")
    wanted = spec(models=(model_version(workspace, tmp_path / "model.bin", version=3),))
    first = build(wanted)
    forget(engine, first)
    assert not image_stands(first, state)
    assert build(wanted) == first


def test_an_image_holds_a_tag_against_a_prune(engine: Engine, image: Image) -> None:
    assert f"shipway/{RUN}:{image.digest[7:19]}" in engine.client.images.get(image.location).tags


def test_the_base_may_be_named_by_its_id(engine: Engine, build: Build, spec: Spec, state: MachineState) -> None:
    base_id = str(engine.client.images.get("shipway-base:3.11").id)
    image = build(spec(), base=base_id)
    assert image.labels["base"] == f"{base_id} {base_id}"
    base = find_base(engine, Environment(name="mine", python="3.11"), ImageConfig(base=base_id), state)
    assert base.python.executable == "/usr/local/bin/python3.11"
