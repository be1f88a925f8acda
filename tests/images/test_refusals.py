"""What cannot be built, each with its words, and nothing left behind."""

import hashlib
import io
import json
import re
import subprocess
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from shipway.domain.environment import Environment
from shipway.domain.image import Image, ImageConfig, ImageSpec
from shipway.engine.connection import Engine
from shipway.errors import BuildError, EngineUnavailable, MachineError, RecordMissing
from shipway.image.container.build import build_docker_image
from shipway.machine.ports import free_port
from shipway.machine.state import MachineState
from shipway.store.workspace import Workspace
from tests.images.conftest import RUN, archive_of, forget, model_version, own_base
from tests.images.hanging_up import engine_that_hangs_up

Build = Callable[..., Image]
Spec = Callable[..., ImageSpec]
CHOOSE = "choose another with image.base in the release file or SHIPWAY_BASE_IMAGE (which may hold {python})"
_HALF = re.compile(r"\.part$|^\.\w+\.(json|txt)\.|^build-")
"""Names of files that are being written, and of the folder of a build."""


@pytest.fixture(autouse=True)
def nothing_is_left(engine: Engine, state: MachineState) -> Iterator[None]:
    """No image without a tag, no errand's container, nothing in the folder that things pass through."""
    before = set(_images(engine))
    yield
    errands = engine.client.containers.list(all=True, filters={"label": "shipway.errand"}, ignore_removed=True)
    assert [errand.name for errand in errands if RUN in errand.image.tags] == []
    assert list(state.root.glob("spool/build-*")) == []
    assert {image for image in set(_images(engine)) - before if f"{RUN}-bad" in image} == set()


def _images(engine: Engine) -> list[str]:
    return [tag for image in engine.client.api.images() for tag in image["RepoTags"] or ()]


def bad(workspace: Workspace, folder: Path, content: bytes = b"weights") -> Any:
    """A model whose images would be told apart."""
    (folder / "bad.bin").write_bytes(content)
    return (model_version(workspace, folder / "bad.bin", name=f"{RUN}-bad"),)


def test_an_engine_that_is_absent(spec: Spec, build: Build) -> None:
    with pytest.raises(
        EngineUnavailable, match=r"^no Docker Engine answers at unix:///nowhere \(DOCKER_HOST\): No such"
    ):
        build(spec(), environment={"DOCKER_HOST": "unix:///nowhere"})


@pytest.mark.parametrize("name", ["UPPER/Case", "a b"])
def test_a_base_that_is_no_name_of_an_image(spec: Spec, build: Build, name: str) -> None:
    with pytest.raises(BuildError) as error:
        build(spec(), base=name)
    assert str(error.value).startswith(f"looking for base image {name}: the Docker Engine at unix://")
    assert "invalid reference format" in str(error.value)
    assert str(error.value).endswith(f"; {CHOOSE}")


def test_an_engine_that_is_gone_in_mid_build_and_back_for_the_retry(
    engine: Engine, spec: Spec, workspace: Workspace, state: MachineState, short_folder: Path, tmp_path: Path
) -> None:
    wanted = spec(models=bad(workspace, tmp_path, bytes(3_000_000)))
    config = ImageConfig(base="shipway-base:3.11")
    with engine_that_hangs_up(short_folder, path=b"/images/load", after_bytes=1_000_000) as proxy:
        environment = {"DOCKER_HOST": f"unix://{proxy.address}"}
        with pytest.raises(EngineUnavailable) as error:
            build_docker_image(wanted, config, workspace, state, environment=environment)
        assert str(error.value).startswith(f"loading image shipway/{RUN}-bad: the Docker Engine at unix://")
        assert str(error.value).endswith("; see whether it runs (`docker info`), then try again")
        assert proxy.hung_up
        assert not engine.client.images.list(name=f"shipway/{RUN}-bad")
        image = build_docker_image(wanted, config, workspace, state, environment=environment)
    assert engine.client.images.get(image.location)
    engine.client.images.remove(image.location, force=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "none", folder], check=True)
    yield folder
    subprocess.run(["umount", folder], check=True)


@pytest.fixture
def wanted(spec: Spec, workspace: Workspace, tmp_path: Path) -> ImageSpec:
    return spec(models=bad(workspace, tmp_path))


@pytest.mark.parametrize(
    ("room", "said"),
    [
        (0, r"^\S+/disk/bases/\w+\.json cannot be written: No space left on device; free some room, .*`shipway gc`"),
        (50_000, r"^the packages of an image .* cannot be installed: no space left on the device; .*`shipway gc`$"),
        (130_000, r"^the layer \w+ cannot be written to \S+/disk/layers: No space left on device; .*`shipway gc`$"),
    ],
)
def test_a_full_disk_of_this_machine_is_said_and_the_next_build_finds_no_half_of_anything(
    engine: Engine, build: Build, wanted: ImageSpec, disk: Path, room: int, said: str
) -> None:
    """The state folder's, with so many bytes left for the build."""
    (disk / "filler").write_bytes(bytes(16 * 1024 * 1024 - room))
    with pytest.raises((MachineError, BuildError), match=said):
        build(wanted, state=MachineState(disk))
    assert [path.name for path in disk.rglob("*") if _HALF.search(path.name)] == []
    (disk / "filler").unlink()
    forget(engine, build(wanted, state=MachineState(disk)))


