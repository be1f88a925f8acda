"""Real registries on 127.0.0.1, Debian's docker-registry, with or without a password."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shipway.machine.ports import free_port
from tests.absent import absent

USERNAME, PASSWORD = "ada", "byron-1815"
_HTPASSWD = "ada:$2b$04$qlmAoFvAdzOAJAqXNHKi2OepizVI6IZIZFwhFpEkyXd4YtmygSjNK\n"
"""The password's bcrypt hash, with the fewest rounds."""

_CONFIG = """
version: 0.1
log: {{level: error}}
storage: {{filesystem: {{rootdirectory: {folder}/store}}, maintenance: {{readonly: {{enabled: {readonly}}}}}}}
http: {{addr: "127.0.0.1:{port}", secret: of-a-test}}
"""
_AUTH = "auth: {{htpasswd: {{realm: tests, path: {folder}/htpasswd}}}}\n"


@contextmanager
def registry(folder: Path, *, password: bool = False, readonly: bool = False) -> Iterator[str]:
    """`127.0.0.1:port` of one that answers."""
    program = shutil.which("docker-registry") or absent("there is no docker-registry: apt-get install docker-registry")
    folder.mkdir()
    port = free_port()
    config = folder / "config.yml"
    config.write_text(
        (_CONFIG + (_AUTH if password else "")).format(folder=folder, port=port, readonly=str(readonly).lower())
    )
    (folder / "htpasswd").write_text(_HTPASSWD)
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([program, "serve", config], stdout=log, stderr=log)
    try:
        _wait(port, folder)
        yield f"127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


def _wait(port: int, folder: Path) -> None:
    deadline = time.monotonic() + 20
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        assert time.monotonic() < deadline, (folder / "log").read_text()
        time.sleep(0.02)
