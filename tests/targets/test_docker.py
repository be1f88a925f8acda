"""The docker target: real containers of a real engine, a real Envoy."""

import json
import os
import pickle
import signal
import subprocess
import sys
from dataclasses import replace

import pytest

from shipway.domain.service import DeploymentConfig, Resources, ServiceState, Traffic
from shipway.targets.base import Gauges, MayBeAway, load, wait
from shipway.targets.docker.runner import DockerRunner
from tests.targets.asking import lines_with, post, replaced_under_load
from tests.targets.bundles import ECHO
from tests.targets.contract import CANARY, SERVICE, TargetContract, spec_for
from tests.targets.images import containers_in

_CREATE_AND_DIE = """
import os, pickle, signal, sys
from pathlib import Path
from shipway.machine.state import MachineState
from shipway.targets.docker import make_target
from shipway.targets.docker.containers import Containers
Containers.begin = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
make_target(MachineState(Path(sys.argv[1]))).deploy(pickle.load(sys.stdin.buffer))
"""

_START_AND_DIE = _CREATE_AND_DIE.replace(
    "Containers.begin = lambda *_: os.kill(os.getpid(), signal.SIGKILL)",
    "begin = Containers.begin; Containers.begin = lambda *given: (begin(*given), os.kill(os.getpid(), signal.SIGKILL))",
)

_READY = "INFO init() has succeeded; ready to score"

_LOOKS = """
import sys
from pathlib import Path
from shipway.machine.state import MachineState
from shipway.targets.base import load
target = load("docker", MachineState(Path(sys.argv[1])))
print(target.list(), target.find("digits"), "docker" in sys.modules)
"""

_TELLS = """
import os

def init():
    pass

def run(data):
    for folder in (".", os.environ["AZUREML_MODEL_DIR"]):
        with open(os.path.join(folder, "written"), "w") as file:
            file.write("here")
    with open("/proc/self/status") as status:
        privileges = [line.split()[1] for line in status if line.startswith(("CapEff", "NoNewPrivs"))]
    return [os.getcwd(), os.getuid(), dict(os.environ), privileges]
"""

_WAITS_WHEN_STARTED_AGAIN = """
import os, time

def init():
    while os.path.exists("started") and not os.path.exists("go"):
        time.sleep(0.02)
    open("started", "w").close()

def run(data):
    return data
"""


@pytest.fixture
def target(docker_target):
    return docker_target


@pytest.fixture
def image(echo_image):
    return echo_image


def deploy_healthy(target, image, revision_id="r1", **changes):
    service = target.deploy(replace(spec_for(image, revision_id), **changes))
    wait(target, SERVICE, revision_id, until=ServiceState.HEALTHY, deadline_s=60)
    return service


def serve(target, image, revision_id="r1", **changes):
    deploy_healthy(target, image, revision_id, **changes)
    target.set_traffic(SERVICE, Traffic.all_to(revision_id), fence=1)
    return target.find(SERVICE)


def die(program, state, spec):
    done = subprocess.run([sys.executable, "-c", program, str(state.root)], input=pickle.dumps(spec), check=False)
    assert done.returncode == -signal.SIGKILL


class TestDocker(TargetContract):
    deadline_s = 60.0

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
            die(_CREATE_AND_DIE, state, spec)

        return act

    @pytest.fixture
    def spoil(self, monkeypatch):
        def act(_):
            monkeypatch.setattr("shipway.targets.docker.health._judge", lambda *_: ("exploding", ""))

        return act

    @pytest.fixture
    def running(self, engine, state):
        return lambda: sum(container.status == "running" for container in containers_in(engine, state))


def test_the_kind_is_loaded_by_its_name_and_can_do_what_local_targets_can(state):
    target = load("docker", state)
    assert isinstance(target._runner, DockerRunner)
    assert isinstance(target, MayBeAway)
    assert isinstance(target, Gauges)


