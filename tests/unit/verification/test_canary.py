import pytest

from shipway.domain.release import ErrorLimit, LatencyLimit, Limits
from shipway.domain.service import RevisionStats
from shipway.domain.verdict import CheckResult, Phase
from shipway.verification.canary import allows_next_step, delta, judge_canary

LIMITS = Limits(latency_p95=LatencyLimit(floor_ms=50, factor=2), errors=ErrorLimit(floor_pct=1, factor=1))


def stats(requests: int, failures: int = 0, p95_ms: float | None = 10.0) -> RevisionStats:
    return RevisionStats(
        revision_id="r1", requests=requests, failures=failures, p50_ms=p95_ms, p95_ms=p95_ms, p99_ms=p95_ms
    )


def test_the_difference_of_two_readings_is_what_came_between():
    between = delta(stats(100, 3, 10.0), stats(150, 4, 12.0))
    assert (between.requests, between.failures, between.p95_ms) == (50, 1, 12.0)


def test_without_an_earlier_reading_the_later_one_is_all():
    assert delta(None, stats(7)) == stats(7)


def test_a_gateway_that_began_anew_is_counted_from_its_start():
    assert delta(stats(100, 3), stats(20, 1)) == stats(20, 1)


def test_a_good_bake_passes():
    check = judge_canary(stats(100), stats(100), LIMITS)
    assert (check.name, check.phase) == ("canary", Phase.PASSED)
    assert check.message == "0 of 100 requests failed (0.00 %), limit 1.00 %; p95 10.0 ms, limit 50.0 ms"
    assert [m.name for m in check.measurements] == ["failed requests", "latency p95"]


def test_failures_fail_and_the_message_names_only_what_is_bad():
    check = judge_canary(stats(100, 5), stats(100), LIMITS)
    assert (check.phase, check.message) == (Phase.FAILED, "5 of 100 requests failed (5.00 %), limit 1.00 %")


def test_a_slow_challenger_fails():
    check = judge_canary(stats(100, p95_ms=210.0), stats(100), LIMITS)
    assert (check.phase, check.message) == (Phase.FAILED, "p95 210.0 ms, limit 50.0 ms")
    assert judge_canary(stats(100, p95_ms=210.0), stats(100, p95_ms=110.0), LIMITS).phase is Phase.PASSED


def test_a_failing_champion_excuses_only_what_it_did_itself():
    assert judge_canary(stats(100, 5), stats(100, 5), LIMITS).phase is Phase.PASSED
    assert judge_canary(stats(100, 6), stats(100, 5), LIMITS).phase is Phase.FAILED


def test_a_champion_without_traffic_excuses_no_failure():
    """A step that sends everything to the challenger must still be able to stop the release."""
    assert judge_canary(stats(100, 50), stats(0, p95_ms=None), LIMITS).phase is Phase.FAILED
    assert judge_canary(stats(100, 50), None, LIMITS).phase is Phase.FAILED


def test_too_little_traffic_is_inconclusive():
    check = judge_canary(stats(3), stats(3), LIMITS)
    assert check.phase is Phase.INCONCLUSIVE
    assert check.message == "too little seen: 3 requests answered, at least 20 needed"


def test_a_gateway_without_latencies_yet_is_inconclusive():
    check = judge_canary(stats(100, p95_ms=None), None, LIMITS)
    assert (check.phase, check.message) == (Phase.INCONCLUSIVE, "the gateway has no latencies yet")


def test_little_traffic_fails_when_too_much_of_it_failed():
    assert judge_canary(stats(3, 1), stats(3), LIMITS).phase is Phase.FAILED


@pytest.mark.parametrize(
    ("phase", "allowed"),
    [(Phase.PASSED, True), (Phase.INCONCLUSIVE, True), (Phase.FAILED, False), (Phase.ERROR, False)],
)
def test_only_failure_and_error_stop_a_rollout(phase, allowed):
    assert allows_next_step(CheckResult(name="canary", phase=phase, message="")) is allowed
