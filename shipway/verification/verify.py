"""Everything that is asked of a challenger before it gets traffic."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from shipway.domain.golden import GoldenRow, Question
from shipway.domain.release import Limits, LoadPlan
from shipway.domain.verdict import CheckResult, Phase, Verdict
from shipway.domain.wording import counted
from shipway.verification.answers import read_answer
from shipway.verification.golden import judge_golden
from shipway.verification.health import ask_health, judge_life, worker_starts
from shipway.verification.limits import judge_agreement, judge_errors, judge_latency
from shipway.verification.load import LoadBounds, ask, measure
from shipway.verification.sample import (
    LOAD_S,
    NOT_TO_BE_ASKED,
    NOTHING_TO_ASK,
    error_told,
    judge_sample,
    questions_for,
    too_slow_for_load,
)
from shipway.verification.samples import Reply, Samples

Progress = Callable[[str], None]
"""Told one line now and then, for logs."""


class AnswersCheck(Protocol):
    """Judges answers by a Great Expectations suite: `expectations.SuiteProcess`."""

    def check(self, suite_json: str, answers: Sequence[object]) -> CheckResult: ...


@dataclass(frozen=True, kw_only=True)
class Questions:
    """A VerificationConfig whose files have been read. `suite` is the text of a suite file, None for none.

    Without `rows` the challenger's own sample is asked, unless `sample` says no; one request of it has `request_s`.
    """

    rows: tuple[GoldenRow, ...]
    suite: str | None = None
    load: LoadPlan = field(default_factory=LoadPlan)
    limits: Limits = field(default_factory=Limits)
    sample: bool = True
    request_s: float = 10.0


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

    Checks with golden rows: golden, expectations (with a suite), errors, latency, agreement (with a champion). Without:
    healthy, and where the challenger's swagger shows a sample: sample, errors, latency, agreement. Every one is made,
    so that a bad verdict says all that is wrong. Takes up to two minutes with slow revisions, a few seconds with fast
    ones. Safe to repeat.
    """
    tell = progress or (lambda _: None)
    endpoints = {"challenger": challenger} | ({"champion": champion} if champion else {})
    asked = questions_for(challenger, questions.rows, sample=questions.sample)
    tell(_what_is_asked(asked))
    if questions.rows:
        checks = _by_rows(endpoints, questions, suite_process, bounds, tell)
    else:
        checks = _by_sample(endpoints, asked, questions, tell)
    for check in checks:
        tell(f"{check.name} {check.phase}: {check.message}")
    return Verdict(checks=tuple(checks))


def _what_is_asked(asked: Sequence[Question]) -> str:
    if not asked:
        return "asking the challenger whether it is healthy: nothing else is known to ask"
    rows = sum(isinstance(question, GoldenRow) for question in asked)
    return f"asking the challenger {counted(rows, 'golden row') if rows else 'the sample of its swagger'}"


def _by_rows(
    endpoints: dict[str, str],
    questions: Questions,
    suite_process: AnswersCheck | None,
    bounds: LoadBounds | None,
    tell: Progress,
) -> list[CheckResult]:
    requests = [row.request for row in questions.rows]
    replies = ask(endpoints["challenger"], requests, concurrency=questions.load.concurrency)
    checks = [judge_golden(questions.rows, replies)]
    if questions.suite is not None:
        tell("judging the answers by the expectation suite")
        checks.append(_expectations(suite_process, questions.suite, replies))
    return checks + _under_load(endpoints, questions.rows, questions, bounds, tell)


def _by_sample(
    endpoints: dict[str, str], asked: Sequence[Question], questions: Questions, tell: Progress
) -> list[CheckResult]:
    url = endpoints["challenger"]
    before, replies = worker_starts(url), ask_health(url)
    if not asked:
        also = NOTHING_TO_ASK if questions.sample else NOT_TO_BE_ASKED
        return [judge_life(replies, before, worker_starts(url), also=also)]
    (reply,) = ask(url, [asked[0].request], request_s=questions.request_s, total_s=questions.request_s)
    checks, slow = [judge_sample(reply, _champions(endpoints, reply, asked, questions))], too_slow_for_load(reply)
    if reply.ok and slow is None:
        bounds = LoadBounds(request_s=questions.request_s, total_s=LOAD_S)
        checks += _under_load(endpoints, asked, questions, bounds, tell)
    return [judge_life(replies, before, worker_starts(url), also=slow or ""), *checks]


def _champions(
    endpoints: dict[str, str], reply: Reply, asked: Sequence[Question], questions: Questions
) -> Reply | None:
    """The champion's answer to the sample, where the challenger's tells of an error; None without a champion."""
    if "champion" not in endpoints or error_told(reply) is None:
        return None
    seconds = questions.request_s
    return next(iter(ask(endpoints["champion"], [asked[0].request], request_s=seconds, total_s=seconds)), None)


def _under_load(
    endpoints: dict[str, str],
    asked: Sequence[Question],
    questions: Questions,
    bounds: LoadBounds | None,
    tell: Progress,
) -> list[CheckResult]:
    tell(f"load: up to {counted(questions.load.requests, 'request')} each to {' and '.join(endpoints)}")
    requests = [question.request for question in asked]
    return _judge_load(asked, questions, measure(endpoints, requests, questions.load, bounds=bounds))


def _judge_load(asked: Sequence[Question], questions: Questions, samples: dict[str, Samples]) -> list[CheckResult]:
    limits = questions.limits
    challenger, champion = samples["challenger"], samples.get("champion")
    checks = [
        judge_errors(challenger, champion, limits.errors),
        judge_latency(challenger, champion, limits.latency_p95),
    ]
    if champion is not None:
        checks.append(judge_agreement(asked, challenger, champion, limits.min_agreement_pct))
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
