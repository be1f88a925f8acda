import io
import tarfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from docker.errors import ImageNotFound

from shipway.domain.environment import AuthorsBase, Environment
from shipway.domain.image import Image, ImageConfig, ImageSpec
from shipway.domain.secret import Secret
from shipway.engine.connection import Engine
from shipway.errors import BuildError
from shipway.image.container.base import BaseImage, find_base
from shipway.image.container.made_base import REPOSITORY
from shipway.image.container.registry import push_image
from shipway.machine.state import MachineState
from tests.images.conftest import RUN, archive_of, own_base
from tests.images.registries import PASSWORD, USERNAME, registry

ENVIRON = {"SHIPWAY_BASE_IMAGE": "shipway-base:{python}"}
Find = Callable[..., BaseImage]


@pytest.fixture
def find(engine: Engine, state: MachineState) -> Iterator[Find]:
    """With what it made taken away again."""
    made: list[str] = []

    def run(base: AuthorsBase, **more: object) -> BaseImage:
        environment = Environment(name="mine", python="3.11", base=base)
        found = find_base(engine, environment, ImageConfig(), state, environ=ENVIRON, **more)  # type: ignore[arg-type]
        made.append(found.name)
        return found

    yield run
    for name in {name for name in made if name.startswith(REPOSITORY)}:
        with suppress(ImageNotFound):
            engine.client.images.remove(name, force=True)


@pytest.fixture(scope="module", autouse=True)
def _no_half_made(engine: Engine) -> Iterator[None]:
    """The engine's builder keeps stages, and what was before a step that failed."""
    yield
    for image in engine.client.api.images(filters={"dangling": True}, quiet=True):
        with suppress(ImageNotFound):
            if any(RUN in step["CreatedBy"] for step in engine.client.api.history(image)):
                engine.client.api.remove_image(image, force=True)


def files_of(engine: Engine, image: str, path: str) -> list[str]:
    container = engine.client.containers.create(image, ["true"])
    try:
        pieces, _ = container.get_archive(path)
        with tarfile.open(fileobj=io.BytesIO(b"".join(pieces))) as tar:
            return tar.getnames()
    finally:
        container.remove()


def test_extra_steps_are_run_on_the_base_once(engine: Engine, find: Find, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "shipway.image")
    steps = AuthorsBase(steps=f"RUN touch /srv/{RUN}-steps\nENV GREETING=hello\n")
    found = find(steps)
    assert files_of(engine, found.id, f"/srv/{RUN}-steps") == [f"{RUN}-steps"]
    assert "GREETING=hello" in found.settings["Env"]
    assert found.layers[: len(found.layers) - 1] == find(AuthorsBase()).layers
    assert caplog.messages[0] == "building the base image of environment 'mine'"
    caplog.clear()
    assert find(steps).id == found.id
    assert caplog.messages == []


def test_a_base_that_was_pruned_is_made_again(engine: Engine, find: Find) -> None:
    steps = AuthorsBase(steps=f"RUN touch /srv/{RUN}-pruned\n")
    engine.client.images.remove(find(steps).name, force=True)
    assert files_of(engine, find(steps).id, f"/srv/{RUN}-pruned") == [f"{RUN}-pruned"]


def test_an_authors_dockerfile_is_built_with_its_stages(engine: Engine, find: Find) -> None:
    text = (
        "ARG BASE=shipway-base\nFROM ${BASE}:debian AS tools\n"
        f"RUN touch /srv/{RUN}-tool\nFROM shipway-base:3.11\nCOPY --from=tools /srv/{RUN}-tool /srv/{RUN}-tool\n"
    )
    found = find(AuthorsBase(dockerfile=text))
    assert files_of(engine, found.id, f"/srv/{RUN}-tool") == [f"{RUN}-tool"]
    assert found.python.minor == "3.11"


def test_a_step_that_fails_is_named_with_its_last_lines(find: Find) -> None:
    with pytest.raises(BuildError) as error:
        find(AuthorsBase(steps=f"RUN touch /{RUN}\nRUN echo 'no such thing' >&2; exit 7\n"))
    assert str(error.value) == (
        "the base image of environment 'mine' cannot be built: the step `RUN echo 'no such thing' >&2; exit 7` "
        "failed: The command '/bin/sh -c echo 'no such thing' >&2; exit 7' returned a non-zero code: 7 "
        "(it printed: no such thing)"
    )


def test_a_step_that_docker_does_not_take_is_said_in_its_words(find: Find) -> None:
    with pytest.raises(BuildError) as error:
        find(AuthorsBase(steps="ENV A\n"))
    text = str(error.value)
    assert text.startswith("the base image of environment 'mine' cannot be built: the Docker Engine at unix://")
    assert "ENV must have two arguments" in text


def test_an_authors_base_without_a_fitting_python_is_refused(find: Find) -> None:
    with pytest.raises(BuildError, match=r"^base image shipway-base:debian has no Python from 3\.6 on; choose another"):
        find(AuthorsBase(image="shipway-base:debian"))


