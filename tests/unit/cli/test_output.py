"""What people and programs read."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipway.cli.output import Column, Output, fields, mapping, moment, size, state_colour, table

COLUMNS = (Column("name", "NAME"), Column("state", "STATE", colour=state_colour), Column("uri", "URI"))
ROWS = [
    {"name": "digits", "state": "Healthy", "uri": "http://localhost:8890/score", "more": 1},
    {"name": "a", "state": "Failed", "uri": "", "more": 2},
]


def test_columns_are_aligned_and_the_last_can_be_selected_alone() -> None:
    assert table(ROWS, COLUMNS) == [
        "NAME    STATE    URI",
        "digits  Healthy  http://localhost:8890/score",
        "a       Failed",
    ]


def test_colour_does_not_disturb_the_alignment() -> None:
    lines = table(ROWS, COLUMNS, coloured=True)
    assert lines[1] == "digits  \033[32mHealthy\033[0m  http://localhost:8890/score"
    assert lines[2] == "a       \033[31mFailed \033[0m"


@given(
    st.lists(
        st.fixed_dictionaries({key: st.from_regex(r"[a-z]{0,12}", fullmatch=True) for key in ("name", "state", "uri")})
    )
)
def test_every_cell_begins_under_its_title(rows: list[dict[str, str]]) -> None:
    title, *lines = table(rows, COLUMNS)
    for row, line in zip(rows, lines, strict=True):
        for column in COLUMNS:
            assert line[title.index(column.title) :].startswith(row[column.key])


def test_nothing_is_coloured_off_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    Output().records(ROWS, COLUMNS, empty="none")
    assert "\033" not in capsys.readouterr().out


def test_json_has_every_key_and_times_in_utc(capsys: pytest.CaptureFixture[str]) -> None:
    at = datetime(2026, 7, 1, 14, tzinfo=timezone(timedelta(hours=2)))
    Output("json").records([{**ROWS[0], "at": at}], COLUMNS, empty="none")
    assert json.loads(capsys.readouterr().out) == [{**ROWS[0], "at": "2026-07-01T12:00:00Z"}]


def test_an_empty_list_says_what_to_do_and_is_an_empty_list_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    Output().records([], COLUMNS, empty="nothing yet; try `shipway init`")
    Output("json").records([], COLUMNS, empty="nothing yet")
    assert capsys.readouterr().out == "nothing yet; try `shipway init`\n[]\n"


def test_remarks_go_to_stderr_and_leave_json_alone(capsys: pytest.CaptureFixture[str]) -> None:
    output = Output("json")
    output.say("starting ...")
    output.lines(["for people"])
    output.record({"a": 1}, ["for people"])
    said = capsys.readouterr()
    assert (json.loads(said.out), said.err) == ({"a": 1}, "starting ...\n")


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (17_300_000, "17.3 MB"),
        (2_000_000_000, "2.0 GB"),
        (3 * 10**15, "3000.0 TB"),
    ],
)
def test_sizes(count: int, text: str) -> None:
    assert size(count) == text


def test_small_words() -> None:
    assert fields({"id": "digits:1", "tags": "", "size": "7 B"}) == ["id    digits:1", "size  7 B"]
    assert mapping({"b": "2", "a": "1"}) == "a=1 b=2"
    assert moment(datetime(2026, 7, 1, 12, 0, 0, 999, tzinfo=UTC)) == "2026-07-01T12:00:00Z"