def test_a_base_that_is_nowhere(spec: Spec, build: Build) -> None:
    base = f"127.0.0.1:{free_port()}/none:1"
    with pytest.raises(BuildError) as error:
        build(spec(), base=base)
    text = str(error.value)
    assert text.startswith(f"base image {base} is not in the Docker Engine at unix:///var/run/docker.sock")
    assert "connection refused" in text
    assert text.endswith(f"; log in to its registry with `docker login`, or {CHOOSE}")
    assert "\n" not in text


def test_a_base_without_python(engine: Engine, spec: Spec, build: Build) -> None:
    with own_base(engine, archive_of({"bin/nothing": b""}), "bare") as base, pytest.raises(BuildError) as error:
        build(spec(), base=base)
    assert str(error.value) == f"base image {base} has no Python from 3.6 on; {CHOOSE}"


def test_a_base_with_another_python(spec: Spec, build: Build) -> None:
    with pytest.raises(BuildError) as error:
        build(spec(environment=Environment(name="mine", python="3.6.2")), base="shipway-base:3.11")
    text = str(error.value)
    assert text.startswith("base image shipway-base:3.11 has Python 3.11.")
    assert text.endswith(f", and the environment pins 3.6.2; {CHOOSE}")


def test_a_base_for_another_architecture(engine: Engine, spec: Spec, build: Build) -> None:
    """Its shell is the head of an AArch64 program, which this machine does not run."""
    foreign = b"\x7fELF\x02\x01\x01" + bytes(9) + (2).to_bytes(2, "little") + (183).to_bytes(2, "little") + bytes(44)
    base = f"{RUN}/foreign:1"
    engine.client.images.load(_image_for("arm64", base, {"bin/sh": foreign, "usr/bin/python3": foreign}))
    try:
        with pytest.raises(BuildError) as error:
            build(spec(), base=base)
    finally:
        engine.client.images.remove(base)
    where = "unix:///var/run/docker.sock (docker context default)"
    assert str(error.value) == (
        f"base image {base} is for arm64, and the Docker Engine at {where} runs amd64; {CHOOSE}"
    )


def _image_for(architecture: str, name: str, files: dict[str, bytes]) -> bytes:
    layer = archive_of(files)
    settings = {
        "architecture": architecture,
        "os": "linux",
        "config": {"Env": ["PATH=/usr/bin:/bin"]},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(layer).hexdigest()}"]},
    }
    manifest = [{"Config": "settings.json", "RepoTags": [name], "Layers": ["layer.tar"]}]
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for path, data in {
            "layer.tar": layer,
            "settings.json": json.dumps(settings).encode(),
            "manifest.json": json.dumps(manifest).encode(),
        }.items():
            member = tarfile.TarInfo(path)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return archive.getvalue()


def test_a_model_whose_bytes_are_gone(spec: Spec, build: Build, workspace: Workspace, tmp_path: Path) -> None:
    models = bad(workspace, tmp_path, b"soon gone")
    workspace.blobs.delete(models[0].tree.files[0].digest)
    with pytest.raises(RecordMissing):
        build(spec(models=models))


def test_an_app_root_that_is_no_folder(spec: Spec, build: Build) -> None:
    environment = Environment(
        name="mine", requirements=spec().environment.requirements, variables={"AML_APP_ROOT": "/"}
    )
    with pytest.raises(BuildError) as error:
        build(spec(environment=environment))
    assert str(error.value) == "AML_APP_ROOT: '/' is no folder for an image; write an absolute path below /"


def test_packages_that_only_conda_has_where_micromamba_cannot_be_had(
    spec: Spec, build: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nowhere = f"127.0.0.1:{free_port()}/micromamba:1"
    (tmp_path / "mine.yaml").write_text(f"micromamba: {nowhere}\n")
    monkeypatch.setenv("SHIPWAY_BASE_IMAGES", str(tmp_path / "mine.yaml"))
    with pytest.raises(BuildError) as error:
        build(spec(environment=Environment(name="mine", python="3.11", conda_packages=("gdal=3.4",))))
    text = str(error.value)
    assert text.startswith(
        f"the base image of environment 'mine' cannot be built: base image {nowhere} is not in the Docker Engine at unix://"
    )
    assert text.endswith(
        "; log in to its registry with `docker login`, or name a mirror of that as micromamba: in a table of base "
        "images of your own (SHIPWAY_BASE_IMAGES), or take out what only conda has"
    )
