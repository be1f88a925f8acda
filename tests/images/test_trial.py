"""The trial of a release meets an image that only its registry has: built on another machine, or pruned since."""

from collections.abc import Callable
from pathlib import Path

import pytest

from shipway.domain.image import Image, ImageConfig, ImageSpec
from shipway.engine.connection import Engine
from shipway.image.container.build import build_docker_image
from shipway.machine.state import MachineState
from shipway.release.run import hold
from shipway.release.trial import smoke_test
from shipway.store.workspace import Workspace
from tests.images.conftest import RUN
from tests.images.registries import registry
from tests.unit.release.driver import Bench
from tests.unit.verification.little_server import little_server


def test_an_image_that_only_its_registry_has_is_pulled_to_be_tried(
    engine: Engine,
    workspace: Workspace,
    state: MachineState,
    spec: Callable[..., ImageSpec],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    with registry(tmp_path / "registry") as host, little_server(lambda _: (200, "[1]")) as url:
        image = build_docker_image(
            spec(), ImageConfig(base="shipway-base:3.11", registry=f"{host}/tried/{RUN}"), workspace, state
        )
        _remove(engine, image)
        (tmp_path / "address").write_text(url.removeprefix("http://"))
        bench = Bench(tmp_path)
        bench.keep("rel-one")
        try:
            with hold(bench.workspace, "rel-one", tools=bench.tools) as run:
                verdict = smoke_test(run, image).verdict
        finally:
            _remove(engine, image)
    assert verdict.passed, verdict.reason


def _remove(engine: Engine, image: Image) -> None:
    for found in engine.client.images.list(image.location.partition("@")[0]):
        engine.client.images.remove(found.id, force=True)
