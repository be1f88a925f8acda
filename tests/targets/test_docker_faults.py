"""What becomes of the docker target when something is wrong: each has its text, and leaves nothing behind."""

import re
import socket
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from shipway.domain.service import DeploymentConfig, Resources, ServiceState, Traffic
from shipway.errors import (
    EngineUnavailable,
    PortInUse,
    ServiceConflict,
    TargetError,
    TargetUnavailable,
)
from shipway.machine.ports import free_port
from shipway.targets.base import wait
from shipway.targets.docker import make_target
from shipway.targets.docker.container import workspace_mark
from tests.engines import private_engine
from tests.images.hanging_up import engine_that_hangs_up
from tests.images.registries import registry
from tests.targets.asking import post
from tests.targets.bundles import BROKEN, ECHO, HUNGRY
from tests.targets.contract import SERVICE, spec_for
from tests.targets.images import containers_in, image_of, remove_image


@pytest.fixture
def target(docker_target):
    return docker_target


@pytest.fixture
def image(echo_image):
    return echo_image


def deploy_healthy(target, image):
    target.deploy(spec_for(image))
    wait(target, SERVICE, "r1", until=ServiceState.HEALTHY, deadline_s=60)
    return target.find(SERVICE)


def status_of(target):
    return target.find(SERVICE).revision("r1").status


def failure_of(target):
    with pytest.raises(TargetError) as failed:
        wait(target, SERVICE, "r1", until=ServiceState.HEALTHY, deadline_s=60)
    return str(failed.value)


def assert_nothing_is_there(target, engine, state):
    assert containers_in(engine, state) == []
    assert target.list() == ()
    assert not (state.services / SERVICE).exists()


def test_a_script_that_fails_in_init_has_failed_with_its_own_error_and_not_for_ever_deploying(target, build_image):
    target.deploy(spec_for(build_image(BROKEN)))
    assert failure_of(target) == (
        "revision r1 of service digits has failed: init() failed: ValueError: the model file is for another framework"
    )


def test_a_memory_limit_that_is_too_small_is_named(target, build_image):
    config = DeploymentConfig(resources=Resources(memory_bytes=64 * 1024**2))
    target.deploy(replace(spec_for(build_image(HUNGRY)), deployment=config))
    assert failure_of(target) == (
        "revision r1 of service digits has failed: its memory limit of 64 MB is too small: the kernel ended it; "
        "raise containerResourceRequirements/memoryInGB in the deployment config"
    )


def test_a_program_that_is_not_in_the_image_is_the_reason(target, build_image):
    target.deploy(spec_for(build_image(ECHO, extra='CMD ["nowhere"]')))
    assert failure_of(target).endswith("exec nowhere failed: No such file or directory")


def test_a_container_that_somebody_removed_is_made_again(target, image, engine, state):
    deploy_healthy(target, image)
    containers_in(engine, state)[0].remove(force=True)
    status = status_of(target)
    assert (status.state, status.native) == (ServiceState.FAILED, "failed")
    assert status.message == "its container was removed by hand; `shipway up` makes it again"
    assert list(target.logs(SERVICE)) == []
    target.start(SERVICE)
    wait(target, SERVICE, "r1", until=ServiceState.HEALTHY, deadline_s=60)


def test_a_container_that_somebody_stopped_or_paused_is_let_go_on(target, image, engine, state):
    deploy_healthy(target, image)
    (container,) = containers_in(engine, state)
    container.stop()
    status = status_of(target)
    assert status.state is ServiceState.FAILED
    assert status.message == "its container was stopped by hand (exit code 0); `shipway up` starts it again"
    target.start(SERVICE)
    wait(target, SERVICE, "r1", until=ServiceState.HEALTHY, deadline_s=60)
    container.pause()
    status = status_of(target)
    assert (status.state, status.native) == (ServiceState.UNHEALTHY, "unknown")
    assert status.message == (f"its container was paused by hand; `docker unpause {container.name}` lets it go on")
    target.start(SERVICE)
    wait(target, SERVICE, "r1", until=ServiceState.HEALTHY, deadline_s=60)
    assert [each.id for each in containers_in(engine, state)] == [container.id]
    container.pause()
    target.delete(SERVICE, fence=1)
    assert_nothing_is_there(target, engine, state)


