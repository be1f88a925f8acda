"""The process target: real scoring servers, a real Envoy."""

import json
import os
import pickle
import signal
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from shipway.domain.service import DeploymentConfig, GatewayConfig, ServiceState, Traffic
from shipway.errors import GatewayError, MachineError, PortInUse, TargetError
from shipway.gateway.envoy import Envoy
from shipway.machine.ports import free_port
from shipway.machine.state import MachineState
from shipway.targets.base import load, wait
from shipway.targets.process import make_target
from shipway.targets.process.runner import ProcessRunner
from tests.targets.asking import lines_with, post, replaced_under_load
from tests.targets.bundles import BROKEN, ECHO, WRITES, make_bundle
from tests.targets.contract import CANARY, SERVICE, TargetContract, spec_for

_DEPLOY_AND_DIE = """
import os, pickle, signal, sys
from pathlib import Path
from shipway.machine.state import MachineState
from shipway.targets.process import make_target, server
start = server.start_server
def start_and_die(*arguments, **named):
    start(*arguments, **named)
    os.kill(os.getpid(), signal.SIGKILL)
server.start_server = start_and_die
make_target(MachineState(Path(sys.argv[1]))).deploy(pickle.load(sys.stdin.buffer))
"""


def servers_in(state: MachineState) -> list[psutil.Process]:
    """Supervisors of scoring servers whose files lie in this state folder, found by their command lines."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        line = process.info["cmdline"] or []
        if "shipway_serving" in line and any(part.startswith(str(state.root)) for part in line):
            found.append(process)
    return found


@pytest.fixture
def target(state):
    here = make_target(state)
    yield here
    for service in here.list():
        for revision in service.revisions:  # a drain takes its time; a test's end need not
            pid = state.services / service.name / "revisions" / revision.revision_id / "pid"
            for process in servers_in(state):
                if pid.exists() and process.pid == int(pid.read_text()):
                    process.kill()
        here.delete(service.name, fence=999)


@pytest.fixture(scope="module")
def image(interpreter, tmp_path_factory):
    return make_bundle(tmp_path_factory.mktemp("bundle") / "echo", interpreter, ECHO)


def deploy_healthy(target, image, revision_id="r1", **changes):
    service = target.deploy(replace(spec_for(image, revision_id), **changes))
    wait(target, SERVICE, revision_id, until=ServiceState.HEALTHY, deadline_s=20)
    return service


def serve(target, image, revision_id="r1", **changes):
    deploy_healthy(target, image, revision_id, **changes)
    target.set_traffic(SERVICE, Traffic.all_to(revision_id), fence=1)
    return target.find(SERVICE)


class TestProcess(TargetContract):
    @pytest.fixture
    def occupy(self, state):
        def act():
            folder = state.services / SERVICE
            folder.mkdir()
            record = {"name": SERVICE, "kind": "other", "port": 1, "created_at": "2026-07-01T00:00:00Z"}
            (folder / "service.json").write_text(json.dumps(record | {"traffic": {"weights": {}, "mirror": None}}))

        yield act
        if (state.services / SERVICE / "service.json").exists():
            (state.services / SERVICE / "service.json").unlink()

    @pytest.fixture
    def kill_while_deploying(self, state):
        def act(spec):
            done = subprocess.run(
                [sys.executable, "-c", _DEPLOY_AND_DIE, str(state.root)], input=pickle.dumps(spec), check=False
            )
            assert done.returncode == -signal.SIGKILL

        return act

    @pytest.fixture
    def spoil(self, monkeypatch):
        def act(_):
            monkeypatch.setattr("shipway.targets.process.health._judge", lambda *_: ("exploding", ""))

        return act

    @pytest.fixture
    def running(self, state):
        return lambda: len(servers_in(state))


def test_the_kind_is_loaded_by_its_name(state):
    assert isinstance(load("process", state)._runner, ProcessRunner)


def test_a_request_is_scored_through_the_gateway(target, image):
    service = serve(target, image)
    assert post(service, b'{"data": [1, 2]}') == (200, b'{"revision": null, "sent": "{\\"data\\": [1, 2]}"}')
    assert service.scoring_uri.startswith("http://localhost:")


def test_before_a_promotion_the_scoring_uri_says_why_it_does_not_answer(target, image):
    status, body = post(deploy_healthy(target, image))
    assert status == 503
    assert json.loads(body)["message"] == "service digits has no revision in service yet: none has been promoted"


def test_the_script_sees_its_own_writable_models_and_nothing_of_the_callers_secrets(
    target, interpreter, tmp_path, monkeypatch
):
    monkeypatch.setenv("AZURE_CLIENT_SECRET", CANARY)
    monkeypatch.setenv("PREFECT_API_KEY", CANARY)
    image = make_bundle(tmp_path / "bundle", interpreter, WRITES, {"AUTHOR": "set this"})
    service = serve(target, image)
    status, body = post(service)
    model, variables = json.loads(body)
    assert status == 200
    assert model == "as registered changed"
    assert (Path(image.location) / "app/azureml-models/digits/1/model.txt").read_text() == "as registered"
    assert variables["AUTHOR"] == "set this"
    assert variables["AZUREML_MODEL_DIR"] == "azureml-models/digits/1"
    assert variables["AML_APP_ROOT"].endswith("/services/digits/revisions/r1/app")
    assert variables["PATH"].split(os.pathsep)[0] == str(Path(interpreter).parent)
    assert not [name for name, value in variables.items() if CANARY in value or name.startswith("PREFECT_")]


def test_a_script_that_fails_in_init_is_failed_with_its_own_error(target, interpreter, tmp_path):
    target.deploy(spec_for(make_bundle(tmp_path / "bundle", interpreter, BROKEN)))
    with pytest.raises(TargetError) as failed:
        wait(target, SERVICE, "r1", until=ServiceState.HEALTHY, deadline_s=20)
    assert str(failed.value) == (
        "revision r1 of service digits has failed: init() failed: ValueError: the model file is for another framework"
    )
    assert target.find(SERVICE).revision("r1").status.native == "failed"


def test_logs_are_lines_for_people(target, image):
    deploy_healthy(target, image)
    lines = lines_with(target, "r1", "INFO init() has succeeded; ready to score")
    assert any(line.endswith("INFO loaded digits") for line in lines), lines
    assert list(target.logs(SERVICE, tail=1)) == lines[-1:]


def test_the_configured_port_is_the_services_and_a_foreign_one_is_refused_before_anything_is_there(
    target, image, state
):
    with socket.socket() as foreign:
        foreign.bind(("127.0.0.1", 0))
        foreign.listen()
        port = foreign.getsockname()[1]
        spec = replace(spec_for(image), deployment=DeploymentConfig(port=port))
        with pytest.raises(
            PortInUse, match=f"port {port} of service digits is held by .* .process {os.getpid()}.; end"
        ):
            target.deploy(spec)
        assert target.list() == ()
        assert not (state.services / SERVICE).exists()
    assert target.deploy(spec).scoring_uri == f"http://localhost:{port}/score"
    other = replace(spec, service="letters")
    with pytest.raises(PortInUse, match=f"port {port} belongs to service digits; set another `port` in"):
        target.deploy(other)


def test_another_port_is_taken_when_the_revision_that_asks_for_it_is_promoted(target, image):
    first = serve(target, image)
    port = free_port()
    deploy_healthy(target, image, "r2", deployment=DeploymentConfig(port=port))
    assert target.find(SERVICE).scoring_uri == first.scoring_uri
    target.set_traffic(SERVICE, Traffic.all_to("r2"), fence=1)
    assert target.find(SERVICE).scoring_uri == f"http://localhost:{port}/score"
    assert post(target.find(SERVICE))[0] == 200


def test_going_back_to_a_revision_that_asked_for_no_port_brings_the_service_s_port_of_then_back(target, image):
    first = serve(target, image)
    deploy_healthy(target, image, "r2", deployment=DeploymentConfig(port=free_port()))
    target.set_traffic(SERVICE, Traffic.all_to("r2"), fence=1)
    target.set_traffic(SERVICE, Traffic.all_to("r1"), fence=1)
    assert target.find(SERVICE).scoring_uri == first.scoring_uri
    assert post(first)[0] == 200


def test_a_dead_revision_with_traffic_is_up_again_beside_a_new_one(target, image, state):
    """As after a reboot without `shipway up`."""
    service = serve(target, image)
    deploy_healthy(target, image, "idle")
    for process in servers_in(state):
        process.kill()
    os.kill(int((state.services / SERVICE / "gateway" / "pid").read_text()), signal.SIGKILL)
    wait(target, SERVICE, "r1", until=ServiceState.FAILED, deadline_s=10)
    deploy_healthy(target, image, "r2")
    wait(target, SERVICE, "r1", until=ServiceState.HEALTHY, deadline_s=20)
    assert post(service)[0] == 200
    assert target.find(SERVICE).revision("idle").status.state is ServiceState.FAILED


def test_limits_come_with_the_revision_that_has_the_traffic_and_go_with_it(target, interpreter, tmp_path, image):
    slow = ECHO.replace("    return", "    import time; time.sleep(0.5)\n    return")
    image2 = make_bundle(tmp_path / "slow", interpreter, slow)
    serve(target, image2, "r1")
    deploy_healthy(target, image2, "r2", gateway=GatewayConfig(timeout_ms=50))
    service = target.find(SERVICE)
    assert post(service)[0] == 200
    target.set_traffic(SERVICE, Traffic.all_to("r2"), fence=1)
    assert post(service)[0] == 504
    target.set_traffic(SERVICE, Traffic.all_to("r1"), fence=1)
    assert post(service)[0] == 200


def test_a_killed_gateway_is_a_failed_service_until_the_next_act(target, image, state):
    service = serve(target, image)
    gateway = state.services / SERVICE / "gateway"
    os.kill(int((gateway / "pid").read_text()), signal.SIGKILL)
    wait(target, SERVICE, None, until=ServiceState.FAILED, deadline_s=10)
    assert target.status(SERVICE).message == "its gateway does not run; `shipway up` starts it again"
    with pytest.raises(GatewayError, match="the gateway does not answer"):
        target.traffic(SERVICE)
    target.set_traffic(SERVICE, Traffic.all_to("r1"), fence=1)
    assert post(service)[0] == 200


def test_a_revision_that_died_and_lost_its_port_is_moved_and_the_gateway_told(target, image, state):
    service = serve(target, image)
    revision = service.revision("r1")
    for process in servers_in(state):
        process.kill()
    port = int(revision.address.rsplit(":", 1)[1])
    wait(target, SERVICE, "r1", until=ServiceState.FAILED, deadline_s=10)
    with socket.socket() as foreign:
        foreign.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        foreign.bind(("127.0.0.1", port))
        foreign.listen()
        status = target.find(SERVICE).revision("r1").status
        assert status.state is ServiceState.FAILED
        assert f"; its port {port} is held by " in status.message
        assert "`shipway up` moves it to another" in status.message
        target.start(SERVICE)
        wait(target, SERVICE, None, until=ServiceState.HEALTHY, deadline_s=20)
        assert target.find(SERVICE).revision("r1").address != revision.address
        assert post(service)[0] == 200


def test_a_service_that_was_stopped_comes_back_as_it_was(target, image, state):
    service = serve(target, image)
    deploy_healthy(target, image, "r2")
    target.set_traffic(SERVICE, Traffic(weights={"r1": 60, "r2": 40}), fence=1)
    assert target.stop(SERVICE)
    assert servers_in(state) == []
    status = target.status(SERVICE)
    assert (status.state, status.native) == (ServiceState.UNHEALTHY, "stopped")
    assert status.message == "it was stopped; `shipway up` starts it again"
    assert {each.status.native for each in target.find(SERVICE).revisions} == {"stopped"}
    assert not target.stop(SERVICE)
    assert target.find(SERVICE).traffic == Traffic(weights={"r1": 60, "r2": 40})
    target.start(SERVICE)
    wait(target, SERVICE, None, until=ServiceState.HEALTHY, deadline_s=20)
    assert target.traffic(SERVICE) == Traffic(weights={"r1": 60, "r2": 40})
    assert target.find(SERVICE).scoring_uri == service.scoring_uri
    assert post(service)[0] == 200


def test_one_that_dies_after_it_was_stopped_and_started_has_failed(target, image, state):
    serve(target, image)
    target.stop(SERVICE)
    target.start(SERVICE)
    wait(target, SERVICE, None, until=ServiceState.HEALTHY, deadline_s=20)
    for process in servers_in(state):
        process.kill()
    wait(target, SERVICE, "r1", until=ServiceState.FAILED, deadline_s=10)
    assert target.status(SERVICE).native == "failed"


def test_traffic_that_was_written_down_by_a_killed_act_is_in_force_after_the_next(target, image, state):
    serve(target, image)
    deploy_healthy(target, image, "r2")
    path = state.services / SERVICE / "service.json"
    document = json.loads(path.read_text())
    path.write_text(json.dumps(document | {"traffic": {"weights": {"r2": 100}, "mirror": None}}))
    assert target.find(SERVICE).traffic == Traffic.all_to("r1")
    target.delete_revision(SERVICE, "r1", fence=1)
    assert target.traffic(SERVICE) == Traffic.all_to("r2")
    assert post(target.find(SERVICE))[0] == 200


def test_an_image_that_is_gone_is_said_with_what_to_do(target, image, state):
    with pytest.raises(MachineError, match="there is no bundle at /nowhere; release the same model version again"):
        target.deploy(spec_for(replace(image, location="/nowhere")))
    assert not (state.services / SERVICE).exists()


def test_under_constant_load_a_switch_and_the_removal_of_the_old_revision_lose_no_request(
    target, interpreter, tmp_path
):
    one = make_bundle(tmp_path / "one", interpreter, ECHO, {"REVISION": "one"})
    two = make_bundle(tmp_path / "two", interpreter, ECHO, {"REVISION": "two"})
    service = serve(target, one, "r1")
    load = replaced_under_load(target, service, lambda: deploy_healthy(target, two, "r2"))
    assert load.failures == []
    stats = target.revision_stats(SERVICE)
    assert set(stats) == {"r2"}
    assert stats["r2"].requests == load.answered["two"]
    assert stats["r2"].failures == 0


def test_gateways_of_two_services_stand_side_by_side(target, image):
    serve(target, image)
    target.deploy(replace(spec_for(image), service="letters"))
    assert [service.name for service in target.list()] == ["digits", "letters"]
    assert isinstance(target._gateway("letters"), Envoy)
    assert target._gateway("letters").is_running()
    assert post(target.find(SERVICE))[0] == 200
