"""The docker target: real containers of a real engine, a real Envoy."""

import json
import pickle
import signal
import subprocess
import sys

import pytest

from shipway.machine.state import MachineState
from shipway.targets.base import load
from shipway.targets.docker import make_target
from shipway.targets.docker.container import workspace_mark
from shipway.targets.docker.runner import DockerRunner
from tests.targets.bundles import ECHO
from tests.targets.contract import SERVICE, TargetContract
from tests.targets.images import engine_with_base, make_image, make_serving_image, remove_image

_CREATE_AND_DIE = """
import os, pickle, signal, sys
from pathlib import Path
from shipway.machine.state import MachineState
from shipway.targets.docker import make_target
from shipway.targets.docker.runner import DockerRunner
DockerRunner._begin = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
make_target(MachineState(Path(sys.argv[1]))).deploy(pickle.load(sys.stdin.buffer))
"""


def containers_in(engine, state):
    """Whatever their state, of this state folder."""
    return engine.client.containers.list(all=True, filters={"label": f"shipway.workspace={workspace_mark(state)}"})


@pytest.fixture(scope="module")
def engine():
    engine = engine_with_base()
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def serving(engine, tmp_path_factory):
    made = make_serving_image(engine, tmp_path_factory.mktemp("serving"))
    yield made
    remove_image(engine, made)


@pytest.fixture(scope="module")
def build(engine, serving, tmp_path_factory):
    """A call makes an image of a script; all go at the end."""
    made = []

    def act(script, variables=None, extra=""):
        image = make_image(engine, tmp_path_factory.mktemp("image"), serving, script, variables, extra)
        made.append(image.location)
        return image

    yield act
    for location in made:
        remove_image(engine, location)


@pytest.fixture(scope="module")
def image(build):
    return build(ECHO)


@pytest.fixture
def state(tmp_path):
    return MachineState(tmp_path / "state")


@pytest.fixture
def target(engine, state):
    here = make_target(state)
    yield here
    for container in containers_in(engine, state):  # a drain takes its time; a test's end need not
        container.remove(force=True, v=True)
    for service in here.list():
        here.delete(service.name, fence=999)


class TestDocker(TargetContract):
    @pytest.fixture
    def occupy(self, state):
        def act():
            folder = state.services / SERVICE
            folder.mkdir()
            record = {"name": SERVICE, "kind": "other", "port": 1, "created_at": "2026-07-01T00:00:00Z"}
            (folder / "service.json").write_text(json.dumps(record | {"traffic": {"weights": {}, "mirror": None}}))

        return act

    @pytest.fixture
    def kill_while_deploying(self, state):
        def act(spec):
            done = subprocess.run(
                [sys.executable, "-c", _CREATE_AND_DIE, str(state.root)], input=pickle.dumps(spec), check=False
            )
            assert done.returncode == -signal.SIGKILL

        return act

    @pytest.fixture
    def spoil(self, monkeypatch):
        def act(_):
            monkeypatch.setattr("shipway.targets.docker.health._judge", lambda *_: ("exploding", ""))

        return act

    @pytest.fixture
    def running(self, engine, state):
        return lambda: sum(container.status == "running" for container in containers_in(engine, state))


def test_the_kind_is_loaded_by_its_name(state):
    assert isinstance(load("docker", state)._runner, DockerRunner)
