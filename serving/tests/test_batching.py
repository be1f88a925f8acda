"""Dynamic batching: what shares a batch, what a script's ``run_batch`` gets, and that rows go to their owners."""

import logging
from typing import Any, Dict, List

import pytest
from batching_scripts import ROWS_FORM, RUN_MS, TEXT_FORM, answer_of, batcher, job, line, statuses, values

from shipway_serving.batching import split, stack
from shipway_serving.batching.batcher import batcher_for
from shipway_serving.batching.checks import unfit
from shipway_serving.batching.items import item_of
from shipway_serving.batching.plan import Limits, Plan, Waiting, plan
from shipway_serving.batching.rows import Size, misplaced, size_of
from shipway_serving.batching.stack import RowsLost, Unstackable
from shipway_serving.contract.run_form import RunForm
from shipway_serving.telemetry import data_collection

LIMITS = Limits(max_rows=4, max_wait_s=0.01)


# The plan.


def test_nobody_waits_and_there_is_nothing_to_look_at_again():
    assert plan([], 5.0, LIMITS) == Plan((), None)


def test_a_request_waits_for_company_until_the_oldest_has_waited_long_enough():
    waiting = [Waiting(1, "a", 1.0), Waiting(1, "a", 1.004)]
    early = plan(waiting, 1.004, LIMITS)
    assert early.take == () and early.wait_s == pytest.approx(0.006)
    assert plan(waiting, 1.01, LIMITS) == Plan((0, 1), 0.0)


def test_nobody_is_waited_for_when_all_clients_are_in_line():
    waiting = [Waiting(1, "a", 1.0), Waiting(1, "a", 1.0)]
    assert plan(waiting, 1.0, LIMITS, more_may_come=False) == Plan((0, 1), 0.0)
    assert plan([], 1.0, LIMITS, more_may_come=False) == Plan((), None)


def test_a_full_batch_goes_at_once_and_no_fuller():
    assert plan([Waiting(1, "a", 1.0)] * 6, 1.0, LIMITS) == Plan((0, 1, 2, 3), 0.0)
    assert plan([Waiting(3, "a", 1.0), Waiting(2, "a", 1.0)], 1.0, LIMITS) == Plan((0,), 0.0)


def test_a_request_larger_than_a_batch_goes_alone():
    assert plan([Waiting(9, "a", 1.0), Waiting(1, "a", 1.0)], 1.0, LIMITS) == Plan((0,), 0.0)


def test_only_the_oldest_request_s_kind_is_taken_and_none_is_overtaken_by_its_own_kind():
    waiting = [Waiting(1, "a", 1.0), Waiting(1, "b", 1.0), Waiting(3, "a", 1.0), Waiting(2, "a", 1.0)]
    assert plan(waiting, 2.0, LIMITS) == Plan((0, 2), 0.0)


# Sizes.


def test_a_request_shows_its_rows_and_its_parameters():
    five = size_of(ROWS_FORM, {"rows": [1, 2, 3, 4, 5], "unit": "m"})
    assert (five.rows, five.known) == (5, True)
    assert five.key == size_of(ROWS_FORM, {"unit": "m", "rows": [9]}).key
    for other in ({"rows": [1], "unit": "km"}, {"rows": [1]}, {"rows": [1], "unit": ["m"]}, {"rows": [1], "unit": 1}):
        assert size_of(ROWS_FORM, other).key != five.key


def test_without_rows_all_of_a_request_is_data():
    assert size_of(ROWS_FORM, {"rows": {"a": 1}, "unit": "m"}) == size_of(ROWS_FORM, {"rows": {"a": 2}, "unit": "km"})
    assert size_of(TEXT_FORM, {"data": "[1]"}) == Size(1, False, None)


def test_headers_keep_no_requests_apart():
    one = {"rows": [1], "unit": "m", "request_headers": {"A": "1"}}
    assert size_of(ROWS_FORM, one) == size_of(ROWS_FORM, dict(one, request_headers={"A": "2"}))


