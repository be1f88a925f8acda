"""kill -9 and other accidents in the middle of releases to containers, under constant load through the gateway.

The engine is a private one, so that it can be restarted, and so that all its containers and images are ours. The seeds
of the random moments are in the names of the tests: SEEDS=7 begins with the seventh, MOMENTS says how many.
"""

import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from shipway.cli.steady_load import SteadyLoad
from shipway.domain.release import revision_id_of
from shipway.release.failpoints import Boundary
from shipway.release.steps import STORY, Step
from tests.absent import absent
from tests.chaos.standing import assert_nothing_left_behind, kill_at, reconcile
from tests.engines import PrivateEngine, has_image, private_engine, usable_engine
from tests.live import Live, live

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(400)]

BASE_IMAGE = "shipway-base:3.11"
FORWARD = [f"{step}/{boundary}" for step in STORY for boundary in Boundary]
BACKWARD = [f"{Step.ROLL_BACK}/{boundary}" for boundary in Boundary]
FIRST_SEED = int(os.environ.get("SEEDS", "1"))
SEEDS = range(FIRST_SEED, FIRST_SEED + int(os.environ.get("MOMENTS", "50")))
LONGEST_S = 12.0
"""A release of the adder over another takes about this long from the command's start."""


@dataclass(frozen=True)
class Dock:
    """A service `adder` with a champion, on an engine of its own."""

    shop: Live
    engine: PrivateEngine

    def good(self) -> str:
        return self.shop.adder("good", offset="1", golden=2, target="docker")

    def bad(self) -> str:
        """Wrong answers: it goes back after it was deployed."""
        return self.shop.adder("bad", offset="7", golden=2, target="docker")

    def start(self, file: str, release_id: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "shipway.cli.main", "release", file, "--id", release_id]
        with (self.shop.folder / f"{release_id}.log").open("w") as log:
            return subprocess.Popen(
                command, cwd=self.shop.folder, env=self.shop.environment, stdout=log, stderr=log, text=True
            )

    def log_of(self, release_id: str) -> str:
        return (self.shop.folder / f"{release_id}.log").read_text()

    def load(self) -> SteadyLoad:
        (service,) = self.shop.document("service", "list")
        url = str(service["scoring_uri"]).removesuffix("/score")
        return SteadyLoad(url, ['{"data": [1]}'], per_second=50)

    def wait_for(self, release_id: str, words: str) -> None:
        """Until the release has said it."""
        deadline = time.monotonic() + 60
        while words not in self.log_of(release_id):
            assert time.monotonic() < deadline, self.log_of(release_id)
            time.sleep(0.02)


@pytest.fixture(scope="module")
def dock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dock]:
    if not usable_engine():
        absent("no Docker Engine answers, whose base image the private one could take")
    if not has_image(BASE_IMAGE):
        absent(f"there is no image {BASE_IMAGE}: make it with requirements/base_image.sh 3.11")
    folder = tmp_path_factory.mktemp("dock")
    with (
        private_engine(folder / "engine", BASE_IMAGE) as engine,
        live(_made(folder / "shop"), SHIPWAY_BASE_IMAGE=BASE_IMAGE, DOCKER_HOST=engine.host) as shop,
    ):
        dock = Dock(shop, engine)
        done = shop.shipway("release", dock.good(), "--id", "first")
        assert done.returncode == 0, done.stderr
        yield dock


@pytest.mark.parametrize("place", FORWARD)
def test_a_release_killed_on_its_way_is_finished_by_resume(dock: Dock, place: str) -> None:
    release_id = place.replace("/", "-").replace("_", "-")
    with dock.load() as load:
        kill_at(dock.shop, dock.good(), release_id, place)
        done = dock.shop.shipway("release", "resume", release_id)
    assert done.returncode == 0, done.stdout + done.stderr
    assert load.result.failed == 0, load.result.failures
    assert_nothing_left_behind(dock.shop, revision_id_of(release_id))


