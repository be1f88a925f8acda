"""The demo takes containers where an engine answers and a base image can be had, and says why it took what it took."""

from pathlib import Path

import pytest

from shipway.cli.context import Context
from shipway.cli.demo import choose_target
from shipway.cli.output import Output
from shipway.engine.connection import Engine
from shipway.machine.ports import free_port
from shipway.store.workspace import open_workspace
from tests.images.conftest import BASE


@pytest.fixture
def context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Context:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("SHIPWAY_BASE_IMAGE", BASE)
    open_workspace(tmp_path / ".shipway", create=True)
    return Context(given=str(tmp_path), output=Output(), folder=tmp_path)


def test_with_an_engine_and_a_base_it_takes_containers(engine: Engine, context: Context) -> None:
    assert choose_target(None, context) == (
        "docker",
        f"an engine answers at {engine.endpoint.host}, and shipway-base:3.11 is a base for images",
    )


def test_without_an_engine_it_takes_processes(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere")
    target, why = choose_target(None, context)
    assert target == "process"
    assert why.startswith("no containers here: no Docker Engine answers at unix:///nowhere (DOCKER_HOST): No such file")


@pytest.mark.usefixtures("engine")
def test_without_a_base_it_takes_processes(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    nowhere = f"127.0.0.1:{free_port()}/none:1"
    monkeypatch.setenv("SHIPWAY_BASE_IMAGE", nowhere)
    target, why = choose_target(None, context)
    assert target == "process"
    assert why.startswith(f"no containers here: base image {nowhere} is not in the Docker Engine at ")


def test_whoever_says_where_decides(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere")
    assert choose_target("docker", context) == ("docker", "--target says so")
