import dataclasses
import json
import os
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from shipway.domain.image import Image, ImageConfig, ImageSpec
from shipway.engine.connection import Engine, connect
from shipway.errors import BuildError, TargetError
from shipway.image.container.base_choice import HOW_TO_CHOOSE
from shipway.image.container.build import build_docker_image, docker_image_stands
from shipway.image.container.kept_images import kept_images
from shipway.image.container.registry import has_image, push_image
from shipway.machine.ports import free_port
from shipway.machine.state import MachineState
from shipway.store.workspace import Workspace
from tests.images.conftest import RUN, archive_of, own_base
from tests.images.registries import PASSWORD, USERNAME, registry

LOGGED_IN = {"SHIPWAY_REGISTRY_USERNAME": USERNAME, "SHIPWAY_REGISTRY_PASSWORD": PASSWORD}
Push = Callable[..., Image]


@pytest.fixture(scope="module")
def open_registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with registry(tmp_path_factory.mktemp("registry") / "open") as host:
        yield host


@pytest.fixture(scope="module")
def closed_registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with registry(tmp_path_factory.mktemp("registry") / "closed", password=True) as host:
        yield host


@pytest.fixture
def push(engine: Engine, workspace: Workspace, state: MachineState, spec: Callable[..., ImageSpec]) -> Iterator[Push]:
    names: list[str] = []

    def run(to: str, *, base: str = "shipway-base:3.11", **environment: str) -> Image:
        names.append(to)
        config = ImageConfig(base=base, registry=to)
        return build_docker_image(spec(), config, workspace, state, environment=environment)

    yield run
    for image in engine.client.images.list():
        for tag in image.tags:
            if any(tag.startswith(f"{name}") for name in names):
                engine.client.images.remove(tag)


def test_a_pushed_image_goes_by_the_registrys_digest(engine: Engine, push: Push, open_registry: str) -> None:
    repository = f"{open_registry}/team/{RUN}"
    image = push(repository)
    answered = engine.client.api.inspect_distribution(image.location)["Descriptor"]["digest"]
    assert image.digest == answered
    assert image.location == f"{repository}@{image.digest}"
    local = engine.client.images.get(image.location)
    for tag in local.tags:
        engine.client.images.remove(tag)
    assert docker_image_stands(image), "the registry still has it"
    assert engine.client.images.pull(image.location).id == local.id


def test_pushed_again_it_is_the_same(push: Push, open_registry: str, caplog: pytest.LogCaptureFixture) -> None:
    first = push(f"{open_registry}/team/{RUN}-again")
    assert push(f"{open_registry}/team/{RUN}-again") == first


def test_a_host_alone_gets_a_path(push: Push, open_registry: str) -> None:
    assert push(open_registry).location.startswith(f"{open_registry}/shipway@sha256:")


def test_an_image_that_is_nowhere_does_not_stand(push: Push, engine: Engine, open_registry: str) -> None:
    image = push(f"{open_registry}/team/{RUN}-nowhere")
    unknown = f"{open_registry}/team/{RUN}-nowhere@sha256:{'0' * 64}"
    assert not docker_image_stands(dataclasses.replace(image, location=unknown))


def test_credentials_of_the_environment_open_a_closed_registry(engine: Engine, closed_registry: str) -> None:
    name = f"{closed_registry}/team/{RUN}"
    with own_base(engine, archive_of({"hello": b"closed"}), "closed") as tiny:
        pushed = push_image(engine, tiny, name, tag="1", environment=LOGGED_IN)
        engine.client.images.remove(f"{name}:1")
    assert has_image(engine, pushed.location, environment=LOGGED_IN)
    with pytest.raises(TargetError, match="no basic auth credentials"):
        has_image(engine, pushed.location, environment={})


