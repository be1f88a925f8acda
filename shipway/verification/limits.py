"""Is a challenger within its limits under the short load? Pure.

What the limits mean. A limit is the larger of an absolute floor and a factor of what the champion did in the same
minute on the same requests. It is held against what was measured, as it is: there is no confidence interval, and two
measurements of the same revision differ. A pass says "not seen to be worse by more than this on a few hundred
requests", of the golden rows or of the sample, no more: a failure that one request in a thousand has is likely to go
unseen. A sequential test over real traffic, with an error rate of its own, comes later.

Below the minimum sample nothing passes. It fails all the same when the rest of the minimum sample could not save it.
Where a challenger is over the floor and the champion was seen too little to compare, the result is inconclusive.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from shipway.domain.golden import Question, called
from shipway.domain.release import ErrorLimit, LatencyLimit
from shipway.domain.verdict import CheckResult, Measurement, Phase
from shipway.verification.answers import first_difference, read_answer
from shipway.verification.evidence import bounded
from shipway.verification.samples import MINIMUM_SAMPLE, Reply, Samples, percentile

_SLOWER_THAN_P95_PCT = 5.0


@dataclass(frozen=True, kw_only=True)
class Share:
    """So many bad ones among those seen."""

    bad: int
    seen: int

    @property
    def enough(self) -> bool:
        return self.seen >= MINIMUM_SAMPLE

    @property
    def pct(self) -> float:
        return 100 * self.bad / self.seen if self.seen else 0.0

    def held_to(self, limit_pct: float) -> Phase:
        if self.bad * 100 > limit_pct * max(self.seen, MINIMUM_SAMPLE):
            return Phase.FAILED
        return Phase.PASSED if self.enough else Phase.INCONCLUSIVE


def judge_errors(challenger: Samples, champion: Samples | None, limit: ErrorLimit) -> CheckResult:
    """The share of requests that were not answered with status 200; no answer and a timeout count too."""
    beside = None if champion is None else Share(bad=champion.failures, seen=len(champion.replies))
    result = judge_failures(Share(bad=challenger.failures, seen=len(challenger.replies)), beside, limit)
    kinds = Counter(reply.describe() for reply in challenger.replies if not reply.ok)
    evidence = bounded([f"{count} x {kind}" for kind, count in kinds.most_common()])
    return CheckResult(
        name="errors", phase=result.phase, message=result.message, measurements=result.measurements, evidence=evidence
    )


def judge_failures(challenger: Share, champion: Share | None, limit: ErrorLimit) -> CheckResult:
    """The same from counts alone."""
    champion_pct = champion.pct if champion and champion.enough else None
    limit_pct = limit.limit_pct(champion_pct)
    phase = challenger.held_to(limit_pct)
    message = f"{challenger.bad} of {challenger.seen} requests failed ({challenger.pct:.2f} %), limit {limit_pct:.2f} %"
    if phase is Phase.INCONCLUSIVE:
        message = too_few(challenger.seen)
    elif phase is Phase.FAILED and champion is not None and champion_pct is None:
        phase, message = Phase.INCONCLUSIVE, f"{message}; {_thin_champion(champion.seen)}"
    measured = Measurement(
        name="failed requests",
        value=round(challenger.pct, 2),
        unit="%",
        champion=None if champion_pct is None else round(champion_pct, 2),
        limit=round(limit_pct, 2),
    )
    return CheckResult(name="errors", phase=phase, message=message, measurements=(measured,))


def judge_latency(challenger: Samples, champion: Samples | None, limit: LatencyLimit) -> CheckResult:
    """The 95th percentile of good replies; the 50th and 99th are told beside it and held to nothing."""
    mine = challenger.latencies_ms
    others = champion.latencies_ms if champion else ()
    champion_ms = percentile(others, 95) if len(others) >= MINIMUM_SAMPLE else None
    limit_ms = limit.limit_ms(champion_ms)
    slow = Share(bad=sum(ms > limit_ms for ms in mine), seen=len(mine))
    phase = slow.held_to(_SLOWER_THAN_P95_PCT)
    p95 = f"{percentile(mine, 95):.1f} ms" if mine else "unknown"
    message = f"p95 {p95}, limit {limit_ms:.1f} ms" + (f", champion {champion_ms:.1f} ms" if champion_ms else "")
    if phase is Phase.INCONCLUSIVE:
        message = too_few(len(mine))
    elif phase is Phase.FAILED and champion is not None and champion_ms is None:
        phase, message = Phase.INCONCLUSIVE, f"{message}; {_thin_champion(len(others))}"
    measurements = _latencies(mine, others, limit_ms)
    return CheckResult(name="latency", phase=phase, message=message, measurements=measurements)


def judge_agreement(
    asked: Sequence[Question], challenger: Samples, champion: Samples, min_agreement_pct: float
) -> CheckResult:
    """The share of requests on which challenger and champion answered the same, within each row's tolerance.

    Only requests that both answered with 200. The rows are sent again and again: with few rows this share moves in
    large steps.
    """
    pairs = [(a, b) for a, b in zip(challenger.replies, champion.replies, strict=True) if a.ok and b.ok]
    found = [(a.request, _disagreement(asked[a.request], a, b)) for a, b in pairs]
    different = {request: text for request, text in found if text}
    share = Share(bad=sum(text is not None for _, text in found), seen=len(pairs))
    phase = share.held_to(100 - min_agreement_pct)
    equal_pct = 100 - share.pct if pairs else 0.0
    message = f"{equal_pct:.1f} % of {len(pairs)} answers equal the champion's, at least {min_agreement_pct:g} % needed"
    if phase is Phase.INCONCLUSIVE and min_agreement_pct == 0:  # a champion that fails may be what is mended here
        phase = Phase.PASSED
        message = message if pairs else "no answer of both could be compared, and none has to be equal"
    elif phase is Phase.INCONCLUSIVE:
        message = f"{too_few(len(pairs))}, by both"
    measured = Measurement(
        name="equal answers", value=round(equal_pct, 2), unit="%", limit=min_agreement_pct, at_least=True
    )
    evidence = bounded([f"{called(asked[index], index)}: {text}" for index, text in sorted(different.items())])
    return CheckResult(name="agreement", phase=phase, message=message, measurements=(measured,), evidence=evidence)


def too_few(seen: int) -> str:
    return f"too little seen: {seen} requests answered, at least {MINIMUM_SAMPLE} needed"


def _thin_champion(seen: int) -> str:
    return f"the champion answered {seen} of at least {MINIMUM_SAMPLE} requests, too few to compare with"


def _latencies(mine: Sequence[float], others: Sequence[float], limit_ms: float) -> tuple[Measurement, ...]:
    return tuple(
        Measurement(
            name=f"latency p{percent}",
            value=round(percentile(mine, percent), 2),
            unit="ms",
            champion=round(percentile(others, percent), 2) if others else None,
            limit=round(limit_ms, 2) if percent == 95 else None,
        )
        for percent in (50, 95, 99)
        if mine
    )


def _disagreement(question: Question, challenger: Reply, champion: Reply) -> str | None:
    if challenger.body == champion.body:
        return None
    try:
        return first_difference(read_answer(champion.body), read_answer(challenger.body), question.tolerance)
    except ValueError:
        return "the answers differ, and not both are JSON"