def test_looking_where_no_container_is_recorded_asks_no_engine_and_loads_no_sdk(state):
    done = subprocess.run(
        [sys.executable, "-c", _LOOKS, str(state.root)],
        env={**os.environ, "DOCKER_HOST": "unix:///nowhere/docker.sock"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "() None False\n"


def test_a_container_is_held_to_what_it_needs_and_to_its_limits(target, build_image, engine, state, monkeypatch):
    monkeypatch.setenv("AZURE_CLIENT_SECRET", CANARY)
    monkeypatch.setenv("PREFECT_API_KEY", CANARY)
    image = build_image(_TELLS, {"AUTHOR": "set this", "WORKER_COUNT": "2"})
    resources = Resources(cpu=0.5, cpu_limit=1.5, memory_bytes=128 * 1024**2, memory_limit_bytes=256 * 1024**2)
    service = serve(target, image, deployment=DeploymentConfig(resources=resources))
    status, body = post(service)
    folder, user, variables, privileges = json.loads(body)
    assert (status, folder, user, privileges) == (200, "/var/azureml-app", 1000, ["0000000000000000", "1"])
    assert (variables["SERVICE_NAME"], variables["AUTHOR"]) == (SERVICE, "set this")

    (container,) = containers_in(engine, state)
    assert CANARY not in json.dumps(container.attrs)
    host = container.attrs["HostConfig"]
    port = service.revision("r1").address.removeprefix("127.0.0.1:")
    assert host["PortBindings"] == {"5001/tcp": [{"HostIp": "127.0.0.1", "HostPort": port}]}
    assert host["RestartPolicy"]["Name"] == "unless-stopped"
    assert host["LogConfig"] == {"Type": "json-file", "Config": {"max-size": "10m", "max-file": "3"}}
    assert (host["Memory"], host["MemorySwap"], host["MemoryReservation"]) == (256 * 1024**2,) * 2 + (128 * 1024**2,)
    assert (host["CpuQuota"], host["CpuPeriod"], host["CpuShares"]) == (150_000, 100_000, 512)
    assert (host["CapDrop"], host["SecurityOpt"], host["Init"]) == (["ALL"], ["no-new-privileges"], True)
    assert host["Binds"] is None
    assert container.name.endswith("-digits-r1")
    assert (container.labels["shipway.service"], container.labels["shipway.revision"]) == (SERVICE, "r1")
    assert container.attrs["Config"]["Cmd"] == ["python", "-m", "shipway_serving", "--drain_s", "60"]

    held = target.memory_bytes(SERVICE, "r1")
    assert 5 * 1024**2 < held < 256 * 1024**2
    assert target._folder(SERVICE).revision("r1").read().concurrency == 2


def test_deleting_leaves_no_container_and_no_volume(target, build_image, engine, state):
    deploy_healthy(target, build_image(ECHO, extra="VOLUME /data"))
    (container,) = containers_in(engine, state)
    (volume,) = [mount["Name"] for mount in container.attrs["Mounts"]]
    target.delete(SERVICE, fence=1)
    assert containers_in(engine, state) == []
    assert volume not in {each.id for each in engine.client.volumes.list()}
    assert not (state.services / SERVICE).exists()


def test_logs_are_lines_for_people_by_time_and_no_more_than_asked_for(target, image):
    deploy_healthy(target, image, "r1")
    lines = lines_with(target, "r1", _READY)
    assert any(line.endswith("INFO loaded digits") for line in lines), lines
    assert list(target.logs(SERVICE, tail=1)) == lines[-1:]
    deploy_healthy(target, image, "r2")
    lines_with(target, "r2", _READY)
    both = list(target.logs(SERVICE, tail=3))
    assert [line.split()[0] for line in both] == ["r2"] * 3
    assert list(target.logs(SERVICE, revision_id="r1")) == lines


def test_a_container_whose_maker_was_killed_right_after_its_start_is_taken_up(target, image, engine, state):
    die(_START_AND_DIE, state, spec_for(image))
    (before,) = containers_in(engine, state)
    deploy_healthy(target, image)
    assert [each.id for each in containers_in(engine, state)] == [before.id]


def test_a_service_that_was_stopped_comes_back_as_it_was(target, image, engine, state):
    service = serve(target, image)
    (before,) = containers_in(engine, state)
    assert target.stop(SERVICE)
    (container,) = containers_in(engine, state)
    assert container.status == "exited"
    status = target.status(SERVICE)
    assert (status.state, status.native) == (ServiceState.UNHEALTHY, "stopped")
    assert status.message == "it was stopped; `shipway up` starts it again"
    assert not target.stop(SERVICE)
    target.start(SERVICE)
    wait(target, SERVICE, None, until=ServiceState.HEALTHY, deadline_s=60)
    assert post(service)[0] == 200
    (after,) = containers_in(engine, state)
    assert (after.id, after.attrs["Created"]) == (before.id, before.attrs["Created"])


def test_containers_that_came_back_without_their_gateway_are_taken_up(target, image, engine, state):
    """As after a restart of the machine: the engine has started its containers, nobody the gateway."""
    service = serve(target, image)
    (before,) = containers_in(engine, state)
    os.kill(int((state.services / SERVICE / "gateway" / "pid").read_text()), signal.SIGKILL)
    before.restart(timeout=0)
    wait(target, SERVICE, None, until=ServiceState.FAILED, deadline_s=60)
    target.start(SERVICE)
    wait(target, SERVICE, None, until=ServiceState.HEALTHY, deadline_s=60)
    assert post(service)[0] == 200
    assert [each.id for each in containers_in(engine, state)] == [before.id]


def test_a_revision_that_served_and_crashed_is_on_its_way_back(target, build_image, engine, state):
    service = serve(target, build_image(_WAITS_WHEN_STARTED_AGAIN))
    lines_with(target, "r1", _READY)
    (container,) = containers_in(engine, state)
    os.kill(container.attrs["State"]["Pid"], signal.SIGKILL)
    wait(target, SERVICE, None, until=ServiceState.TRANSITIONING, deadline_s=60)
    message = target.find(SERVICE).revision("r1").status.message
    assert message.startswith("it is started again after its end: its container has ended ")
    assert message.endswith("INFO init() has succeeded; ready to score (1 restart)")
    container.exec_run("touch go")
    wait(target, SERVICE, None, until=ServiceState.HEALTHY, deadline_s=60)
    assert post(service)[0] == 200


def test_under_constant_load_a_switch_and_the_removal_of_the_old_revision_lose_no_request(target, build_image):
    one, two = (build_image(ECHO, {"REVISION": name}) for name in ("one", "two"))
    service = serve(target, one, "r1")
    load = replaced_under_load(target, service, lambda: deploy_healthy(target, two, "r2"))
    assert load.failures == []
    stats = target.revision_stats(SERVICE)
    assert set(stats) == {"r2"}
    assert (stats["r2"].requests, stats["r2"].failures) == (load.answered["two"], 0)