def test_what_docker_login_keeps_opens_it_too_by_way_of_its_credential_helper(
    engine: Engine, closed_registry: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    helper = tmp_path / "docker-credential-of-tests"
    answer = json.dumps({"ServerURL": closed_registry, "Username": USERNAME, "Secret": PASSWORD})
    helper.write_text(f"#!/bin/sh\ncat >/dev/null\necho '{answer}'\n")
    helper.chmod(0o755)
    (tmp_path / "config.json").write_text(json.dumps({"credHelpers": {closed_registry: "of-tests"}}))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    logged_in = connect()
    name = f"{closed_registry}/helped/{RUN}"
    try:
        with own_base(engine, archive_of({"hello": b"helped"}), "helped") as tiny:
            pushed = push_image(logged_in, tiny, name, tag="1", environment={})
            engine.client.images.remove(f"{name}:1")
        assert has_image(logged_in, pushed.location, environment={})
    finally:
        logged_in.close()


def test_a_base_comes_from_a_closed_registry_too(engine: Engine, push: Push, closed_registry: str) -> None:
    """That it has no Python shows that it came."""
    name = f"{closed_registry}/bases/{RUN}"
    with own_base(engine, archive_of({"hello": b"world"}), "tiny") as tiny:
        pushed = push_image(engine, tiny, name, tag="1", environment=LOGGED_IN)
        engine.client.images.remove(f"{name}:1")
    with pytest.raises(BuildError, match=f"^base image {pushed.location} has no Python from 3.6 on; choose another"):
        push(f"{closed_registry}/team/{RUN}", base=pushed.location, **LOGGED_IN)
    engine.client.images.remove(pushed.location)
    with pytest.raises(BuildError) as error:
        push(f"{closed_registry}/team/{RUN}", base=pushed.location)
    assert str(error.value).startswith(f"base image {pushed.location} is not in the Docker Engine at unix://")
    assert "no basic auth credentials" in str(error.value)
    assert str(error.value).endswith(f"; log in to its registry with `docker login`, or {HOW_TO_CHOOSE}")


def test_a_base_that_its_registry_does_not_have(push: Push, open_registry: str) -> None:
    with pytest.raises(BuildError) as error:
        push(f"{open_registry}/team/{RUN}", base=f"{open_registry}/none:{{python}}")
    text = str(error.value)
    assert text.startswith(f"base image {open_registry}/none:3.11 is not in the Docker Engine at unix://")
    assert "manifest unknown" in text
    assert text.endswith(f"; log in to its registry with `docker login`, or {HOW_TO_CHOOSE}")


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({}, "no basic auth credentials"),
        ({**LOGGED_IN, "SHIPWAY_REGISTRY_PASSWORD": "wrong-word"}, "unauthorized: authentication required"),
    ],
)
def test_a_push_that_is_refused_is_said_with_how_to_log_in(
    engine: Engine, push: Push, closed_registry: str, environment: dict[str, str], said: str
) -> None:
    with pytest.raises(BuildError) as error:
        push(f"{closed_registry}/refused/{RUN}", **environment)
    text = str(error.value)
    assert text.startswith(f"pushing image {closed_registry}/refused/{RUN}:")
    assert said in text
    assert text.endswith(
        "; it wants credentials, or others; see image.registry in the release file, and log in with "
        f"`docker login {closed_registry}` or set SHIPWAY_REGISTRY_USERNAME and SHIPWAY_REGISTRY_PASSWORD"
    )
    assert "wrong-word" not in text
    assert "\n" not in text


def test_an_image_whose_push_was_refused_is_known_so_that_it_can_be_freed(
    engine: Engine, push: Push, closed_registry: str, state: MachineState
) -> None:
    with pytest.raises(BuildError):
        push(f"{closed_registry}/refused/{RUN}")
    (image,) = engine.client.images.list(name=f"{closed_registry}/refused/{RUN}")
    assert image.id in {kept.location for _, kept in kept_images(state)}
    assert list(state.root.glob("spool/build-*")) == []
    errands = {"label": "shipway.errand", "ancestor": image.id}
    assert engine.client.containers.list(all=True, filters=errands, ignore_removed=True) == []


def test_a_registry_that_only_hands_out_is_said(push: Push, tmp_path: Path) -> None:
    """As during its maintenance."""
    read_only = r"HTTP 405 .*; it takes no pushes: it is read-only, or no registry; see image\.registry in the release"
    with registry(tmp_path / "registry", readonly=True) as host, pytest.raises(BuildError, match=read_only):
        push(f"{host}/team/{RUN}")


def test_a_registry_that_nobody_answers_for_is_said(push: Push) -> None:
    with pytest.raises(BuildError, match=r"connection refused.*; it cannot be reached from the engine; see image"):
        push(f"127.0.0.1:{free_port()}/team/{RUN}")


class _NoRegistry(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(404)
        self.end_headers()
        self.wfile.write(b"<html>hello</html>")

    do_HEAD = do_POST = do_PUT = do_GET  # noqa: N815

    def log_message(self, *words: object) -> None:
        """Not into the test's output."""


def test_something_else_that_answers_there_is_said(push: Push) -> None:
    server = HTTPServer(("127.0.0.1", 0), _NoRegistry)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        with pytest.raises(BuildError, match=r"; what answers there is no registry; see image\.registry"):
            push(f"127.0.0.1:{server.server_port}/team/{RUN}")
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