def test_arrays_of_another_dtype_or_row_shape_never_share_a_batch():
    np = pytest.importorskip("numpy")
    form = RunForm(("x",), {}, False, True)
    keys = [size_of(form, {"x": np.zeros(shape, kind)}).key for shape, kind in (((2, 3), "f4"), ((1, 3), "f4"))]
    assert keys[0] == keys[1]
    assert size_of(form, {"x": np.zeros((2, 4), "f4")}).key != keys[0]
    assert size_of(form, {"x": np.zeros((2, 3), "f8")}).key != keys[0]


# Whose rows are whose.


def sizes(*rows: int) -> List[Size]:
    return [Size(count, True, None) for count in rows]


def test_rows_in_the_wrong_places_are_noticed():
    assert misplaced(sizes(2, 1, 1), [[1, 2], [3], [4]]) is None
    assert misplaced(sizes(2, 1, 1), [[1, 2, 3, 4], [], []]) == "requests with 2, 1, 1 rows would get 4, 0, 0"
    assert misplaced(sizes(2, 1), [[1], [2, 3]]) == "requests with 2, 1 rows would get 1, 2"


def test_rows_in_the_wrong_places_are_noticed_under_a_name_too():
    right = [{"label": [1, 2], "classes": ["x", "y"]}, {"label": [3], "classes": ["x", "y"]}]
    assert misplaced(sizes(2, 1), right) is None
    assert misplaced(sizes(2, 1), [{"label": [1]}, {"label": [2, 3]}]) == "requests with 2, 1 rows would get 1, 2"


def test_results_that_are_no_rows_are_left_alone():
    assert misplaced(sizes(2, 1), [{"sum": 3}, {"sum": 3}]) is None
    assert misplaced(sizes(2, 1), [7, 8]) is None
    assert misplaced([Size(1, False, None)] * 2, [[1, 2], []]) is None


# Stacking and splitting.


def test_lists_are_stacked_and_split():
    stacked, counts = stack([[1, 2], [], [3]])
    assert (stacked, counts) == ([1, 2, 3], [2, 0, 1])
    assert split([10, 20, 30], counts) == [[10, 20], [], [30]]


def test_arrays_and_dicts_of_arrays_are_stacked_and_split():
    np = pytest.importorskip("numpy")
    parts = [{"x": np.full((n, 2), n, "f4"), "y": np.full((n,), n)} for n in (2, 3, 0)]
    stacked, counts = stack(parts)
    assert counts == [2, 3, 0] and stacked["x"].shape == (5, 2) and stacked["x"].dtype == np.float32
    for part, back in zip(parts, split(stacked, counts)):
        assert np.array_equal(part["x"], back["x"]) and np.array_equal(part["y"], back["y"])


def test_lost_rows_are_an_error():
    with pytest.raises(RowsLost) as lost:
        split([1, 2], [2, 1])
    assert str(lost.value) == "3 rows went into the batch and 2 rows came back."
    with pytest.raises(RowsLost) as nothing:
        split(7, [1])
    assert str(nothing.value) == "1 rows went into the batch and int came back."
    with pytest.raises(RowsLost):
        split({"x": [1, 2, 3], "y": [1]}, [2, 1])


def test_what_would_change_by_being_stacked_is_refused():
    np = pytest.importorskip("numpy")
    for parts in (
        [],
        [[1], (2,)],
        ["ab", "cd"],
        [np.zeros(2, "i4"), np.zeros(2, "f4")],
        [np.zeros((2, 3)), np.zeros((2, 4))],
        [np.float64(1), np.float64(2)],
        [np.array(1), np.array(2)],
        [{"x": [1]}, {"y": [1]}],
        [{"x": [1], "y": [1, 2]}],
    ):
        with pytest.raises(Unstackable):
            stack(parts)


# The script's side.


