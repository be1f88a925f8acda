"""A scorer and scripts for the tests of batching: small, real, and counting what they do."""

import json
import time
from collections import deque
from typing import Any, Callable, Deque, Dict, List, NamedTuple

from shipway_serving.batching.batcher import Batcher
from shipway_serving.batching.plan import Limits
from shipway_serving.batching.scoring import Scoring, Script
from shipway_serving.contract.messages import JSON, Refusal, Request, Response
from shipway_serving.contract.run_form import RunForm
from shipway_serving.server.line import Job

RUN_MS = "x-ms-run-fn-exec-ms"
TEXT_FORM = RunForm(("data",), {}, False, False)
ROWS_FORM = RunForm(("rows", "unit"), {"unit": "m"}, False, True)


class Scored(NamedTuple):
    """The server's, less what batching does not look at."""

    response: Response
    quits: bool = False


class PlainScoring(Scoring[Scored]):
    """Scores as the server does, with what batching does not touch left out."""

    def __init__(self, form: RunForm, run: Callable[..., Any]) -> None:
        self._form = form
        self._run = run
        self.parsed = 0

    def arguments(self, request: Request) -> Dict[str, Any]:
        self.parsed += 1
        text = request.body.decode("utf-8")
        headers = {name.title(): value for name, value in request.headers.items()}
        extra = {"request_headers": headers} if self._form.wants_headers else {}
        if not self._form.has_schema:
            return dict(extra, **{self._form.parameters[0]: text})
        try:
            given = json.loads(text)
            named = {name: given[name] for name in self._form.parameters if name in given}
        except (ValueError, TypeError) as error:
            raise Refusal(400, str(error)) from None
        return dict(self._form.defaults, **dict(named, **extra))

    def refused(self, refusal: Refusal) -> Scored:
        return Scored(Response(refusal.status, b'"refused"', JSON))

    def score_arguments(self, request: Request, arguments: Dict[str, Any]) -> Scored:
        try:
            return self.answer(request, self._run(**arguments), 1.0)
        except Exception:
            return Scored(Response(500, b'"raised"', JSON))
        except BaseException:
            return Scored(Response(500, b'"raised"', JSON), quits=True)

    def guarded(self, call: Callable[..., Any], *arguments: Any) -> Any:
        return call(*arguments)

    def answer(self, request: Request, result: Any, run_ms: float) -> Scored:
        return answer_of(result, run_ms)


def answer_of(result: Any, run_ms: float = 0.0) -> Scored:
    return Scored(Response(200, json.dumps(result).encode("ascii"), JSON, ((RUN_MS, f"{run_ms:.3f}"),)))


def job(value: Any, came_at: float = 0.0, **headers: str) -> Job:
    """A request with ``value`` as its JSON body, or as its body when it is text."""
    body = value if isinstance(value, str) else json.dumps(value)
    named = dict({"content-type": "application/json"}, **headers)
    request = Request("POST", "/score", "", named, body.encode("utf-8"))
    return Job(request, lambda response: None, came_at)


def batcher(
    form: RunForm, run: Callable[..., Any], run_batch: Callable[[List[Any]], Any], max_rows: int = 8, wait_s: float = 0
) -> "Batcher[Scored]":
    script = Script(form, run, run_batch)
    return Batcher(PlainScoring(form, run), script, Limits(max_rows, wait_s), time.perf_counter)


def line(*jobs: Job) -> Deque[Any]:
    return deque(jobs)


def values(answers: List[Scored]) -> List[Any]:
    """The bodies, read."""
    return [json.loads(answer.response.body.decode("utf-8")) for answer in answers]


def statuses(answers: List[Scored]) -> List[int]:
    return [answer.response.status for answer in answers]
