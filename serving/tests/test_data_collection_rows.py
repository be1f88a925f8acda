"""How collected data become rows, where they are filed, and whose request they belong to: values only."""

import csv
import io
import sys
import threading
from typing import Any, Dict, List

import pytest

from shipway_serving.telemetry import data_collection
from shipway_serving.telemetry.data_collection import Named, Place, place_of, switch_of
from shipway_serving.telemetry.data_collection_rows import (
    CORRELATION_COLUMNS,
    columns_for,
    columns_in,
    header_line,
    lines_of,
    snapshot_of,
    with_correlations,
)

NOW = 1593700245.25
"""2020-07-02 14:30:45.25 UTC."""

PLACE = Place("sub", "group", "ws", "svc", "best", "3", "inputs", "default")

TIES = PLACE.correlations(NOW, "request-1", "id-1")

TAIL = ["id-1", "2020-07-02T14:30:45.250000", "1440", "sub/group/ws", "svc", "best", "3", "request-1"]


def cells(data: Any, columns: Any = None) -> List[List[str]]:
    """The rows of the file that ``data`` become, less the correlations, which have to be there."""
    snapshot = snapshot_of(data)
    assert snapshot is not None
    named = columns_for(snapshot, columns)
    rows = list(csv.reader(io.StringIO(lines_of(snapshot, named, TIES))))
    assert all(row[len(named) : len(named) + 8] == TAIL for row in rows)
    return [row[: len(named)] + row[len(named) + 8 :] for row in rows]


@pytest.mark.parametrize(
    "data, rows",
    [
        ([1, 2.5, "a"], [["1", "2.5", "a"]]),
        ([[1, 2], [3, 4]], [["1", "2"], ["3", "4"]]),
        ([(1, 2), [3]], [["1", "2"], ["3", ""]]),
        ((1, None), [["1", ""]]),
        (["a,b", 'say "c"\nd'], [["a,b", 'say "c"\nd']]),
        ([[1], 2], [["[1]", "2"]]),
        ([], [[]]),
        ([{"a": 1}], [["{'a': 1}"]]),
        ([float("nan"), float("inf")], [["", "inf"]]),
    ],
)
def test_lists_become_rows(data: Any, rows: List[List[str]]) -> None:
    """O-2: a flat list is one row."""
    assert cells(data) == rows


def test_arrays_become_rows() -> None:
    """One dimension is one row; more than two are laid out flat."""
    numpy = pytest.importorskip("numpy")
    assert cells(numpy.array([1, 2.5])) == [["1.0", "2.5"]]
    assert cells(numpy.array([[1, 2], [3, 4]], dtype="int8")) == [["1", "2"], ["3", "4"]]
    assert cells(numpy.array([0.1], dtype="float32")) == [["0.1"]]
    assert cells(numpy.array("text")) == [["text"]]
    assert cells(numpy.arange(8).reshape(2, 2, 2)) == [["0", "1", "2", "3"], ["4", "5", "6", "7"]]
    assert cells(numpy.zeros((0, 3))) == cells(numpy.zeros((3, 0))) == []
    assert cells([numpy.array([1, 2]), numpy.array([3, 4])]) == [["1", "2"], ["3", "4"]]
    assert cells(numpy.array([[1, 2]]).view(numpy.matrix)) == [["1", "2"]]


def test_frames_become_rows_under_their_own_names() -> None:
    """What is missing is an empty cell, as pandas writes it."""
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"x": [1.5, None], "when": [pandas.Timestamp("2020-01-02"), pandas.NaT]})
    snapshot = snapshot_of(frame)
    assert snapshot is not None and columns_for(snapshot, ["not", "these"]) == ["x", "when"]
    assert cells(frame) == [["1.5", "2020-01-02 00:00:00"], ["", ""]]
    assert cells(pandas.Series([1, 2], index=["a", "b"])) == [["1", "2"]]


@pytest.mark.parametrize("data", [None, 1, "text", b"bytes", {"a": 1}, {1, 2}, object()])
def test_other_types_are_not_collected(data: Any) -> None:
    """The original warned about them."""
    assert snapshot_of(data) is None


