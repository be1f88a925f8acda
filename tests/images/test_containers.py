"""Containers of built images, with the real scoring server: what an author's script finds there."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from shipway.domain.environment import Environment
from shipway.domain.image import Image, ImageSpec
from shipway.engine.connection import Engine
from tests.absent import absent
from tests.images.conftest import RUN

Build = Callable[..., Image]
Spec = Callable[..., ImageSpec]

_WITHIN_S = 60.0


@contextmanager
def running(engine: Engine, image: Image) -> Iterator[Any]:
    container = engine.client.containers.run(
        image.location, detach=True, ports={"5001/tcp": ("127.0.0.1", None)}, labels={"shipway.tests": RUN}
    )
    try:
        yield container
    finally:
        container.remove(force=True, v=True)


def until(what: Callable[[], Any], container: Any) -> Any:
    deadline = time.monotonic() + _WITHIN_S
    while not (found := what()):
        assert time.monotonic() < deadline, container.logs().decode()
        time.sleep(0.05)
    return found


def answer(container: Any) -> Any:
    def ask() -> Any:
        container.reload()
        (port,) = container.ports["5001/tcp"]
        request = urllib.request.Request(f"http://127.0.0.1:{port['HostPort']}/score", data=b'{"data": 1}')
        request.add_header("Content-Type", "application/json")
        try:
            with urllib.request.urlopen(request, timeout=5) as response:
                return json.load(response)
        except (urllib.error.URLError, ConnectionError):
            return None

    return until(ask, container)


def health(container: Any) -> str:
    container.reload()
    return str(container.attrs["State"]["Health"]["Status"])


def real(spec: Spec, python: str, **variables: str) -> ImageSpec:
    """Without packages beside the server's own, which come from the index that this machine knows."""
    return spec(environment=Environment(name="real", python=python, variables=variables))


def test_a_script_serves_as_user_1000_in_a_folder_that_it_may_write(engine: Engine, build: Build, spec: Spec) -> None:
    image = build(real(spec, "3.11", GREETING='say "hello"\nfor $5'))
    with running(engine, image) as container:
        assert answer(container) == {"uid": 1000, "folder": "/var/azureml-app", "greeting": 'say "hello"\nfor $5'}
        made = container.exec_run(["stat", "-c", "%u", "made", f"azureml-models/{RUN}/1/made", "/home/shipway"])
        assert made.output == b"1000\n1000\n1000\n"
        assert until(lambda: health(container) != "starting", container)
        assert health(container) == "healthy"


def test_python_3_6_serves_too(engine: Engine, build: Build, spec: Spec) -> None:
    if not engine.client.images.list(name="shipway-base:3.6"):
        absent("there is no image shipway-base:3.6: make it with requirements/base_image.sh 3.6")
    image = build(real(spec, "3.6.2"))
    assert image.labels["python"].startswith("3.6.")
    with running(engine, image) as container:
        assert answer(container) == {"uid": 1000, "folder": "/var/azureml-app", "greeting": None}
        asked = container.exec_run(["python", "-c", "import httptools, sys; print(sys.prefix, httptools.__cached__)"])
        assert asked.output == (
            b"/opt/shipway/venv "
            b"/opt/shipway/venv/lib/python3.6/site-packages/httptools/__pycache__/__init__.cpython-36.pyc\n"
        )


def test_the_servers_bytecode_is_used_and_not_made_again(engine: Engine, build: Build, spec: Spec) -> None:
    image = build(real(spec, "3.11"))
    script = "import shipway_serving.server.supervisor, sys; print(sys.flags.dont_write_bytecode)"
    asked = engine.client.containers.run(image.location, ["python", "-v", "-c", script], remove=True, stderr=True)
    told = asked.decode()
    assert "code object from '/opt/shipway/serving/shipway_serving/server/supervisor.py'" not in told
    assert "/opt/shipway/serving/shipway_serving/server/__pycache__/supervisor.cpython-311.pyc matches" in told
