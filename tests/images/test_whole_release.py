"""Whole releases to containers, and what somebody does to the champion's by hand before the next one."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from shipway.config.release_file import load_release_file
from shipway.domain.release import ReleasePhase, revision_id_of
from shipway.domain.service import ServiceState
from shipway.engine.connection import Engine
from shipway.errors import TargetError
from shipway.machine.ports import free_port
from shipway.machine.state import MachineState, machine_state
from shipway.release.inputs import keep_inputs
from shipway.release.open_releases import open_release
from shipway.release.outcomes import Ending
from shipway.release.run import hold, utc_now
from shipway.release.trial import trial_state
from shipway.store.workspace import Workspace, open_workspace
from shipway.targets._local.target import LocalTarget
from shipway.targets.base import wait
from shipway.targets.docker import make_target
from shipway.testing.assets import write_adder
from tests.images.conftest import BASE, RUN
from tests.targets.images import containers_in
from tests.unit.release.driver import tell

SERVICE = "adder"


@dataclass(frozen=True)
class Shop:
    """A workspace whose service `adder` runs as containers."""

    folder: Path
    engine: Engine

    @property
    def workspace(self) -> Workspace:
        return open_workspace(self.folder / "ws", create=True)

    @property
    def state(self) -> MachineState:
        return machine_state(self.workspace.url)

    @property
    def target(self) -> LocalTarget:
        return make_target(self.state)

    def release(
        self, release_id: str, offset: int, deployment: str = "{computeType: local}", version: int | None = None
    ) -> Ending:
        """Of a new model, or of a version that is registered."""
        file = write_adder(self.folder, offset=str(offset), golden=offset + 1, name=release_id, target="docker")
        text = file.read_text().replace("name: offset", f"name: {RUN}-offset")
        text = text.replace(f"path: {release_id}/offset.txt", f"version: {version}") if version else text
        file.write_text(text.replace("{computeType: local}", deployment))
        config = load_release_file(file).value
        keep_inputs(config, release_id=release_id, requested_by="ada", now=utc_now(), workspace=self.workspace)
        with hold(self.workspace, release_id) as run:
            return tell(run)

    def containers(self) -> dict[str, Any]:
        """By revision; trials too."""
        states = (self.state, trial_state(self.state))
        return {each.labels["shipway.revision"]: each for state in states for each in containers_in(self.engine, state)}

    def assert_serves(self, champion: str, *others: str) -> None:
        """It has all traffic, and besides it only the one before is there."""
        revision = revision_id_of(champion)
        wait(self.target, SERVICE, None, until=ServiceState.HEALTHY, deadline_s=60)
        assert dict(self.target.traffic(SERVICE).weights) == {revision: 100}
        assert set(self.containers()) == {revision, *map(revision_id_of, others)}
        assert open_release(self.workspace, SERVICE) is None


@pytest.fixture(scope="module")
def shop(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """With one promoted revision, of release `first`."""
    folder = tmp_path_factory.mktemp("shop")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(folder / "state"))
        patch.setenv("SHIPWAY_BASE_IMAGE", BASE)
        shop = Shop(folder, engine)
        try:
            assert shop.release("first", 1).phase is ReleasePhase.PROMOTED
            yield shop
        finally:
            for container in shop.containers().values():
                container.remove(force=True, v=True)
            shop.target.delete(SERVICE, fence=999)


def test_a_release_is_one_container_behind_one_gateway(shop: Shop) -> None:
    shop.assert_serves("first")


def test_a_memory_limit_that_is_too_small_is_named_and_nothing_is_deployed(shop: Shop) -> None:
    small = "{computeType: local, containerResourceRequirements: {cpu: 1, memoryInGB: 0.012}}"
    ending = shop.release("starved", 2, small)
    assert ending.phase is ReleasePhase.REFUSED
    assert ending.reason.endswith(
        "its memory limit of 12 MB is too small: the kernel ended it; raise "
        "containerResourceRequirements/memoryInGB in the deployment config"
    )
    shop.assert_serves("first")


def test_a_base_that_is_nowhere_refuses_the_release(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    base = f"127.0.0.1:{free_port()}/none:1"
    monkeypatch.setenv("SHIPWAY_BASE_IMAGE", base)
    ending = shop.release("baseless", 3)
    assert ending.phase is ReleasePhase.REFUSED
    assert ending.reason.startswith(f"base image {base} is not in the Docker Engine at ")
    shop.assert_serves("first")


def test_a_champion_that_was_removed_by_hand_is_made_again_beside_the_next_one(shop: Shop) -> None:
    shop.containers()[revision_id_of("first")].remove(force=True)
    assert shop.release("second", 4).phase is ReleasePhase.PROMOTED
    shop.assert_serves("second", "first")


def test_one_whose_image_was_removed_too_is_back_once_its_model_version_is_released_again(shop: Shop) -> None:
    container = shop.containers()[revision_id_of("second")]
    image = container.image.id
    container.remove(force=True)
    shop.engine.client.images.remove(image, force=True)
    with pytest.raises(
        TargetError, match=f"^image {image} is not in the .*; release the same model version again, which builds it$"
    ):
        shop.target.start(SERVICE)
    other = shop.release("third", 5)
    assert other.phase is ReleasePhase.ROLLED_BACK
    assert f"image {image} is not in the Docker Engine at " in other.reason
    assert revision_id_of("third") not in shop.containers()
    (revision,) = (each for each in shop.target.list()[0].revisions if each.revision_id == revision_id_of("second"))
    (model,) = revision.models
    ending = shop.release("fourth", 4, version=int(model.partition(":")[2]))
    assert ending.phase is ReleasePhase.PROMOTED, ending
    shop.assert_serves("fourth", "second")