def test_a_snapshot_does_not_follow_its_data() -> None:
    """Rows are written later, and scripts reuse their arrays."""
    numpy, pandas = pytest.importorskip("numpy"), pytest.importorskip("pandas")
    frame = pandas.DataFrame({"x": [1.0]})
    for data in ([1.0], [[1.0]], numpy.array([1.0]), numpy.array([[1.0]]), frame):
        snapshot = snapshot_of(data)
        if data is frame:
            frame.loc[0, "x"] = 2.0
        elif isinstance(data[0], list):
            data[0][0] = 2.0
        else:
            data[0] = 2.0
        assert snapshot is not None and lines_of(snapshot, ["x"], TIES).startswith("1.0,")


@pytest.mark.parametrize(
    "data, names, columns",
    [
        ([1, 2], ["a", "b"], ["a", "b"]),
        ([1, 2, 3], ["a", "b"], ["a", "b", "column_3"]),
        ([1], ["a", "b"], ["a", "b"]),
        ([1, 2], None, ["column_1", "column_2"]),
        ([[1], [1, 2]], [7], ["7", "column_2"]),
        ([1] + list(TIES.values()), ["a"], ["a"]),
    ],
)
def test_columns_have_names_whether_they_fit_or_not(data: Any, names: Any, columns: List[str]) -> None:
    """Real scripts name more or fewer features than they collect."""
    snapshot = snapshot_of(data)
    assert snapshot is not None and columns_for(snapshot, names) == columns


def test_a_row_of_another_width_leaves_the_correlations_in_their_columns() -> None:
    """What is too much stands behind them."""
    snapshot = snapshot_of([[1], [1, 2, 3]])
    assert snapshot is not None
    rows = list(csv.reader(io.StringIO(lines_of(snapshot, ["a", "b"], TIES))))
    assert rows == [["1", "", *TAIL], ["1", "2", *TAIL, "3"]]


def test_the_columns_of_a_frame_are_told_by_their_names() -> None:
    """A frame made of JSON has them in the order of its request (S-21)."""
    pandas = pytest.importorskip("pandas")
    snapshot = snapshot_of(pandas.DataFrame({"b": [2], "c": [3], "a": [1]}))
    assert snapshot is not None
    (row,) = csv.reader(io.StringIO(lines_of(snapshot, ["a", "b", "d"], TIES)))
    assert row == ["1", "2", "", *TAIL, "3"]
    twins = snapshot_of(pandas.DataFrame([[1, 2]], columns=["a", "a"]))
    assert twins is not None and lines_of(twins, ["a", "a"], TIES).startswith("1,2,")


def test_the_columns_of_a_file_are_read_back() -> None:
    """With line ends and commas in their names; a header of another's is not taken for ours."""
    names = ["a", "b,c", "d\r\ne"]
    assert columns_in(header_line(names) + "1,2,3\r\n") == names
    assert columns_in(header_line([])) == []
    assert columns_in("") is columns_in("a,b\r\n1,2\r\n") is None


def both_ways(data: Any, ties: Dict[str, Any]) -> List[List[str]]:
    other = PLACE.correlations(NOW + 60, "request-2", "id-2")
    snapshot = snapshot_of(with_correlations(data, ties))
    assert snapshot is not None
    columns = columns_for(snapshot, None)
    return list(csv.reader(io.StringIO(lines_of(snapshot, columns, other))))


def test_rows_that_carry_correlations_keep_them() -> None:
    """Predictions are tied to the request of their inputs, whatever the form they are collected in."""
    numpy, pandas = pytest.importorskip("numpy"), pytest.importorskip("pandas")
    assert both_ways([0.5, 1], TIES) == [["0.5", "1", *TAIL]]
    assert both_ways([[0.5], [1]], TIES) == [["0.5", *TAIL], ["1", *TAIL]]
    assert both_ways(numpy.array([0.5, 1]), TIES) == [["0.5", "1.0", *TAIL]]
    assert both_ways(numpy.array([[0.5], [1]]), TIES) == [["0.5", *TAIL], ["1.0", *TAIL]]
    assert both_ways(pandas.DataFrame({"y": [0.5]}), TIES) == [["0.5", *TAIL]]
    assert with_correlations("text", TIES) == "text"


