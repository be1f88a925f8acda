from hypothesis import given
from hypothesis import strategies as st

from shipway.domain.release import ErrorLimit, LatencyLimit
from shipway.domain.verdict import Phase
from shipway.verification.limits import Share, judge_agreement, judge_errors, judge_latency
from shipway.verification.samples import MINIMUM_SAMPLE, percentile
from tests.unit.verification.replies import bad, good, row, samples, silent, taking

ALL_GOOD = samples(*[good()] * 100)


def with_failures(failures: int, total: int):
    return samples(*[bad()] * failures, *[good()] * (total - failures))


def test_no_failure_passes():
    check = judge_errors(ALL_GOOD, None, ErrorLimit())
    assert (check.phase, check.message) == (Phase.PASSED, "0 of 100 requests failed (0.00 %), limit 0.00 %")


def test_failures_over_the_limit_fail_and_are_counted_by_kind():
    check = judge_errors(samples(*ALL_GOOD.replies, bad(), bad(), silent()), ALL_GOOD, ErrorLimit(floor_pct=1))
    assert check.phase is Phase.FAILED
    assert check.message == "3 of 103 requests failed (2.91 %), limit 1.00 %"
    assert check.evidence == ("2 x status 500: boom", "1 x no answer: timed out after 5 s")
    assert check.measurements[0].champion == 0


def test_a_champion_that_fails_too_raises_the_limit():
    limit = ErrorLimit(floor_pct=1, factor=2)
    assert judge_errors(with_failures(4, 100), with_failures(2, 100), limit).phase is Phase.PASSED
    assert judge_errors(with_failures(5, 100), with_failures(2, 100), limit).phase is Phase.FAILED


def test_too_few_requests_pass_nothing():
    check = judge_errors(with_failures(0, 19), None, ErrorLimit())
    assert check.phase is Phase.INCONCLUSIVE
    assert check.message == "too little seen: 19 requests answered, at least 20 needed"


def test_too_few_requests_fail_when_the_rest_could_not_save_them():
    assert judge_errors(with_failures(3, 3), None, ErrorLimit(floor_pct=10)).phase is Phase.FAILED
    assert judge_errors(with_failures(2, 3), None, ErrorLimit(floor_pct=10)).phase is Phase.INCONCLUSIVE


def test_a_champion_seen_too_little_cannot_raise_the_limit():
    check = judge_errors(with_failures(4, 100), with_failures(5, 10), ErrorLimit(floor_pct=1))
    assert check.phase is Phase.INCONCLUSIVE
    assert check.message.endswith("the champion answered 10 of at least 20 requests, too few to compare with")
    assert judge_errors(ALL_GOOD, with_failures(5, 10), ErrorLimit()).phase is Phase.PASSED


@given(st.integers(0, 200), st.integers(0, 100))
def test_more_good_replies_never_turn_a_failed_share_of_a_thin_sample_into_a_pass_at_the_minimum(bad_ones, limit_pct):
    seen = min(bad_ones, MINIMUM_SAMPLE)
    if Share(bad=seen, seen=seen).held_to(limit_pct) is Phase.FAILED:
        assert Share(bad=seen, seen=MINIMUM_SAMPLE).held_to(limit_pct) is Phase.FAILED


def test_latency_within_the_floor_passes():
    check = judge_latency(taking([10.0] * 20), None, LatencyLimit(floor_ms=50))
    assert (check.phase, check.message) == (Phase.PASSED, "p95 10.0 ms, limit 50.0 ms")
    assert [m.name for m in check.measurements] == ["latency p50", "latency p95", "latency p99"]
    assert [m.limit for m in check.measurements] == [None, 50, None]


def test_latency_over_floor_and_factor_fails():
    check = judge_latency(taking([210.0] * 30), taking([10.0] * 30), LatencyLimit(floor_ms=50, factor=2))
    assert (check.phase, check.message) == (Phase.FAILED, "p95 210.0 ms, limit 50.0 ms, champion 10.0 ms")


def test_a_slow_champion_raises_the_limit():
    limit = LatencyLimit(floor_ms=50, factor=2)
    assert judge_latency(taking([110.0] * 30), taking([60.0] * 30), limit).phase is Phase.PASSED


def test_latency_of_failed_replies_does_not_count():
    quick_failures = samples(*[bad()] * 100, *[good(ms=90.0)] * 19)
    assert judge_latency(quick_failures, None, LatencyLimit(floor_ms=100)).phase is Phase.INCONCLUSIVE
    assert judge_latency(samples(bad()), None, LatencyLimit()).measurements == ()


def test_a_thin_champion_makes_latency_inconclusive_only_above_the_floor():
    limit = LatencyLimit(floor_ms=50)
    assert judge_latency(taking([60.0] * 30), taking([60.0] * 5), limit).phase is Phase.INCONCLUSIVE
    assert judge_latency(taking([40.0] * 30), taking([60.0] * 5), limit).phase is Phase.PASSED


@given(st.lists(st.floats(0, 200), min_size=MINIMUM_SAMPLE, max_size=200))
def test_latency_fails_exactly_when_p95_is_over_the_limit(ms):
    failed = judge_latency(taking(ms), None, LatencyLimit(floor_ms=100)).phase is Phase.FAILED
    assert failed == (percentile(ms, 95) > 100)


ROWS = [row([1]), row([1], 0.5)]


def test_equal_answers_agree():
    mine = samples(*[good(0, "[1]"), good(1, "[1.4]")] * 10)
    theirs = samples(*[good(0, '"[1]"'), good(1, "[1.0]")] * 10)
    check = judge_agreement(ROWS, mine, theirs, 90)
    assert check.phase is Phase.PASSED
    assert check.message == "100.0 % of 20 answers equal the champion's, at least 90 % needed"


def test_different_answers_fail_and_each_row_is_shown_once():
    mine = samples(*[good(0, "[2]"), good(1, "[1.4]")] * 10)
    theirs = samples(*[good(0, "[1]"), good(1, "[1.0]")] * 10)
    check = judge_agreement(ROWS, mine, theirs, 90)
    assert (check.phase, check.measurements[0].value) == (Phase.FAILED, 50.0)
    assert check.evidence == ("row 1: answer[0]: expected 1, got 2",)


def test_only_requests_that_both_answered_are_compared():
    mine = samples(*[good()] * 30)
    theirs = samples(*[bad()] * 11, *[good()] * 19)
    check = judge_agreement(ROWS, mine, theirs, 90)
    assert check.phase is Phase.INCONCLUSIVE
    assert check.message == "too little seen: 19 requests answered, at least 20 needed, by both"


def test_answers_that_are_no_json_agree_only_when_their_text_is_equal():
    mine = samples(*[good(0, "yes")] * 20)
    assert judge_agreement(ROWS, mine, mine, 90).phase is Phase.PASSED
    check = judge_agreement(ROWS, mine, samples(*[good(0, "no")] * 20), 90)
    assert check.evidence == ("row 1: the answers differ, and not both are JSON",)