def test_of_several_pythons_the_one_is_taken_whose_packages_the_author_manages(
    engine: Engine, state: MachineState
) -> None:
    def found_at(interpreter: str) -> str:
        environment = Environment(name="mine", user_managed=True, interpreter=interpreter)
        found = find_base(engine, environment, ImageConfig(base="shipway-base:3.11"), state)
        assert found.packages_stay
        return found.python.executable

    assert found_at("/usr/local/bin/python3") == "/usr/local/bin/python3.11"
    assert found_at("python3.11") == "/usr/local/bin/python3.11"
    with pytest.raises(BuildError) as error:
        found_at("/opt/conda/bin/python")
    assert str(error.value) == (
        "environment 'mine': base image shipway-base:3.11 has no Python from 3.6 on at /opt/conda/bin/python, which "
        "python.interpreterPath names; name where it lies, or leave that out for the first on the PATH"
    )


def test_the_password_of_a_private_base_registry_opens_it(engine: Engine, find: Find, tmp_path: Path) -> None:
    """That the base has no Python shows that it came."""
    with registry(tmp_path / "closed", password=True) as host:
        name = f"{host}/bases/{RUN}"
        login = {"SHIPWAY_REGISTRY_USERNAME": USERNAME, "SHIPWAY_REGISTRY_PASSWORD": PASSWORD}
        with own_base(engine, archive_of({"hello": b"world"}), "private") as tiny:
            push_image(engine, tiny, name, tag="1", environment=login)
            engine.client.images.remove(f"{name}:1")
        base = AuthorsBase(image=f"bases/{RUN}:1", registry=host, username=USERNAME)
        with pytest.raises(BuildError) as wrong:
            find(base, login=Secret("wrong-word"))
        with pytest.raises(BuildError, match="no basic auth credentials"):
            find(base)
        with pytest.raises(BuildError, match=f"^base image {name}:1 has no Python from 3.6 on"):
            find(base, login=Secret(PASSWORD))
        engine.client.images.remove(f"{name}:1")
    assert "wrong-word" not in str(wrong.value)
    assert "unauthorized" in str(wrong.value)


def test_an_image_stands_on_a_made_base(
    engine: Engine, build: Callable[..., Image], spec: Callable[..., ImageSpec]
) -> None:
    usual = spec()
    base = AuthorsBase(image="azureml/base:intelmpi2018.3-ubuntu16.04", steps="ENV MADE_FOR=tests\n")
    image = build(replace(usual, environment=replace(usual.environment, base=base)))
    settings = engine.client.api.inspect_image(image.location)["Config"]
    assert "MADE_FOR=tests" in settings["Env"]
    name = settings["Labels"]["org.opencontainers.image.base.name"]
    assert name.startswith(f"{REPOSITORY}:")
    engine.client.images.remove(image.location, force=True)
    engine.client.images.remove(name, force=True)


MICROMAMBA = """
FROM shipway-base:3.11
RUN printf '%s\\n' '#!/bin/sh' '[ "$1" = clean ] && exit 0' 'mkdir -p /opt/shipway/conda/bin' \\
    'cp /usr/local/bin/python3.11 /opt/shipway/conda/bin/' 'ln -s /usr/local/lib /opt/shipway/conda/lib' \\
    'echo "$@" >/opt/shipway/conda/asked' >/usr/local/bin/micromamba && chmod +x /usr/local/bin/micromamba
"""
"""Stands for micromamba, which has no channel to fetch from here: it makes an environment of the Python that it has."""


def test_conda_packages_are_asked_of_micromamba_and_their_python_is_the_images(
    engine: Engine,
    build: Callable[..., Image],
    spec: Callable[..., ImageSpec],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The stage is the real one, what runs in it a stand-in."""
    stand_in = f"{RUN}/micromamba:1"
    engine.client.images.build(fileobj=io.BytesIO(MICROMAMBA.encode()), tag=stand_in, rm=True)
    (tmp_path / "mine.yaml").write_text(f"micromamba: {stand_in}\n")
    monkeypatch.setenv("SHIPWAY_BASE_IMAGES", str(tmp_path / "mine.yaml"))
    usual = spec()
    environment = replace(usual.environment, conda_packages=("gdal=3.4", "proj>8"), channels=("conda-forge",))
    image = build(replace(usual, environment=environment))
    asked = engine.client.containers.run(
        image.location,
        ["python", "-c", "import sys, alpha; print(sys.base_prefix, open('/opt/shipway/conda/asked').read())"],
        remove=True,
    )
    assert asked.decode().strip() == (
        "/opt/shipway/conda create --yes --quiet --prefix /opt/shipway/conda --override-channels "
        "--channel conda-forge python=3.11 gdal=3.4 proj>8"
    )
    name = engine.client.api.inspect_image(image.location)["Config"]["Labels"]["org.opencontainers.image.base.name"]
    for each in (image.location, name, stand_in):
        engine.client.images.remove(each, force=True)