def test_added_correlations_stand_behind_the_data_in_the_originals_order() -> None:
    """Scripts look at what they get back; what they gave stays as it was."""
    pandas = pytest.importorskip("pandas")
    data, frame = [1], pandas.DataFrame({"y": [0.5]})
    assert with_correlations(data, TIES) == [1, *TIES.values()] and data == [1]
    assert list(with_correlations(frame, TIES).columns) == ["y", *CORRELATION_COLUMNS]
    assert list(frame.columns) == ["y"]


NAMED = Named("best", "inputs", "default/default/default", "default", "default", "default")


@pytest.mark.parametrize(
    "changes, environment, path",
    [
        ({}, {}, "default/default/default/default/best/default/inputs/2020/07/02/inputs.csv"),
        (
            {"designation": "default"},
            {"SERVICE_NAME": "svc", "WORKSPACE_NAME": "WS"},
            "default/default/ws/svc/best/default/general/2020/07/02/default.csv",
        ),
        (
            {"designation": "signals", "collection": "clicks", "version": "4"},
            {"AZUREML_ARM_SUBSCRIPTION": "S-1", "AZUREML_ARM_RESOURCEGROUP": "RG", "AZUREML_ARM_WORKSPACE_NAME": "w"},
            "s-1/rg/w/default/best/4/signals/2020/07/02/clicks.csv",
        ),
        (
            {"workspace": "a/B/c", "service": "mine"},
            {"SERVICE_NAME": "svc", "WORKSPACE_NAME": "WS"},
            "a/b/c/mine/best/default/inputs/2020/07/02/inputs.csv",
        ),
        (
            {"model": "../../up/model.pkl", "designation": "..", "workspace": "x"},
            {},
            "x/default/default/default/.._.._up_model.pkl/default/default/2020/07/02/default.csv",
        ),
    ],
)
def test_rows_are_filed_as_on_azure(changes: Dict[str, str], environment: Dict[str, str], path: str) -> None:
    """O-4; no name leads out of the folder."""
    place = place_of(NAMED._replace(**changes), environment, [])
    assert place.file_of(NOW) == "modeldata/" + path


def test_the_newest_version_in_the_container_is_the_models() -> None:
    """Unless the script names one."""
    assert place_of(NAMED, {}, ["9", "12", "old"]).version == "12"
    assert place_of(NAMED._replace(version="2"), {}, ["9"]).version == "2"


@pytest.mark.parametrize(
    "environment, stores, prints",
    [
        ({}, False, False),
        ({"AML_MODEL_DC_STORAGE_ENABLED": "true"}, True, False),
        ({"AML_MDC_STORAGE_ENABLED": "True"}, True, False),
        ({"AML_MODEL_DC_STORAGE_ENABLED": "1", "AML_MODEL_DC_DEBUG": "true"}, False, True),
    ],
)
def test_collection_is_on_when_it_was_switched_on(environment: Dict[str, str], stores: bool, prints: bool) -> None:
    """O-3."""
    assert switch_of(environment)[:2] == (stores, prints)


def test_rows_go_below_the_mounted_folder_or_the_app_root() -> None:
    """In this order."""
    both = {"SHIPWAY_DATA_COLLECTION_DIR": "/mounted", "AML_APP_ROOT": "/app"}
    assert [switch_of(each).root for each in (both, {"AML_APP_ROOT": "/app"}, {})] == ["/mounted", "/app", "."]


def test_a_thread_of_the_script_works_for_the_request_that_began_last() -> None:
    """It has no request of its own."""
    data_collection.set_current_request_id("main")
    seen: List[str] = []
    thread = threading.Thread(target=lambda: seen.append(data_collection.current_request_id()))
    thread.start()
    thread.join()
    assert [data_collection.current_request_id(), *seen] == ["main", "main"]


@pytest.mark.skipif(sys.version_info < (3, 7), reason="Python 3.6 has no context variables")
def test_runs_that_are_awaited_side_by_side_have_their_own_requests() -> None:
    """Each task has what was set in it, however they are interleaved."""
    import asyncio

    async def run(name: str) -> str:
        data_collection.set_current_request_id(name)
        await asyncio.sleep(0)
        return data_collection.current_request_id()

    async def both() -> List[str]:
        return list(await asyncio.gather(run("a"), run("b")))

    assert asyncio.run(both()) == ["a", "b"]
