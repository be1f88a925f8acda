"""kill -9 at every boundary of every step, in a process of its own; then the same release again converges."""

import os
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from shipway.domain.release import ReleasePhase, revision_id_of
from shipway.registry.models import Registry
from shipway.release.failpoints import VARIABLE, Boundary
from shipway.release.operations import history
from shipway.release.reconcile import stranded
from shipway.release.roll_back import roll_back
from shipway.release.run import hold
from shipway.release.steps import STORY, Step
from tests.unit.release.driver import Bench

EVERY_PLACE = [f"{step}/{boundary}" for step in STORY for boundary in Boundary]
GOING_BACK = [f"{Step.ROLL_BACK}/{boundary}" for boundary in Boundary]


def killed_at(bench: Bench, release_id: str, place: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.unit.release.driver", str(bench.folder), release_id],
        env={**os.environ, VARIABLE: place},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == -9, f"{place} was not reached: {done.stdout} {done.stderr}"


def assert_converged(bench: Bench, champion: str) -> None:
    service = bench.target.find("digits")
    assert service is not None
    assert dict(service.traffic.weights) == {champion: 100}
    assert history(bench.workspace, "digits")[-1] is not None
    assert bench.trials.find("digits") is None
    assert stranded(bench.workspace, datetime.now(UTC)) == ()


@pytest.mark.parametrize("place", EVERY_PLACE)
def test_a_release_that_was_killed_goes_on_to_its_promotion(bench: Bench, place: str) -> None:
    bench.keep("rel-one", model="one")
    bench.release("rel-one")
    bench.keep("rel-two", model="two")
    killed_at(bench, "rel-two", place)
    assert bench.release("rel-two").phase is ReleasePhase.PROMOTED
    assert_converged(bench, revision_id_of("rel-two"))
    assert [e.release_id for e in history(bench.workspace, "digits")] == ["rel-one", "rel-two"]
    assert len(Registry(bench.workspace).list()) == 2


@pytest.mark.parametrize("place", GOING_BACK)
def test_a_release_that_was_killed_on_its_way_back_goes_on_going_back(bench: Bench, place: str) -> None:
    bench.keep("rel-one", model="one")
    bench.release("rel-one")
    bench.keep("rel-bad", model="bad")
    bench.target.fail_deploys("no room")
    killed_at(bench, "rel-bad", place)
    bench.target.fail_deploys(None)
    ending = bench.release("rel-bad")
    if place.endswith(Boundary.BEFORE_INTENT):  # nothing was decided yet, and what stopped it is mended
        assert ending.phase is ReleasePhase.PROMOTED
    else:
        assert (ending.phase, ending.reason) == (ReleasePhase.ROLLED_BACK, "no room")
        assert_converged(bench, revision_id_of("rel-one"))


@pytest.mark.parametrize("act", ["deploy", "set_traffic"])
def test_a_process_that_dies_inside_the_target_leaves_what_the_next_one_finds(bench: Bench, act: str) -> None:
    bench.keep("rel-one", model="one")
    bench.release("rel-one")
    bench.keep("rel-two", model="two")
    bench.target.die_after(act)
    killed_at(bench, "rel-two", "")
    assert bench.release("rel-two").phase is ReleasePhase.PROMOTED
    assert_converged(bench, revision_id_of("rel-two"))


def test_a_release_whose_revision_died_after_the_ledger_knew_it_can_still_be_aborted(bench: Bench) -> None:
    """A kill before the promotion's outcome, then a reboot: it is deployed anew, beside the champion of then."""
    bench.keep("rel-one", model="one")
    bench.release("rel-one")
    bench.keep("rel-two", model="two")
    killed_at(bench, "rel-two", f"{Step.PROMOTE}/{Boundary.AFTER_ACT}")
    bench.target.set_native("digits", revision_id_of("rel-two"), "failed")
    killed_at(bench, "rel-two", f"{Step.PROMOTE}/{Boundary.AFTER_ACT}")
    with hold(bench.workspace, "rel-two", tools=bench.tools) as run:
        assert roll_back(run, "aborted").phase is ReleasePhase.ROLLED_BACK
    assert_converged(bench, revision_id_of("rel-one"))