def test_an_image_that_somebody_removed_is_said_before_anything_is_there(target, engine, state):
    gone = "sha256:" + "0" * 64
    with pytest.raises(TargetError) as refused:
        target.deploy(spec_for(image_of(gone, gone)))
    assert str(refused.value) == (
        f"image {gone} is not in the Docker Engine at {engine.endpoint}: it was removed, or built on another engine; "
        "release the same model version again, which builds it"
    )
    assert_nothing_is_there(target, engine, state)


def test_an_image_that_only_its_registry_has_is_pulled_and_one_that_nobody_has_is_said(
    target, build_image, engine, state, tmp_path
):
    with registry(tmp_path / "registry") as host:
        repository = f"{host}/digits"
        local = engine.client.images.get(build_image(ECHO, {"FROM": "a registry"}).location)
        local.tag(repository, "latest")
        pushed = list(engine.client.api.push(repository, "latest", stream=True, decode=True))
        digest = next(line["aux"]["Digest"] for line in pushed if "aux" in line)
        engine.client.images.remove(local.id, force=True)
        location = f"{repository}@{digest}"
        target.deploy(spec_for(image_of(location, digest)))
        wait(target, SERVICE, "r1", until=ServiceState.HEALTHY, deadline_s=60)
        containers_in(engine, state)[0].remove(force=True)
        target.delete(SERVICE, fence=1)
        remove_image(engine, location)

        gone = f"{repository}@sha256:{'0' * 64}"
        with pytest.raises(TargetError) as refused:
            target.deploy(spec_for(image_of(gone, "0" * 64)))
    text = str(refused.value)
    assert text.startswith(f"image {gone} is not in the Docker Engine at {engine.endpoint} and cannot be pulled: ")
    assert "manifest unknown" in text
    assert text.endswith("; log in to its registry with `docker login`, or release again to build and push it")
    assert_nothing_is_there(target, engine, state)


def test_a_container_of_that_name_that_is_not_ours_is_refused_and_left_alone(target, image, engine, state):
    name = f"shipway-{workspace_mark(state)}-digits-r1"
    foreign = engine.client.containers.create(image.location, name=name, labels={"shipway.tests": "targets"})
    try:
        with pytest.raises(ServiceConflict) as refused:
            target.deploy(spec_for(image))
        assert str(refused.value) == (
            f"a container named {name} exists already, and is not revision r1 of service digits; "
            f"remove it (`docker rm -f {name}`) or rename it"
        )
        assert_nothing_is_there(target, engine, state)
        target.delete(SERVICE, fence=1)
        foreign.reload()
    finally:
        foreign.remove(force=True)


def test_a_port_that_was_taken_between_plan_and_deploy_is_said_and_leaves_nothing(target, image, engine, state):
    port = free_port()
    target.refuse_taken_port(SERVICE, port)
    with socket.socket() as foreign:
        foreign.bind(("127.0.0.1", port))
        foreign.listen()
        with pytest.raises(PortInUse, match=f"port {port} of service digits is held by .*; end that process, or set"):
            target.deploy(replace(spec_for(image), deployment=DeploymentConfig(port=port)))
    assert_nothing_is_there(target, engine, state)


def test_a_port_that_was_taken_before_a_container_had_it_leaves_no_container(target, image, engine, state):
    deploy_healthy(target, image)
    place = target._folder(SERVICE).revision("r1")
    target._runner.remove(place)
    with socket.socket() as foreign:
        foreign.bind(("127.0.0.1", 0))
        foreign.listen()
        taken = replace(place.read(), port=foreign.getsockname()[1])
        with pytest.raises(PortInUse) as refused:
            target._runner.start(taken, place)
        assert str(refused.value) == (
            f"port {taken.port} on 127.0.0.1, meant for revision r1 of service digits, was taken before its container "
            "could have it; try again, to get another one"
        )
        assert containers_in(engine, state) == []


def test_a_stopped_revision_whose_port_went_to_somebody_else_gets_another_one(target, image, engine, state):
    address = deploy_healthy(target, image).revision("r1").address
    target.set_traffic(SERVICE, Traffic.all_to("r1"), fence=1)
    target.stop(SERVICE)
    with socket.socket() as foreign:
        foreign.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        foreign.bind(("127.0.0.1", int(address.rpartition(":")[2])))
        foreign.listen()
        target.start(SERVICE)
        wait(target, SERVICE, None, until=ServiceState.HEALTHY, deadline_s=60)
    service = target.find(SERVICE)
    assert service.revision("r1").address != address
    assert post(service)[0] == 200
    assert len(containers_in(engine, state)) == 1


def test_a_health_check_of_the_image_that_fails_is_not_healthy(target, build_image):
    check = "HEALTHCHECK --interval=200ms --retries=1 CMD python -c 'print(\"no disk\"); exit(1)'"
    target.deploy(spec_for(build_image(ECHO, extra=check)))
    wait(target, SERVICE, "r1", until=ServiceState.UNHEALTHY, deadline_s=60)
    status = status_of(target)
    assert (status.native, status.message) == ("unknown", "its container's own health check fails: no disk")


@pytest.fixture
def short_folder():
    """An engine has sockets below its folder, and the kernel takes no long paths for those."""
    with TemporaryDirectory() as folder:
        yield Path(folder)


def test_an_engine_that_hangs_up_in_the_middle_of_a_deploy_leaves_what_the_next_one_makes_anew(
    target, echo_image, engine, state, short_folder, monkeypatch
):
    with engine_that_hangs_up(short_folder, path=b"/start HTTP", after_bytes=0) as proxy:
        monkeypatch.setenv("DOCKER_HOST", f"unix://{proxy.address}")
        with pytest.raises(EngineUnavailable) as refused:
            target.deploy(spec_for(echo_image))
        assert proxy.hung_up
        (half_made,) = containers_in(engine, state)
        assert half_made.status == "created"
        assert str(refused.value).startswith(
            f"starting container {half_made.name}: the Docker Engine at unix://{proxy.address} "
            "(DOCKER_HOST) broke off or does not answer ("
        )
        target.deploy(spec_for(echo_image))
        wait(target, SERVICE, "r1", until=ServiceState.HEALTHY, deadline_s=60)
        (made,) = containers_in(engine, state)
        assert made.id != half_made.id
        containers_in(engine, state)[0].remove(force=True, v=True)


def test_without_an_engine_looking_says_so_and_acting_refuses(engine, state, echo_image, monkeypatch, short_folder):
    """Then it is back, with its containers: nothing needs to be done."""
    with private_engine(short_folder, _tagged(engine, echo_image)) as private:
        monkeypatch.setenv("DOCKER_HOST", private.host)
        target = make_target(state)
        assert target.why_away() is None
        try:
            deploy_healthy(target, echo_image)
            service = _serve(target)
            private.stop()
            text = f"no Docker Engine answers at {private.host} (DOCKER_HOST): "
            assert target.why_away().startswith(text)
            (found,) = target.list()
            status = found.revision("r1").status
            assert (status.state, status.native) == (ServiceState.UNHEALTHY, "unknown")
            assert status.message.startswith(text)
            assert target.status(SERVICE).state is ServiceState.UNHEALTHY
            for act in (
                lambda: target.deploy(spec_for(echo_image, "r2")),
                lambda: target.delete_revision(SERVICE, "r2", fence=1),
                lambda: target.delete(SERVICE, fence=1),
                lambda: target.stop(SERVICE),
                lambda: target.start(SERVICE),
                lambda: target.logs(SERVICE),
            ):
                with pytest.raises(TargetUnavailable, match=re.escape(text)):
                    act()
            assert target.traffic(SERVICE) == Traffic.all_to("r1")
            private.start()
            wait(target, SERVICE, None, until=ServiceState.HEALTHY, deadline_s=60)
            assert post(service)[0] == 200
        finally:
            target.delete(SERVICE, fence=9)


def _tagged(engine, image):
    name = f"shipway-tests-targets:{image.digest[:12]}"
    engine.client.images.get(image.location).tag(name)
    return name


def _serve(target):
    target.set_traffic(SERVICE, Traffic.all_to("r1"), fence=1)
    return target.find(SERVICE)