def test_a_plain_script_gets_texts():
    seen: List[Any] = []

    def run_batch(batch: List[str]) -> List[str]:
        seen.append(batch)
        return [text.upper() for text in batch]

    batches = batcher(TEXT_FORM, str.lower, run_batch)
    waiting = line(job("a"), job("b"))
    taken = batches.take(waiting, 0.0)
    assert (values(batches.score(taken.jobs)), seen, list(waiting)) == (["A", "B"], [["a", "b"]], [])


def test_an_item_has_the_names_when_there_is_more_than_one_argument():
    seen: List[Any] = []
    batches = batcher(ROWS_FORM, lambda rows, unit: rows, lambda batch: seen.extend(batch) or [[1], [2]])
    batches.score(batches.take(line(job({"rows": [1]}), job({"rows": [2], "more": 3})), 0.0).jobs)
    assert seen == [{"rows": [1], "unit": "m"}, {"rows": [2], "unit": "m"}]


def test_headers_are_each_request_s_own():
    form = RunForm(("data",), {}, True, False)

    def run_batch(batch: List[Dict[str, Any]]) -> List[str]:
        return [item["request_headers"]["X-Who"] + item["data"] for item in batch]

    batches = batcher(form, lambda data, request_headers: 0, run_batch)
    taken = batches.take(line(job("1", **{"x-who": "ann"}), job("2", **{"x-who": "bob"})), 0.0)
    assert values(batches.score(taken.jobs)) == ["ann1", "bob2"]


def test_an_item_is_converted_as_the_schema_says():
    np = pytest.importorskip("numpy")
    pytest.importorskip("inference_schema")
    from inference_schema.parameter_types.numpy_parameter_type import NumpyParameterType
    from inference_schema.parameter_types.standard_py_parameter_type import StandardPythonParameterType
    from inference_schema.schema_decorators import input_schema, output_schema

    @input_schema("rows", NumpyParameterType(np.array([[1.5, 2.5]])))
    @input_schema("unit", StandardPythonParameterType("m"))
    @output_schema(StandardPythonParameterType(1.0))
    def run(rows: Any, unit: str) -> Any:
        raise AssertionError("a conversion calls no run")

    item = item_of(ROWS_FORM, run, {"rows": [[1, 2], [3, 4]], "unit": "km"})
    assert item["unit"] == "km" and item["rows"].dtype == np.float64 and item["rows"].shape == (2, 2)
    with pytest.raises(ValueError, match="could not convert"):
        item_of(ROWS_FORM, run, {"rows": [["no number"]], "unit": "km"})


def test_run_scores_a_request_that_waits_alone():
    batches = batcher(TEXT_FORM, lambda data: "run " + data, lambda batch: ["batch"] * len(batch))
    assert values(batches.score(batches.take(line(job("a")), 0.0).jobs)) == ["run a"]


def test_a_request_is_parsed_once_however_long_it_waits():
    batches = batcher(TEXT_FORM, str, lambda batch: batch, max_rows=8, wait_s=10.0)
    waiting = line(job("a"), job("b"))
    for _ in range(5):
        assert batches.take(waiting, 1.0).jobs == []
    jobs = batches.take(waiting, 11.0).jobs
    batches.score(jobs)
    assert batches._scoring.parsed == 2  # type: ignore[attr-defined]


def test_a_client_that_is_alone_does_not_wait_for_company():
    batches = batcher(TEXT_FORM, str, lambda batch: batch, wait_s=10.0)
    taken = [batches.take(line(job("a")), 0.0, more_may_come=False) for _ in range(3)]
    assert [len(each.jobs) for each in taken] == [1, 1, 1]


def test_clients_who_connect_for_each_request_are_waited_for_as_the_last_batch_had_them():
    batches = batcher(TEXT_FORM, str, lambda batch: batch, wait_s=10.0)
    assert len(batches.take(line(job("a"), job("b"), job("c")), 0.0, more_may_come=False).jobs) == 3
    waiting = line(job("a"), job("b"))
    assert batches.take(waiting, 0.0, more_may_come=False) == ([], 10.0)
    waiting.append(job("c"))
    assert len(batches.take(waiting, 0.0, more_may_come=False).jobs) == 3


