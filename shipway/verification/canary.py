"""Is a challenger within its limits under real traffic, by what the gateway counted during a bake? Pure.

What this is: two counts and two quantiles held to the limits of the release, as they are. What it is not, yet: a test
with a known error rate. Looking after every step raises the chance of a false alarm, and a share of a few dozen
requests is rough. A sequential test comes later. The gateway counts its quantiles since a revision was added, so they
cannot be taken for one bake alone, and it sorts latencies into buckets up to a tenth wide: a limit closer than that
to what is normal is a coin toss.
"""

from typing import assert_never

from shipway.domain.release import LatencyLimit, Limits
from shipway.domain.service import RevisionStats
from shipway.domain.verdict import CheckResult, Measurement, Phase, worst
from shipway.verification.limits import Share, judge_failures, too_few
from shipway.verification.samples import MINIMUM_SAMPLE


def delta(before: RevisionStats | None, after: RevisionStats) -> RevisionStats:
    """Counts of what came between two readings; the quantiles are the later reading's, since the revision was added.

    A count that fell was started anew with its gateway: the later reading is then all there is.
    """
    if before is None or after.requests < before.requests or after.failures < before.failures:
        return after
    return RevisionStats(
        revision_id=after.revision_id,
        requests=after.requests - before.requests,
        failures=after.failures - before.failures,
        p50_ms=after.p50_ms,
        p95_ms=after.p95_ms,
        p99_ms=after.p99_ms,
    )


def judge_canary(challenger: RevisionStats, champion: RevisionStats | None, limits: Limits) -> CheckResult:
    """Failures and p95 of one bake: give `delta`s.

    Below the minimum sample it is INCONCLUSIVE, unless too much has failed already. A champion that got too few
    requests in this bake, as in a step that sends it none, excuses no failure: the floor alone is the limit then. Its
    p95 is that of its whole life.
    """
    errors = judge_failures(
        Share(bad=challenger.failures, seen=challenger.requests), _seen_beside(champion), limits.errors
    )
    latency = _judge_p95(challenger, champion, limits.latency_p95)
    both = (errors, latency)
    phase = worst(check.phase for check in both)
    told = [check for check in both if check.phase is phase]
    message = "; ".join(dict.fromkeys(check.message for check in told))
    return CheckResult(
        name="canary",
        phase=phase,
        message=message,
        measurements=tuple(measurement for check in both for measurement in check.measurements),
    )


def allows_next_step(check: CheckResult) -> bool:
    """May the challenger get more traffic after this bake?

    FAILED stops, and so does ERROR: nobody can say how it does. INCONCLUSIVE goes on. It means that too few people
    sent requests, as is usual for a service at night, and the challenger has already passed on our own load: waiting
    for traffic that may never come would hold every release of a quiet service for ever. This is the one place where
    "not known" is not a stop.
    """
    match check.phase:
        case Phase.PASSED | Phase.INCONCLUSIVE:
            return True
        case Phase.FAILED | Phase.ERROR:
            return False
        case _:
            assert_never(check.phase)


def _seen_beside(champion: RevisionStats | None) -> Share | None:
    if champion is None or champion.requests < MINIMUM_SAMPLE:
        return None
    return Share(bad=champion.failures, seen=champion.requests)


def _judge_p95(challenger: RevisionStats, champion: RevisionStats | None, limit: LatencyLimit) -> CheckResult:
    if challenger.requests < MINIMUM_SAMPLE:
        return CheckResult(name="latency", phase=Phase.INCONCLUSIVE, message=too_few(challenger.requests))
    if challenger.p95_ms is None:
        return CheckResult(name="latency", phase=Phase.INCONCLUSIVE, message="the gateway has no latencies yet")
    champion_ms = champion.p95_ms if champion else None
    limit_ms = limit.limit_ms(champion_ms)
    measured = Measurement(
        name="latency p95", value=challenger.p95_ms, unit="ms", champion=champion_ms, limit=round(limit_ms, 2)
    )
    return CheckResult(
        name="latency",
        phase=Phase.FAILED if challenger.p95_ms > limit_ms else Phase.PASSED,
        message=f"p95 {challenger.p95_ms:.1f} ms, limit {limit_ms:.1f} ms",
        measurements=(measured,),
    )
