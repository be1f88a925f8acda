"""Docker contexts that `shipway model package --output-path` writes, built by both of the engine's own builders."""

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from shipway.domain.environment import AuthorsBase, Environment
from shipway.domain.image import Image, ImageConfig, ImageSpec
from shipway.engine.connection import Engine
from shipway.errors import BuildError
from shipway.image.context import WrittenContext, write_context
from shipway.machine.state import MachineState
from shipway.store.workspace import Workspace
from tests.images.conftest import BASE, RUN, model_version
from tests.images.test_containers import answer, running

CONFIG = ImageConfig(base=BASE)
NAME = f"shipway/{RUN}-context"


@pytest.fixture(scope="module")
def context(
    workspace: Workspace, state: MachineState, spec: Callable[..., ImageSpec], tmp_path_factory: pytest.TempPathFactory
) -> WrittenContext:
    """With the real scoring server's own packages, as an index has them."""
    variables = {"GREETING": 'h"i $HOME \\ there'}
    environment = Environment(name="mine", python="3.11", variables=variables)
    folder = tmp_path_factory.mktemp("context") / "digits"
    return write_context(spec(environment=environment), CONFIG, workspace, state, folder)


@pytest.fixture
def docker_build(engine: Engine) -> Iterator[Callable[..., Image]]:
    def build(folder: Path, *, buildkit: bool) -> Image:
        variables = {**os.environ, "DOCKER_BUILDKIT": str(int(buildkit))}
        words = ["/usr/bin/docker", "build", "--network=none", "-q", "-t", NAME, str(folder)]
        done = subprocess.run(words, env=variables, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        found = engine.client.images.get(NAME)
        return Image(
            kind="docker", digest=found.id, location=found.id, interpreter="", labels=found.labels, size_bytes=0
        )

    yield build
    for image in engine.client.images.list(name=NAME):
        engine.client.images.remove(image.id, force=True)


@pytest.mark.parametrize("buildkit", [False, True], ids=["classic", "buildkit"])
def test_a_context_builds_without_a_network_and_serves(
    engine: Engine, context: WrittenContext, docker_build: Callable[..., Image], *, buildkit: bool
) -> None:
    with running(engine, docker_build(context.folder, buildkit=buildkit)) as container:
        assert answer(container) == {
            "uid": 1000,
            "folder": "/var/azureml-app",
            "greeting": 'h"i $HOME \\ there',
        }, "it writes into the app root and the model folder before it answers"
        _, found = container.exec_run(["sh", "-c", "ls -d /opt/shipway/serving/shipway_serving/__pycache__ && id -un"])
        assert found.decode().split() == ["/opt/shipway/serving/shipway_serving/__pycache__", "shipway"]


def test_it_holds_v1s_folders(context: WrittenContext) -> None:
    assert sorted(path.name for path in context.folder.iterdir()) == [
        "Dockerfile", "azureml-app", "requirements.lock", "serving", "user", "venv",
    ]  # fmt: skip
    assert (context.folder / f"azureml-app/azureml-models/{RUN}/1/model.bin").read_text() == "weights"
    assert (context.folder / "azureml-app/src/score.py").exists()
    assert "werkzeug==" in (context.folder / "requirements.lock").read_text()


def test_its_dockerfile_says_what_it_does(context: WrittenContext) -> None:
    lines = (context.folder / "Dockerfile").read_text().splitlines()
    assert lines[2:] == [
        "FROM shipway-base:3.11",
        "USER root",
        "COPY --chown=0:0 user/etc/ /etc/",
        "COPY --chown=1000:1000 user/home/ /home/",
        "COPY requirements.lock /opt/shipway/requirements.lock",
        "COPY venv/ /opt/shipway/venv/",
        "COPY serving/ /opt/shipway/serving/",
        "COPY --chown=1000:1000 azureml-app/ /var/azureml-app/",
        *(line for line in lines if line.startswith(("ENV ", "LABEL "))),
        "EXPOSE 5001/tcp",
        "WORKDIR /var/azureml-app",
        "USER 1000",
        *(line for line in lines if line.startswith("HEALTHCHECK ")),
        "ENTRYPOINT []",
        'CMD ["/opt/shipway/venv/bin/python", "/opt/shipway/serving"]',
    ]
    assert f'ENV AZUREML_MODEL_DIR="azureml-models/{RUN}/1"' in lines


def test_a_base_that_has_to_be_made_is_made_in_the_context_too(
    engine: Engine, workspace: Workspace, state: MachineState, spec: Callable[..., ImageSpec], tmp_path: Path
) -> None:
    usual = spec().environment
    environment = Environment(
        name="mine", python="3.11", requirements=usual.requirements, base=AuthorsBase(steps=f"ENV MADE={RUN}\n")
    )
    written = write_context(spec(environment=environment), CONFIG, workspace, state, tmp_path / "made")
    lines = (tmp_path / "made" / "Dockerfile").read_text().splitlines()
    assert lines[2:5] == ["FROM shipway-base:3.11", "USER root", f"ENV MADE={RUN}"]
    assert len([line for line in lines if "MADE" in line]) == 1
    engine.client.images.remove(written.base, force=True)


def test_a_folder_with_something_in_it_is_left_alone(
    workspace: Workspace, state: MachineState, spec: Callable[..., ImageSpec], tmp_path: Path
) -> None:
    (tmp_path / "mine.txt").touch()
    with pytest.raises(BuildError) as error:
        write_context(spec(), CONFIG, workspace, state, tmp_path)
    assert str(error.value) == (
        f"{tmp_path} holds mine.txt, which is of no Docker context that Shipway wrote; name a folder that is empty, or "
        "not there yet"
    )


def test_a_context_that_was_written_before_is_replaced(
    workspace: Workspace, state: MachineState, spec: Callable[..., ImageSpec], tmp_path: Path
) -> None:
    write_context(spec(), CONFIG, workspace, state, tmp_path)
    (tmp_path / "azureml-app" / "left.txt").touch()
    names = sorted(path.name for path in tmp_path.iterdir())
    variables = {"GREETING": "again"}
    environment = Environment(name="mine", python="3.11", variables=variables)
    write_context(spec(environment=environment), CONFIG, workspace, state, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == names
    assert not (tmp_path / "azureml-app" / "left.txt").exists()
    assert 'ENV GREETING="again"' in (tmp_path / "Dockerfile").read_text().splitlines()
    (tmp_path / "notes").mkdir()
    with pytest.raises(BuildError, match=f"^{tmp_path} holds notes, which is of no Docker context"):
        write_context(spec(), CONFIG, workspace, state, tmp_path)


def test_a_dockerfile_of_somebody_elses_is_left_alone(
    workspace: Workspace, state: MachineState, spec: Callable[..., ImageSpec], tmp_path: Path
) -> None:
    (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY venv/ /venv/\n")
    with pytest.raises(BuildError, match=f"^{tmp_path} holds Dockerfile, which is of no Docker context"):
        write_context(spec(), CONFIG, workspace, state, tmp_path)


def test_a_folder_that_is_there_stays_the_one_it_is_whatever_the_umask(
    workspace: Workspace, state: MachineState, spec: Callable[..., ImageSpec], tmp_path: Path
) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "link").symlink_to("there")
    before = os.umask(0o077)
    try:
        write_context(spec(), CONFIG, workspace, state, tmp_path / "link")
    finally:
        os.umask(before)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "there"]
    assert (tmp_path / "there" / "Dockerfile").is_file()
    assert not list((tmp_path / "there").glob(".*"))
    assert {Path(path).stat().st_mode & 0o777 for path, _, _ in os.walk(tmp_path / "there")} == {0o755}


def test_a_variable_that_no_dockerfile_can_hold_is_refused_and_nothing_is_left(
    workspace: Workspace, state: MachineState, spec: Callable[..., ImageSpec], tmp_path: Path
) -> None:
    usual = spec().environment
    environment = Environment(
        name="mine", python="3.11", requirements=usual.requirements, variables={"CERTIFICATE": "one\ntwo"}
    )
    models = (model_version(workspace, Path(__file__), name=f"{RUN}-lines"),)
    with pytest.raises(BuildError, match=r"^the value of variable CERTIFICATE has a line break, which no"):
        write_context(spec(environment=environment, models=models), CONFIG, workspace, state, tmp_path / "never")
    assert list(tmp_path.iterdir()) == []
