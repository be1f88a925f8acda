"""Container engines for tests: the machine's own, and private ones that a test may stop, starve or cut off.

A private engine publishes ports on 127.0.0.1 by its proxy and touches no firewall rule: the machine's own goes on.
"""

import itertools
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import docker

from shipway.engine.connection import connect
from shipway.errors import EngineUnavailable

_READY_WITHIN_S = 60.0
_numbers = itertools.count(1)
_running: dict[str, subprocess.Popen[bytes]] = {}
"""By the engine's address."""


def usable_engine(host: str | None = None) -> bool:
    """Whether one answers at `host`, or where DOCKER_HOST or the usual socket is."""
    try:
        connect({"DOCKER_HOST": host} if host else os.environ).close()  # the SDK leaves sockets open when none answers
    except EngineUnavailable:
        return False
    return True


def has_image(name: str) -> bool:
    """Whether the machine's own engine has it."""
    with closing(_client(None)) as client:
        return bool(client.images.list(name=name))


def containers_of(marks: set[str], host: str | None = None) -> list[docker.models.containers.Container]:
    """Those that carry the label of one of these workspaces, running or not."""
    with closing(_client(host)) as client:
        found = client.containers.list(all=True, filters={"label": "shipway.workspace"}, ignore_removed=True)
        return [each for each in found if each.labels["shipway.workspace"] in marks]


@dataclass(frozen=True)
class PrivateEngine:
    """`host` is what DOCKER_HOST must be."""

    folder: Path
    bridge: str
    subnet: str

    @property
    def host(self) -> str:
        return f"unix://{self.folder}/engine.sock"

    def start(self) -> None:
        """Returns when it answers."""
        command = [
            *("dockerd", "--data-root", str(self.folder / "data"), "--exec-root", str(self.folder / "exec")),
            *("--pidfile", str(self.folder / "pid"), "--host", self.host, "--bridge", self.bridge),
            *("--iptables=false", "--ip-masq=false"),
        ]
        with (self.folder / "log").open("ab") as log:
            _running[self.host] = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        deadline = time.monotonic() + _READY_WITHIN_S
        while not usable_engine(self.host):
            assert time.monotonic() < deadline, (self.folder / "log").read_text()[-2000:]
            time.sleep(0.1)

    def stop(self) -> None:
        """Ends its containers, as a shutdown does; `start` brings back those whose policy says so."""
        child = _running.pop(self.host)
        child.send_signal(signal.SIGTERM)
        child.wait(_READY_WITHIN_S)

    def take_image(self, name: str) -> None:
        """Copies an image of the machine's own engine."""
        with closing(docker.from_env()) as ours, closing(_client(self.host)) as theirs:
            theirs.images.load(b"".join(ours.images.get(name).save(named=True)))

    def images(self) -> list[docker.models.images.Image]:
        with closing(_client(self.host)) as client:
            return client.images.list()

    def end(self) -> None:
        """Nothing of it is left: containers, mounts, bridge."""
        if usable_engine(self.host):
            with closing(_client(self.host)) as client:
                for container in client.containers.list(all=True):
                    container.remove(force=True, v=True)
            self.stop()
        subprocess.run(["umount", str(self.folder / "data")], check=False, capture_output=True)  # after a restart
        subprocess.run(["ip", "link", "delete", self.bridge], check=False, capture_output=True)


@contextmanager
def private_engine(folder: Path, *images: str) -> Iterator[PrivateEngine]:
    """An engine below `folder` that knows `images`. Needs root, as a container engine does."""
    number = next(_numbers)
    third = (os.getpid() + number) % 250 + 1
    engine = PrivateEngine(folder, f"shipway-{os.getpid() % 10000}-{number}"[:15], f"172.29.{third}.1/24")
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["ip", "link", "add", engine.bridge, "type", "bridge"], check=True)
    subprocess.run(["ip", "address", "add", engine.subnet, "dev", engine.bridge], check=True)
    subprocess.run(["ip", "link", "set", engine.bridge, "up"], check=True)
    try:
        engine.start()
        for image in images:
            engine.take_image(image)
        yield engine
    finally:
        engine.end()


def _client(host: str | None) -> docker.DockerClient:
    return docker.DockerClient(base_url=host, timeout=300) if host else docker.from_env(timeout=300)
