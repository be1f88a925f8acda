"""Scripts, jobs and the server's own scorer for the tests of batching."""

import json
import time
from collections import deque
from functools import lru_cache
from typing import Any, Callable, Deque, Dict, List

from shipway_serving.asset.entry_script import EntryScript
from shipway_serving.batching.batcher import Batcher
from shipway_serving.batching.plan import Limits
from shipway_serving.batching.scoring import Script
from shipway_serving.contract.messages import JSON, Request, Response
from shipway_serving.contract.run_form import RunForm
from shipway_serving.server.line import Job
from shipway_serving.server.overtime import Overtime
from shipway_serving.server.scorer import Scored, Scorer

RUN_MS = "x-ms-run-fn-exec-ms"
TEXT_FORM = RunForm(("data",), {}, False, False)
ROWS_FORM = RunForm(("rows", "unit"), {"unit": "m"}, False, True)


class CountingScorer(Scorer):
    """Knows how many requests it has parsed."""

    def __init__(self, form: RunForm, run: Callable[..., Any]) -> None:
        super().__init__(EntryScript(lambda: None, run, form), no_hurry())
        self.parsed = 0

    def arguments(self, request: Request) -> Dict[str, Any]:
        self.parsed += 1
        return super().arguments(request)


@lru_cache(maxsize=1)
def no_hurry() -> Overtime:
    return Overtime(3600000)


def answer_of(result: Any) -> Scored:
    return Scored(Response(200, json.dumps(result).encode("ascii"), JSON))


def job(value: Any, came_at: float = 0.0, **headers: str) -> Job:
    """A request with ``value`` as its JSON body, or as its body when it is text."""
    body = value if isinstance(value, str) else json.dumps(value)
    named = dict({"content-type": "application/json"}, **headers)
    request = Request("POST", "/score", "", named, body.encode("utf-8"))
    return Job(request, lambda response: None, came_at)


def batcher(
    form: RunForm, run: Callable[..., Any], run_batch: Callable[[List[Any]], Any], max_rows: int = 8, wait_s: float = 0
) -> "Batcher[Scored]":
    """One with the server's own scorer behind it."""
    script = Script(form, run, run_batch)
    return Batcher(CountingScorer(form, run), script, Limits(max_rows, wait_s), time.perf_counter)


def line(*jobs: Job) -> Deque[Any]:
    return deque(jobs)


def values(answers: List[Scored]) -> List[Any]:
    """The bodies, read."""
    return [json.loads(answer.response.body.decode("utf-8")) for answer in answers]


def statuses(answers: List[Scored]) -> List[int]:
    return [answer.response.status for answer in answers]
