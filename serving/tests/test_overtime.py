"""``SCORING_TIMEOUT_MS`` (H-49) as the main thread and the deputy see it, in this process."""

import threading
import time
from typing import Any, Iterator

import pytest
from batching_scripts import TEXT_FORM, job, line, statuses, values

from shipway_serving.asset.entry_script import EntryScript
from shipway_serving.batching.batcher import Batcher
from shipway_serving.batching.plan import Limits
from shipway_serving.batching.scoring import Script
from shipway_serving.contract.messages import StreamBroken
from shipway_serving.rawhttp import AMLResponse
from shipway_serving.server.overtime import PART_S, Overtime
from shipway_serving.server.scorer import Scorer

MS = 60


@pytest.fixture
def overtime() -> Iterator[Overtime]:
    """With a deputy that ticks."""
    one, done = Overtime(MS), threading.Event()

    def tick() -> None:
        while not done.wait(0.002):
            one.check()

    deputy = threading.Thread(target=tick)
    deputy.start()
    yield one
    done.set()
    deputy.join()


def scorer_of(overtime: Overtime, run: Any) -> Scorer:
    return Scorer(EntryScript(lambda: None, run, TEXT_FORM), overtime)


def spin(seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(0.001)


def test_every_request_of_a_batch_that_was_ended_has_the_whole_time_and_no_more(overtime: Overtime) -> None:
    """One that hangs in the batch hangs alone, too, and neighbours that take most of their time have it."""

    def run(data: str) -> str:
        spin({"hang": 600, "slow": MS / 1000 / 2}.get(data, 0))
        return data

    batcher = Batcher(
        scorer_of(overtime, run),
        Script(TEXT_FORM, run, lambda batch: [run(text) for text in batch]),
        Limits(8, 0),
        time.perf_counter,
    )
    jobs = [job(text) for text in ("hang", "slow", "slow", "hang", "slow")]
    answers = batcher.score(batcher.take(line(*jobs), 0.0).jobs)
    assert statuses(answers) == [500, 200, 200, 500, 200]
    assert values(answers)[3] == {"message": f"Scoring timeout after {MS} ms"}


def test_a_part_of_a_stream_may_take_longer_than_a_run_but_not_for_ever(overtime: Overtime) -> None:
    """The first one, for which the head of the response waits, and any other, after which it is cut off."""
    assert overtime.part_s == PART_S
    overtime.part_s = 4 * MS / 1000

    def run(data: str) -> Any:
        def parts() -> Iterator[bytes]:
            spin({"first": 600, "slow": 2 * MS / 1000}.get(data, 0))
            yield b"one "
            spin({"second": 600, "slow": 2 * MS / 1000}.get(data, 0))
            yield b"two"

        return AMLResponse(parts(), 200)

    scorer = scorer_of(overtime, run)
    assert scorer.score(job("first").request).response.status == 500
    assert b"".join(scorer.score(job("slow").request).response.stream or ()) == b"one two"
    stream = scorer.score(job("second").request).response.stream
    assert stream is not None and next(stream) == b"one "
    with pytest.raises(StreamBroken):
        next(stream)


def test_without_a_limit_nothing_is_ended() -> None:
    """0 was no limit in v1."""
    overtime = Overtime(0)
    overtime.begin()
    spin(0.01)
    assert overtime.over_s() == 0.0
    overtime.check()
    overtime.end()


def test_a_signal_that_comes_after_its_call_ends_no_other(overtime: Overtime) -> None:
    """The deputy may have looked just before the call returned."""
    overtime.begin()
    overtime._told = overtime._began
    overtime.begin()
    overtime._end(0, None)
    overtime.end()
    overtime._end(0, None)
