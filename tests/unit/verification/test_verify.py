import json
import time

from shipway.domain.release import LatencyLimit, Limits, LoadPlan
from shipway.domain.verdict import CheckResult, Phase
from shipway.verification.verify import Questions, verify
from tests.unit.verification.little_server import little_server
from tests.unit.verification.replies import row

ROWS = tuple(row([n], request=json.dumps([n])) for n in range(10))
QUESTIONS = Questions(
    rows=ROWS, load=LoadPlan(requests=20, concurrency=2), limits=Limits(latency_p95=LatencyLimit(floor_ms=5000))
)


def wrong(body: str) -> tuple[int, str]:
    return 200, json.dumps([json.loads(body)[0] + 1])


class KeepsAnswers:
    def __init__(self) -> None:
        self.asked: list[object] = []

    def check(self, suite_json, answers) -> CheckResult:
        self.asked += [suite_json, list(answers)]
        return CheckResult(name="expectations", phase=Phase.PASSED, message="fine")


def phases(verdict) -> dict[str, str]:
    return {check.name: check.phase.value for check in verdict.checks}


def test_a_good_challenger_passes_every_check():
    with little_server() as challenger, little_server() as champion:
        verdict = verify(challenger, champion, QUESTIONS)
    assert phases(verdict) == dict.fromkeys(["golden", "errors", "latency", "agreement"], "passed")
    assert verdict.passed


def test_without_a_champion_there_is_no_agreement():
    with little_server() as challenger:
        verdict = verify(challenger, None, QUESTIONS)
    assert list(phases(verdict)) == ["golden", "errors", "latency"]
    assert verdict.passed


def test_wrong_answers_fail_golden_and_agreement_and_nothing_else():
    with little_server(wrong) as challenger, little_server() as champion:
        verdict = verify(challenger, champion, QUESTIONS)
    assert phases(verdict) == {"golden": "failed", "errors": "passed", "latency": "passed", "agreement": "failed"}
    assert "10 of 10 golden rows are wrong" in verdict.reason
    assert max(len(check.evidence) for check in verdict.checks) <= 10


def test_a_slow_challenger_fails_on_latency_alone():
    def slow(body):
        time.sleep(0.03)
        return 200, body

    limits = Limits(latency_p95=LatencyLimit(floor_ms=20, factor=0))
    questions = Questions(rows=ROWS, load=QUESTIONS.load, limits=limits)
    with little_server(slow) as challenger, little_server() as champion:
        verdict = verify(challenger, champion, questions)
    assert phases(verdict) == {"golden": "passed", "errors": "passed", "latency": "failed", "agreement": "passed"}


def test_a_failing_challenger_fails():
    with little_server(lambda _: (500, "boom")) as challenger, little_server() as champion:
        verdict = verify(challenger, champion, QUESTIONS)
    assert phases(verdict) == {
        "golden": "failed",
        "errors": "failed",
        "latency": "inconclusive",
        "agreement": "inconclusive",
    }
    assert verdict.phase is Phase.FAILED


def test_the_suite_judges_the_answers_to_the_golden_rows():
    suite = KeepsAnswers()
    with little_server() as challenger:
        verdict = verify(challenger, None, Questions(rows=ROWS, suite="{}", load=QUESTIONS.load), suite_process=suite)
    assert suite.asked == ["{}", [[n] for n in range(10)]]
    assert phases(verdict)["expectations"] == "passed"


def test_a_suite_without_a_process_is_an_error():
    with little_server() as challenger:
        verdict = verify(challenger, None, Questions(rows=ROWS, suite="{}", load=QUESTIONS.load))
    assert phases(verdict)["expectations"] == "error"


def test_progress_is_told_a_line_for_every_check():
    lines: list[str] = []
    with little_server() as challenger:
        verify(challenger, None, QUESTIONS, progress=lines.append)
    assert lines[0] == "asking the challenger 10 golden rows"
    assert lines[1] == "load: up to 20 requests each to challenger"
    assert lines[2] == "golden passed: all 10 golden rows are right"
