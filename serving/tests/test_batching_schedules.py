"""Thousands of random schedules: whatever arrives when, and however the script fails, each caller gets its own rows.

MLServer#1306 is the mistake that must not be possible: one caller gets all rows and the others none.
"""

import logging
import random
from typing import Any, Callable, Dict, List, NamedTuple, Tuple

import pytest
from batching_scripts import ROWS_FORM, RUN_MS, batcher, job, line

from shipway_serving.server.line import Job

SCHEDULES = 2800
MAX_WAIT_S = 0.01
RUN_S = 0.005


class Outcome(NamedTuple):
    """What one job got, and when."""

    answer: Tuple[Any, ...]
    batch: int


@pytest.fixture(autouse=True)
def quiet(monkeypatch: Any) -> None:
    """What the scripts of these schedules do wrong would be hundreds of thousands of lines."""
    for name in ("scorer", "batching"):
        monkeypatch.setattr(logging.getLogger("shipway_serving." + name), "disabled", True)


def seen(scored: Any) -> Tuple[Any, ...]:
    """An answer without the time that it took."""
    headers = [(name, "" if name == RUN_MS else value) for name, value in scored.response.headers]
    return scored.response.status, scored.response.body, headers, scored.succeeded, scored.quits


def run(rows: List[int], unit: str) -> List[Any]:
    """Marks every row, so that nobody else's can be taken for it."""
    if "bad" in rows:
        raise ValueError("bad")
    if "exit" in rows:
        raise SystemExit(1)
    return [[row, unit] for row in rows]


def right(batch: List[Dict[str, Any]]) -> List[Any]:
    return [run(**item) for item in batch]


def first_gets_all(batch: List[Dict[str, Any]]) -> List[Any]:
    """MLServer#1306."""
    everything = [row for result in right(batch) for row in result]
    return [everything] + [[] for _ in batch[1:]]


def shifted(batch: List[Dict[str, Any]]) -> List[Any]:
    """Splits by the sizes of other requests."""
    everything = [row for result in right(batch) for row in result]
    parts = []
    for item in reversed(batch):
        parts.append(everything[: len(item["rows"])])
        everything = everything[len(item["rows"]) :]
    return parts


def flat(batch: List[Dict[str, Any]]) -> List[Any]:
    """Not split at all. Where each request has one row, it would get that row and not a list of it: so two more."""
    return [row for result in right(batch) for row in result for _ in range(2)]


SCRIPTS: List[Tuple[str, Callable[[List[Any]], Any]]] = [
    ("right", right),
    ("loses one", lambda batch: right(batch)[1:]),
    ("has one more", lambda batch: [*right(batch), []]),
    ("all rows in one list", flat),
    ("no list", lambda batch: {"rows": right(batch)}),
    ("nothing", lambda batch: None),
    ("first gets all", first_gets_all),
]


def random_jobs(random: random.Random) -> List[Job]:
    """In order of arrival; every row is a number of its own."""
    jobs: List[Job] = []
    now = 0.0
    row = 0
    for _ in range(random.randint(1, 25)):
        now += random.choice((0.0, 0.0, random.expovariate(1 / 0.003), random.expovariate(1 / 0.03)))
        count = random.choice((0, 1, 1, 1, 2, 3, 7, 12))
        rows: List[Any] = list(range(row, row + count))
        row += count
        if random.random() < 0.08:
            rows.append(random.choice(("bad", "exit")))
        value: Any = {"rows": rows, "unit": random.choice(("m", "m", "km"))}
        jobs.append(job("no json" if random.random() < 0.05 else value, now))
    return jobs


def served(jobs: List[Job], run_batch: Callable[[List[Any]], Any], max_rows: int) -> Dict[Job, Outcome]:
    """Live through the schedule in virtual time; how every job ended, and nothing twice."""
    batches = batcher(ROWS_FORM, run, run_batch, max_rows, MAX_WAIT_S)
    to_come = list(jobs)
    waiting = line()
    outcomes: Dict[Job, Outcome] = {}
    now = free_at = 0.0
    number = 0
    while to_come or waiting:
        while to_come and to_come[0].came_at <= now:
            waiting.append(to_come.pop(0))
        oldest = waiting[0] if waiting else None
        taken = batches.take(waiting, now)
        if not taken.jobs:
            coming = [to_come[0].came_at] if to_come else []
            now = min(coming + ([now + taken.wait_s] if taken.wait_s is not None else []))
            continue
        assert taken.jobs[0] is oldest
        assert now <= max(free_at, oldest.came_at + MAX_WAIT_S) + 1e-9, "nobody waits longer than the limit for company"
        number += 1
        check_company(taken.jobs, max_rows)
        for one, answer in zip(taken.jobs, batches.score(taken.jobs)):
            assert one not in outcomes
            outcomes[one] = Outcome(seen(answer), number)
        now = free_at = now + RUN_S
    return outcomes


def check_company(jobs: List[Job], max_rows: int) -> None:
    """Equal parameters, and no more rows than allowed."""
    if len(jobs) == 1:
        return
    arguments = [one.inputs.arguments for one in jobs if one.inputs]
    assert len({each["unit"] for each in arguments}) == 1
    assert sum(len(each["rows"]) for each in arguments) <= max_rows


UNBATCHED = batcher(ROWS_FORM, run, right)


def alone(one: Job) -> Tuple[Any, ...]:
    """What the same request gets where nothing is batched."""
    return seen(UNBATCHED.score([job(one.request.body.decode("utf-8"))])[0])


@pytest.mark.parametrize("name, run_batch", SCRIPTS)
def test_each_caller_gets_exactly_what_it_would_get_alone(name: str, run_batch: Callable[[List[Any]], Any]):
    shared = 0
    for seed in range(SCHEDULES // len(SCRIPTS)):
        chance = random.Random(f"{name} {seed}")
        jobs = random_jobs(chance)
        outcomes = served(jobs, run_batch, max_rows=chance.choice((1, 4, 8, 32)))
        assert len(outcomes) == len(jobs)
        for one in jobs:
            assert outcomes[one].answer == alone(one), f"schedule {seed} of the script that is {name!r}"
        shared += len(jobs) - len({outcome.batch for outcome in outcomes.values()})
    assert shared > 1000, "the schedules must really make batches"


def test_rows_split_by_other_requests_sizes_are_noticed_wherever_the_sizes_differ():
    jobs = [job({"rows": [1, 2, 3]}), job({"rows": [4]}), job({"rows": [5, 6]})]
    outcomes = served(jobs, shifted, max_rows=8)
    assert len({outcome.batch for outcome in outcomes.values()}) == 1
    assert [outcomes[one].answer for one in jobs] == [alone(one) for one in jobs]


def test_callers_with_equal_parameters_are_answered_in_order_of_arrival():
    for seed in range(200):
        jobs = random_jobs(random.Random(seed))
        outcomes = served(jobs, right, max_rows=8)
        for unit in ("m", "km"):
            kind = [one for one in jobs if one.inputs and one.inputs.size.rows and one.inputs.arguments["unit"] == unit]
            batches = [outcomes[one].batch for one in kind]
            assert batches == sorted(batches)
