"""kill -9 at every boundary of every step of a real release: the command, Prefect, processes and Envoy.

`shipway release resume` then converges: one champion with all the traffic, and nothing left behind.
"""

from collections.abc import Iterator

import pytest

from shipway.domain.release import revision_id_of
from shipway.release.failpoints import Boundary
from shipway.release.steps import STORY, Step
from tests.chaos.standing import assert_nothing_left_behind, kill_at
from tests.live import Live, live

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(300)]

FORWARD = [f"{step}/{boundary}" for step in STORY for boundary in Boundary]
BACKWARD = [f"{Step.ROLL_BACK}/{boundary}" for boundary in Boundary]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A service `adder` with a champion."""
    with live(tmp_path_factory.mktemp("chaos")) as opened:
        file = opened.adder("good", offset="1", golden=2)
        done = opened.shipway("release", file, "--id", "first")
        assert done.returncode == 0, done.stderr
        yield opened


@pytest.mark.parametrize("place", FORWARD)
def test_a_release_killed_on_its_way_is_finished_by_resume(shop: Live, place: str) -> None:
    release_id = place.replace("/", "-").replace("_", "-")
    kill_at(shop, shop.adder("good", offset="1", golden=2), release_id, place)
    done = shop.shipway("release", "resume", release_id)
    assert done.returncode == 0, done.stdout + done.stderr
    assert_nothing_left_behind(shop, revision_id_of(release_id))


@pytest.mark.parametrize("place", BACKWARD)
def test_a_release_killed_on_its_way_back_is_undone_by_resume(shop: Live, place: str) -> None:
    release_id = place.replace("/", "-").replace("_", "-")
    before = shop.traffic()
    kill_at(shop, shop.adder("bad", offset="7", golden=2), release_id, place)
    done = shop.shipway("release", "resume", release_id)
    assert done.returncode == 1
    assert "rolled_back" in done.stdout
    assert_nothing_left_behind(shop, *before)


def test_a_release_killed_anywhere_can_be_aborted_instead(shop: Live) -> None:
    before = shop.traffic()
    kill_at(shop, shop.adder("good", offset="1", golden=2), "aborted", f"{Step.VERIFY}/{Boundary.AFTER_ACT}")
    done = shop.shipway("release", "abort", "aborted")
    assert done.returncode == 0, done.stderr
    assert_nothing_left_behind(shop, *before)