def test_all_requests_of_a_batch_have_the_batch_s_duration():
    batches = batcher(TEXT_FORM, str, lambda batch: batch)
    answers = batches.score(batches.take(line(job("a"), job("b")), 0.0).jobs)
    durations = [dict(answer.response.headers)[RUN_MS] for answer in answers]
    assert durations[0] == durations[1]


# When it goes wrong.


def test_a_refused_request_is_answered_in_its_turn_and_joins_nobody():
    batches = batcher(ROWS_FORM, lambda rows, unit: rows, lambda batch: [item["rows"] for item in batch])
    waiting = line(job("no json"), job({"rows": [1]}), job("7"), job({"rows": [2]}))
    answers: List[Any] = []
    while waiting:
        answers.append(batches.score(batches.take(waiting, 1.0).jobs))
    assert [statuses(batch) for batch in answers] == [[400], [200, 200], [400]]


def test_a_request_in_another_form_is_another_s_and_joins_nobody():
    batches = batcher(TEXT_FORM, str, lambda batch: ["batch"] * len(batch))
    batches.apart = lambda request: (lambda asked: answer_of("apart")) if request.body == b"other" else None
    waiting = line(job("a"), job("other"), job("b"))
    answers: List[Any] = []
    while waiting:
        answers.append(values(batches.score(batches.take(waiting, 1.0).jobs)))
    assert answers == [["batch", "batch"], ["apart"]]


def test_an_item_that_cannot_be_converted_leaves_the_batch_and_its_neighbours_alone():
    pytest.importorskip("inference_schema")
    np = pytest.importorskip("numpy")
    from inference_schema.parameter_types.numpy_parameter_type import NumpyParameterType
    from inference_schema.schema_decorators import input_schema

    @input_schema("x", NumpyParameterType(np.array([[1.5, 2.5]])))
    def run(x: Any) -> Any:
        raise ValueError("alone")

    form = RunForm(("x",), {}, False, True)
    batches = batcher(form, run, lambda batch: [part.tolist() for part in batch])
    waiting = line(job({"x": [[1, 2]]}), job({"x": [["?", 2]]}), job({"x": [[5, 6]]}))
    answers = batches.score(batches.take(waiting, 1.0).jobs)
    assert statuses(answers) == [200, 500, 200]
    assert [values(answers)[place] for place in (0, 2)] == [[[1.0, 2.0]], [[5.0, 6.0]]]
    left = batches.score(batches.take(line(job({"x": [[1, 2]]}), job({"x": [["?", 2]]})), 1.0).jobs)
    assert statuses(left) == [500, 500], "one that is left by its neighbours is scored by run"


def test_an_empty_request_is_scored_alone():
    batches = batcher(ROWS_FORM, lambda rows, unit: rows, lambda batch: [row for item in batch for row in item["rows"]])
    waiting = line(job({"rows": [[1], [2]]}), job({"rows": []}), job({"rows": [[3], [4]]}))
    first, second = (batches.take(waiting, 1.0).jobs for _ in range(2))
    assert values(batches.score(first)) == [[[1], [2]], [[3], [4]]]
    assert values(batches.score(second)) == [[]]


def batching_records(caplog: Any) -> List[str]:
    return [record.getMessage() for record in caplog.records if record.name == "shipway_serving.batching"]


def poisoned(data: str) -> str:
    if data == "bad":
        raise ValueError(data)
    return data


