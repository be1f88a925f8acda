"""Against sockets of our own: no engine is needed."""

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from shipway.engine.connection import Engine, connect
from shipway.engine.credentials import credentials_for, registry_host
from shipway.engine.endpoint import Endpoint
from shipway.engine.faults import EngineFull, NameTaken, NotInEngine, PortTaken, of_reason
from shipway.errors import ConfigError, EngineUnavailable, ShipwayError, TargetError, TargetUnavailable

ENDPOINT = Endpoint(host="tcp://127.0.0.1:2375", origin="DOCKER_HOST")


@pytest.mark.parametrize(
    ("host", "reason"),
    [
        ("unix:///nowhere/docker.sock", "No such file or directory"),
        ("tcp://127.0.0.1:1", "Connection refused"),
        ("bogus://x", "Invalid bind address protocol: bogus://x"),
    ],
)
def test_an_engine_that_is_absent_is_named_with_what_to_do(host: str, reason: str) -> None:
    with pytest.raises(EngineUnavailable) as caught:
        connect({"DOCKER_HOST": host}, timeout_s=3)
    assert str(caught.value) == (
        f"no Docker Engine answers at {host} (DOCKER_HOST): {reason}; start it (on Debian: apt-get install docker.io, "
        "then systemctl start docker), or name another with DOCKER_HOST or `docker context use`"
    )
    assert isinstance(caught.value, TargetUnavailable)


def test_an_engine_behind_ssh_says_what_it_takes() -> None:
    with pytest.raises(ConfigError) as caught:
        connect({"DOCKER_HOST": "ssh://ada@build.example"}, timeout_s=3)
    assert str(caught.value) == (
        "the Docker Engine at ssh://ada@build.example (DOCKER_HOST) is reached by ssh, which docker's SDK does with "
        "the package paramiko, and that is not installed: pip install paramiko"
    )


@pytest.fixture
def engine_that_hangs_up(tmp_path: Path) -> Iterator[Engine]:
    """It says its version, and closes every connection after that. The first is the knock."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "engine.sock"))
        listener.listen()
        thread = threading.Thread(target=_answer_once, args=(listener,), daemon=True)
        thread.start()
        engine = connect({"DOCKER_HOST": f"unix://{tmp_path}/engine.sock"}, timeout_s=3)
        yield engine
        engine.close()
        thread.join(timeout=5)


def _answer_once(listener: socket.socket) -> None:
    body = b'{"ApiVersion": "1.41", "Version": "20.10"}'
    version = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (len(body), body)
    for answer in (b"", version, b""):
        connection, _ = listener.accept()
        with connection:
            connection.recv(65536)
            if answer:
                connection.sendall(answer)


def test_an_engine_that_hangs_up_is_said_with_what_was_being_done(engine_that_hangs_up: Engine) -> None:
    with pytest.raises(EngineUnavailable) as caught, engine_that_hangs_up.speaking("looking for image digits"):
        engine_that_hangs_up.client.images.get("digits")
    assert str(caught.value).startswith("looking for image digits: the Docker Engine at unix://")
    assert str(caught.value).endswith("see whether it runs (`docker info`), then try again")


@pytest.mark.parametrize(
    ("reason", "status", "kind"),
    [
        ("write /var/lib/docker/x: no space left on device", 500, EngineFull),
        ("Bind for 127.0.0.1:80 failed: port is already allocated", 500, PortTaken),
        ("No such container: x", 404, NotInEngine),
        ("the name x is already in use", 409, NameTaken),
        ("anything else", None, TargetError),
    ],
)
def test_each_refusal_has_a_meaning(reason: str, status: int | None, kind: type[ShipwayError]) -> None:
    found = of_reason(reason, status=status, what="starting x", endpoint=ENDPOINT)
    assert type(found) is kind
    assert reason in str(found)
    assert str(found).startswith("starting x: ")


def test_the_registry_is_told_apart_from_a_path() -> None:
    assert registry_host("registry.example/team/digits") == "registry.example"
    assert registry_host("localhost:5000/digits") == "localhost:5000"
    assert registry_host("team/digits") == "docker.io"


def test_credentials_of_the_environment_go_to_the_registry_of_the_release_alone() -> None:
    environment = {"SHIPWAY_REGISTRY_USERNAME": "ada", "SHIPWAY_REGISTRY_PASSWORD": "byron"}
    ours = "registry.example/team"
    found = credentials_for("registry.example/team/digits", ours=ours, environment=environment)
    assert found is not None
    assert found["password"].reveal() == "byron"
    assert "byron" not in repr(found)
    assert credentials_for("elsewhere.example/base", ours=ours, environment=environment) is None
    assert credentials_for("registry.example/team/digits", ours=ours, environment={}) is None
