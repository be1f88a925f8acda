"""What is verified where there are no golden rows: that it is healthy, and the sample of its own swagger."""

import itertools
import json
import time
from dataclasses import replace

import pytest

from shipway.domain.golden import SampleRequest
from shipway.domain.release import LatencyLimit, Limits, LoadPlan
from shipway.domain.verdict import Phase
from shipway.verification.health import judge_life, starts_in, watch
from shipway.verification.sample import judge_sample, sample_of, too_slow_for_load
from shipway.verification.smoke import smoke
from shipway.verification.verify import Questions, verify
from tests.unit.verification.little_server import little_server
from tests.unit.verification.replies import bad, good, silent

SWAGGER = {"definitions": {"ServiceInput": {"type": "object", "example": {"data": [[1, 2]]}}}}
SHOWS_SAMPLE = {"/swagger.json": lambda: json.dumps(SWAGGER)}
LIMITS = Limits(latency_p95=LatencyLimit(floor_ms=5000))
QUESTIONS = Questions(rows=(), load=LoadPlan(requests=20), limits=LIMITS)
STARTS = '# TYPE shipway_worker_start_time_seconds gauge\nshipway_worker_start_time_seconds{{worker="0"}} {}\n'


def phases(verdict) -> dict[str, str]:
    return {check.name: check.phase.value for check in verdict.checks}


def test_the_sample_is_asked_under_load_and_beside_the_champion():
    seen: list[str] = []
    with little_server(pages=SHOWS_SAMPLE, seen=seen) as challenger, little_server() as champion:
        verdict = verify(challenger, champion, QUESTIONS)
    assert phases(verdict) == dict.fromkeys(["healthy", "sample", "errors", "latency", "agreement"], "passed")
    assert set(seen) == {'{"data": [[1, 2]]}'}


def test_a_sample_that_is_not_answered_fails_and_is_not_asked_again_and_again():
    seen: list[str] = []
    with little_server(lambda _: (500, "boom"), pages=SHOWS_SAMPLE, seen=seen) as challenger:
        verdict = verify(challenger, None, QUESTIONS)
    assert phases(verdict) == {"healthy": "passed", "sample": "failed"}
    assert len(seen) == 1


def test_the_fault_of_a_sample_says_what_to_do_when_it_is_no_request():
    assert judge_sample(bad()).message == (
        "the sample of its swagger was not answered with status 200: status 500: boom; if it cannot be, give golden "
        "rows (verification/golden, --golden), or leave it out with verification/sample: false"
    )


def test_a_service_that_shows_no_sample_is_healthy_and_it_is_said_that_nothing_was_asked():
    with little_server() as challenger:
        (check,) = verify(challenger, None, QUESTIONS).checks
    assert (check.name, check.phase) == ("healthy", Phase.PASSED)
    assert check.message == (
        "GET / answered 5 times; no request was made: no sample in its swagger, no golden rows (verification/golden, "
        "--golden)"
    )


def test_a_sample_that_is_not_wanted_is_not_asked():
    seen: list[str] = []
    with little_server(pages=SHOWS_SAMPLE, seen=seen) as challenger:
        (check,) = verify(challenger, None, Questions(rows=(), sample=False)).checks
    assert seen == []
    assert check.message.endswith(
        "no request was made: no golden rows, and the sample is left out (verification/sample)"
    )


def test_a_service_whose_worker_is_started_again_is_not_healthy():
    started = itertools.count(100)
    pages = {"/metrics": lambda: STARTS.format(next(started))}
    with little_server(pages=pages) as challenger:
        (check,) = verify(challenger, None, QUESTIONS).checks
    assert (check.phase, check.message) == (
        Phase.FAILED,
        "its process had to be started again while it was looked at (worker 0)",
    )