@pytest.mark.parametrize("place", BACKWARD)
def test_a_release_killed_on_its_way_back_is_undone_by_reconcile_alone(dock: Dock, place: str) -> None:
    release_id = place.replace("/", "-").replace("_", "-")
    before = dock.shop.traffic()
    with dock.load() as load:
        kill_at(dock.shop, dock.bad(), release_id, place)
        reconcile(dock.shop)
    assert load.result.failed == 0, load.result.failures
    assert_nothing_left_behind(dock.shop, *before)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_release_killed_at_any_moment_ends_with_one_champion(dock: Dock, seed: int) -> None:
    chance = random.Random(seed)
    file = dock.good() if chance.random() < 0.7 else dock.bad()
    release_id = f"moment-{seed}"
    with dock.load() as load:
        process = dock.start(file, release_id)
        time.sleep(chance.uniform(0.5, LONGEST_S))
        process.kill()
        process.wait()
        if chance.random() < 0.5:
            reconcile(dock.shop)
        else:
            dock.shop.shipway("release", "resume", release_id)
    assert load.result.failed == 0, load.result.failures
    assert_nothing_left_behind(dock.shop)


def test_an_engine_that_is_restarted_in_the_middle_of_a_release_brings_the_champion_back(dock: Dock) -> None:
    process = dock.start(dock.good(), "restarted")
    dock.wait_for("restarted", "smoke test:")
    dock.engine.stop()
    dock.engine.start()
    process.wait(timeout=200)
    if process.returncode:
        dock.shop.shipway("release", "resume", "restarted")
    reconcile(dock.shop)
    assert dock.shop.shipway("up").returncode == 0
    assert_nothing_left_behind(dock.shop)


def test_a_gateway_that_is_killed_in_the_middle_of_a_release_is_brought_back(dock: Dock) -> None:
    process = dock.start(dock.good(), "gateway")
    dock.wait_for("gateway", "asking the challenger")
    (envoy,) = dock.shop.processes()["envoy"]
    envoy.kill()
    process.wait(timeout=200)
    assert dock.shop.shipway("up").returncode == 0
    assert_nothing_left_behind(dock.shop)


def test_a_release_goes_on_while_the_prefect_server_is_gone_and_back(dock: Dock) -> None:
    with dock.load() as load:
        process = dock.start(dock.good(), "unseen")
        dock.wait_for("unseen", "smoke test:")
        (server,) = dock.shop.processes()["prefect"]
        server.kill()
        time.sleep(2)
        dock.shop.shipway("up")
        process.wait(timeout=200)
    if process.returncode:
        dock.shop.shipway("release", "resume", "unseen")
    assert load.result.failed == 0, load.result.failures
    assert_nothing_left_behind(dock.shop)


def test_a_workspace_that_is_read_only_for_a_while_is_converged_afterwards(dock: Dock) -> None:
    workspace = dock.shop.folder / ".shipway"
    subprocess.run(["mount", "--bind", workspace, workspace], check=True)
    try:
        process = dock.start(dock.good(), "frozen")
        dock.wait_for("frozen", "smoke test:")
        subprocess.run(["mount", "-o", "remount,ro,bind", workspace], check=True)
        with dock.load() as load:
            process.wait(timeout=200)
        assert process.returncode == 1
        assert "Read-only file system" in dock.log_of("frozen")
        assert load.result.failed == 0, load.result.failures
    finally:
        subprocess.run(["mount", "-o", "remount,rw,bind", workspace], check=True)
        subprocess.run(["umount", workspace], check=True)
    dock.shop.shipway("release", "resume", "frozen")
    reconcile(dock.shop)
    assert_nothing_left_behind(dock.shop)


def test_no_image_and_no_environment_is_left_that_nobody_knows(dock: Dock) -> None:
    """Last: after all of the above the engine holds the base, and images that `shipway gc` knows."""
    names = [name for image in dock.engine.images() for name in image.tags]
    assert [name for name in names if not name.startswith(("shipway/", "shipway-base:"))] == []
    assert [image.id for image in dock.engine.images() if not image.tags] == []


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder
