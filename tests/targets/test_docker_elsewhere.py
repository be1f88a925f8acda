"""An engine of another machine: here the machine's own, behind an address that is not loopback."""

import re
import selectors
import socket
import threading

import pytest

from shipway.domain.service import ServiceState, Traffic
from shipway.engine.endpoint import find_endpoint
from shipway.errors import ConfigError, TargetError
from shipway.targets.base import wait
from shipway.targets.docker import make_target
from tests.absent import absent
from tests.targets.asking import post
from tests.targets.contract import SERVICE, spec_for
from tests.targets.images import containers_in

BRIDGE = "172.17.0.1"
"""Where docker's own bridge has this machine, on any machine with docker's defaults."""


@pytest.fixture
def elsewhere(engine):
    """The engine's address as another machine would have it: a TCP port before its socket."""
    endpoint = find_endpoint({})
    if not endpoint.host.startswith("unix://"):
        absent(f"the engine is at {endpoint}, not at a socket of this machine")
    with socket.socket() as listener:
        try:
            listener.bind((BRIDGE, 0))
        except OSError:
            absent(f"this machine has no address {BRIDGE}: docker's bridge is somewhere else")
        listener.listen()
        thread = threading.Thread(target=_serve, args=(listener, endpoint.host.removeprefix("unix://")), daemon=True)
        thread.start()
        yield f"tcp://{BRIDGE}:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(timeout=5)


def _serve(listener, path):
    while True:
        try:
            client, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=_join, args=(client, path), daemon=True).start()


def _join(client, path):
    with client, socket.socket(socket.AF_UNIX) as engine, selectors.DefaultSelector() as both:
        engine.connect(path)
        both.register(client, selectors.EVENT_READ, engine)
        both.register(engine, selectors.EVENT_READ, client)
        while True:
            for key, _ in both.select():
                data = key.fileobj.recv(65536)
                if not data:
                    return
                key.data.sendall(data)


def test_its_containers_are_out_of_reach_unless_its_address_is_named(
    docker_target, echo_image, state, engine, elsewhere, monkeypatch
):
    monkeypatch.setenv("DOCKER_HOST", elsewhere)
    text = (
        f"the Docker Engine at {elsewhere} (DOCKER_HOST) is on another machine, and what its containers publish on "
        "127.0.0.1 cannot be reached from here; name an IP address of that machine with SHIPWAY_DOCKER_ADDRESS, on "
        "which their ports are published and reached (anybody who reaches that address reaches them), or take this "
        "machine's engine"
    )
    assert docker_target.why_away() == text
    with pytest.raises(ConfigError, match=re.escape(text)):
        docker_target.deploy(spec_for(echo_image))
    monkeypatch.setenv("SHIPWAY_DOCKER_ADDRESS", "build-machine")
    with pytest.raises(ConfigError, match="SHIPWAY_DOCKER_ADDRESS: must be an IPv4 address of the machine of"):
        docker_target.deploy(spec_for(echo_image))
    assert containers_in(engine, state) == []
    assert not (state.services / SERVICE).exists()


def test_with_its_address_a_service_runs_there_and_is_not_taken_for_gone_when_another_engine_is_in_use(
    docker_target, echo_image, state, engine, elsewhere, monkeypatch
):
    target = docker_target
    monkeypatch.setenv("DOCKER_HOST", elsewhere)
    monkeypatch.setenv("SHIPWAY_DOCKER_ADDRESS", BRIDGE)
    target.deploy(spec_for(echo_image))
    wait(target, SERVICE, "r1", until=ServiceState.HEALTHY, deadline_s=60)
    target.set_traffic(SERVICE, Traffic.all_to("r1"), fence=1)
    service = target.find(SERVICE)
    assert service.revision("r1").address.startswith(f"{BRIDGE}:")
    assert post(service)[0] == 200
    (container,) = containers_in(engine, state)
    ((binding,),) = container.attrs["HostConfig"]["PortBindings"].values()
    assert f"{binding['HostIp']}:{binding['HostPort']}" == service.revision("r1").address

    monkeypatch.delenv("DOCKER_HOST")  # the same engine by another way
    assert target.status(SERVICE).state is ServiceState.HEALTHY
    home = state.services / SERVICE / "revisions" / "r1" / "engine.json"
    home.write_text(f'{{"host": "{elsewhere}", "id": "of another engine"}}')
    text = (
        f"revision r1 of service digits is with the Docker Engine at {elsewhere}, and {engine.endpoint} is in use now; "
        f"name that one with DOCKER_HOST={elsewhere} or `docker context use`, or, if it is gone for good, write the "
        "service off with `shipway service delete -n digits --lost`"
    )
    status = make_target(state).find(SERVICE).revision("r1").status
    assert (status.state, status.native, status.message) == (ServiceState.UNHEALTHY, "unknown", text)
    with pytest.raises(TargetError, match=re.escape(text)):
        target.delete(SERVICE, fence=1)
    container = containers_in(engine, state)[0]
    assert target.forget(SERVICE, fence=1) == (f"container {container.name} of the Docker Engine at {elsewhere}",)
    assert target.list() == ()
    assert not (state.services / SERVICE).exists()
    container.reload()
    assert container.status == "running"