def test_a_service_is_watched_for_some_seconds_where_there_is_nothing_to_ask():
    started, slept = iter(["100", "102"]), []
    with little_server(pages={"/metrics": lambda: STARTS.format(next(started))}) as url:
        check = watch(url, seconds=3.0, sleep=slept.append)
    assert (check.phase, round(sum(slept), 1)) == (Phase.FAILED, 3.0)


def test_a_worker_that_is_gone_and_not_there_again_was_lost():
    assert judge_life([good()], {"0": "1", "1": "1"}, {"1": "1"}).phase is Phase.FAILED
    assert judge_life([good()], {"0": "1"}, {}).phase is Phase.PASSED  # nobody can tell


def test_an_answer_that_tells_of_an_error_is_shown_and_fails_where_the_champion_has_a_better_one():
    failing = json.dumps(json.dumps({"error": "columns are missing"}))
    told = "and the answer tells of an error: columns are missing"
    with little_server(lambda _: (200, failing), pages=SHOWS_SAMPLE) as challenger, little_server() as champion:
        alone = {check.name: check for check in verify(challenger, None, QUESTIONS).checks}
        beside = {check.name: check for check in verify(challenger, champion, QUESTIONS).checks}
    assert alone["sample"].phase is Phase.PASSED
    assert alone["sample"].message.endswith(told)
    assert beside["sample"].phase is Phase.FAILED
    assert beside["sample"].message.endswith(f"{told}; the champion's does not")


def test_a_champion_that_answers_nothing_stands_in_the_way_of_nobody_who_need_not_agree_with_it():
    questions = Questions(rows=(), load=LoadPlan(requests=20), limits=replace(LIMITS, min_agreement_pct=0))
    with little_server(pages=SHOWS_SAMPLE) as challenger, little_server(lambda _: (500, "boom")) as champion:
        verdict = verify(challenger, champion, questions)
    assert verdict.passed, verdict.reason
    assert verdict.checks[-1].message == "no answer of both could be compared, and none has to be equal"


def test_a_service_that_stays_is_said_to_be_the_same_process():
    before = starts_in(STARTS.format("100.5"))
    assert before == {"0": "100.5"}
    assert judge_life([good()] * 5, before, before).message == ("GET / answered 5 times, by the same process")


def test_a_service_that_stops_answering_is_not_healthy():
    assert judge_life([good(), silent()], {}, {}).phase is Phase.FAILED


@pytest.mark.parametrize(
    ("document", "sample"),
    [
        (SWAGGER, '{"data": [[1, 2]]}'),
        ({"components": {"schemas": {"ServiceInput": {"example": {"data": "é"}}}}}, '{"data": "é"}'),
        ({"definitions": {"ServiceInput": {"type": "object", "example": {}}}}, None),
        ({"definitions": []}, None),
        ([1], None),
    ],
)
def test_the_sample_is_found_in_any_version_of_swagger(document, sample):
    assert sample_of(document) == (None if sample is None else SampleRequest(request=sample))


def test_a_slow_service_is_not_put_under_load_for_minutes():
    assert too_slow_for_load(good(ms=2900)) is None
    assert too_slow_for_load(good(ms=8200)) == (
        "no load: one request takes 8.2 s, and 20 would take more than the 60 s that there are"
    )


def test_the_smoke_test_asks_the_sample_once():
    seen: list[str] = []
    with little_server(seen=seen) as url:
        checks = smoke(url, [SampleRequest(request='{"data": 1}')])
    assert [(check.name, check.phase) for check in checks] == [("healthy", Phase.PASSED), ("sample", Phase.PASSED)]
    assert seen == ['{"data": 1}']


def test_a_first_revision_is_held_to_what_v1_gave_a_request():
    def slow(body):
        time.sleep(0.06)
        return 200, body

    limits = Limits(latency_p95=LatencyLimit(floor_ms=50, first_ms=60_000))
    with little_server(slow, pages=SHOWS_SAMPLE) as challenger:
        verdict = verify(challenger, None, Questions(rows=(), load=LoadPlan(requests=20), limits=limits))
    assert phases(verdict)["latency"] == "passed"
