"""Everything that is asked of a challenger before it gets traffic."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from shipway.domain.golden import GoldenRow
from shipway.domain.release import Limits, LoadPlan
from shipway.domain.verdict import CheckResult, Phase, Verdict
from shipway.domain.wording import counted
from shipway.verification.answers import read_answer
from shipway.verification.golden import judge_golden
from shipway.verification.limits import judge_agreement, judge_errors, judge_latency
from shipway.verification.load import LoadBounds, ask, measure
from shipway.verification.samples import Reply, Samples

Progress = Callable[[str], None]
"""Told one line now and then, for logs."""


class AnswersCheck(Protocol):
    """Judges answers by a Great Expectations suite: `expectations.SuiteProcess`."""

    def check(self, suite_json: str, answers: Sequence[object]) -> CheckResult: ...


@dataclass(frozen=True, kw_only=True)
class Questions:
    """A VerificationConfig whose files have been read. `suite` is the text of a suite file, None for none."""

    rows: tuple[GoldenRow, ...]
    suite: str | None = None
    load: LoadPlan = field(default_factory=LoadPlan)
    limits: Limits = field(default_factory=Limits)


def verify(
    challenger: str,
    champion: str | None,
    questions: Questions,
    *,
    suite_process: AnswersCheck | None = None,
    bounds: LoadBounds | None = None,
    progress: Progress | None = None,
) -> Verdict:
    """Asks the challenger, beside the champion where there is one, and judges. Both are base URLs such as
    `http://127.0.0.1:40001`.

    Checks: golden, expectations (with a suite), errors, latency, agreement (with a champion). Every one is made, so
    that a bad verdict says all that is wrong. Without golden rows there is nothing to send: the one check is then
    inconclusive. Takes up to two minutes with slow revisions, a few seconds with fast ones. Safe to repeat.
    """
    tell = progress or (lambda _: None)
    if not questions.rows:
        return Verdict(checks=(_nothing_to_send(),))
    tell(f"asking the challenger {counted(len(questions.rows), 'golden row')}")
    requests = [row.request for row in questions.rows]
    replies = ask(challenger, requests, concurrency=questions.load.concurrency)
    checks = [judge_golden(questions.rows, replies)]
    if questions.suite is not None:
        tell("judging the answers by the expectation suite")
        checks.append(_expectations(suite_process, questions.suite, replies))
    endpoints = {"challenger": challenger} | ({"champion": champion} if champion else {})
    tell(f"load: up to {counted(questions.load.requests, 'request')} each to {' and '.join(endpoints)}")
    checks += _judge_load(questions, measure(endpoints, requests, questions.load, bounds=bounds))
    for check in checks:
        tell(f"{check.name} {check.phase}: {check.message}")
    return Verdict(checks=tuple(checks))


def _judge_load(questions: Questions, samples: dict[str, Samples]) -> list[CheckResult]:
    limits = questions.limits
    challenger, champion = samples["challenger"], samples.get("champion")
    checks = [
        judge_errors(challenger, champion, limits.errors),
        judge_latency(challenger, champion, limits.latency_p95),
    ]
    if champion is not None:
        checks.append(judge_agreement(questions.rows, challenger, champion, limits.min_agreement_pct))
    return checks


def _expectations(suite_process: AnswersCheck | None, suite: str, replies: Sequence[Reply]) -> CheckResult:
    if suite_process is None:
        return CheckResult(name="expectations", phase=Phase.ERROR, message="no process for the suite was started")
    return suite_process.check(suite, _answers(replies))


def _answers(replies: Sequence[Reply]) -> list[object]:
    """Those that are answers; what is wrong with the others, golden says."""
    answers = []
    for reply in replies:
        if reply.ok:
            try:
                answers.append(read_answer(reply.body))
            except ValueError:
                continue
    return answers


def _nothing_to_send() -> CheckResult:
    message = "there are no golden rows, so nothing could be asked: name a file of them in verification/golden"
    return CheckResult(name="golden", phase=Phase.INCONCLUSIVE, message=message)