@pytest.mark.parametrize(
    "returned, reason",
    [
        (["a"], "it returned 1 results for 3 items"),
        (["a", "b", "c", "d"], "it returned 4 results for 3 items"),
        ("abc", "it returned str and not a list of one result for each item"),
        (None, "it returned NoneType and not a list of one result for each item"),
    ],
)
def test_wrong_results_are_nobody_s_and_each_request_is_scored_alone(returned: Any, reason: str, caplog: Any):
    batches = batcher(TEXT_FORM, poisoned, lambda batch: returned)
    for _ in range(3):
        answers = batches.score(batches.take(line(job("x"), job("bad"), job("z")), 0.0).jobs)
        assert statuses(answers) == [200, 500, 200]
        assert values(answers)[::2] == ["x", "z"]
    wanted = f"run_batch() failed ({reason}): the requests of such a batch are scored one by one. This is said once."
    assert batching_records(caplog) == [wanted]


def test_a_batch_that_raises_says_so_once_with_its_traceback(caplog: Any):
    def run_batch(batch: List[str]) -> List[str]:
        return [poisoned(text) for text in batch]

    batches = batcher(TEXT_FORM, poisoned, run_batch)
    for _ in range(3):
        assert statuses(batches.score(batches.take(line(job("x"), job("bad")), 0.0).jobs)) == [200, 500]
    (said,) = batching_records(caplog)
    assert said.startswith("run_batch() failed (ValueError)")
    assert [record.exc_info is not None for record in caplog.records if record.getMessage() == said] == [True]


def test_a_script_that_exits_takes_no_neighbour_along(caplog: Any):
    def run(data: str) -> str:
        if data == "bad":
            raise SystemExit(5)
        return data

    batches = batcher(TEXT_FORM, run, lambda batch: [run(text) for text in batch])
    answers = batches.score(batches.take(line(job("x"), job("bad"), job("z")), 0.0).jobs)
    assert [(answer.response.status, answer.quits) for answer in answers] == [(200, False), (500, True), (200, False)]


def test_what_a_batch_collects_is_under_no_request_s_id():
    """And never under that of whoever was scored before."""
    seen: List[str] = []

    def run(data: str) -> str:
        seen.append(data_collection.current_request_id())
        return data

    one = batcher(TEXT_FORM, run, lambda batch: [run(item) for item in batch])
    for jobs in ([job("a", **{"x-request-id": "first"})], [job("b"), job("c")]):
        one.score(one.take(line(*jobs), 0.0).jobs)
    assert seen == ["first", data_collection.NO_REQUEST, data_collection.NO_REQUEST]


def test_the_metrics_hear_of_every_batch():
    heard: List[Any] = []
    batches = batcher(TEXT_FORM, str, lambda batch: batch if len(batch) < 3 else [])
    batches.on_batch = lambda requests, fell_back: heard.append((requests, fell_back))
    for count in (1, 2, 3):
        batches.score(batches.take(line(*[job("a")] * count), 0.0).jobs)
    assert heard == [(1, False), (2, False), (3, True)]


# Scripts that cannot be batched.


@pytest.mark.parametrize(
    "run_batch, problem",
    [
        (None, "the entry script does not define a function run_batch()."),
        (lambda: 1, "run_batch() has to accept one argument, the list of items."),
        (lambda a, b: 1, "run_batch() has to accept one argument, the list of items."),
        (lambda batch, more=1: 1, None),
        (max, None),
    ],
)
def test_a_run_batch_that_cannot_be_called_is_found_out_at_start(run_batch: Any, problem: Any, caplog: Any):
    assert unfit(TEXT_FORM, run_batch) == problem
    with caplog.at_level(logging.WARNING):
        made = batcher_for(None, TEXT_FORM, str, run_batch, LIMITS)  # type: ignore[arg-type]
    assert (made is None) == (problem is not None)
    expected = [f"Batching was asked for and is off: {problem}"] if problem else []
    assert [record.getMessage() for record in caplog.records] == expected


def test_a_raw_script_is_not_batched():
    assert unfit(TEXT_FORM._replace(is_raw=True), list) == "a raw run() answers each request by itself."
