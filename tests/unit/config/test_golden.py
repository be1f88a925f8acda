# ruff: noqa: E501 - tables of messages, a line each
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipway.config.golden import DEFAULT_TOLERANCE, load_golden
from shipway.domain.golden import GoldenRow
from shipway.errors import ConfigError

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def test_rows_are_read_with_blank_lines_windows_line_ends_and_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "golden.jsonl"
    path.write_bytes(
        b'\xef\xbb\xbf{"request": {"data": [1]}, "expected": [2.5], "tolerance": 0.1}\r\n\r\n'
        b'{"request": "text", "expected": null}\r\n'
    )
    assert load_golden(path) == (
        GoldenRow(request='{"data": [1]}', expected=[2.5], tolerance=0.1),
        GoldenRow(request='"text"', expected=None, tolerance=DEFAULT_TOLERANCE),
    )


def test_a_text_may_begin_with_a_byte_order_mark_too() -> None:
    assert len(load_golden('\ufeff{"request": 1, "expected": 1}\r\n')) == 1


@given(json_values, json_values)
def test_a_row_gives_back_what_was_written(request: object, expected: object) -> None:
    (row,) = load_golden(json.dumps({"request": request, "expected": expected}))
    assert json.loads(row.request) == request
    assert row.expected == expected


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "golden.jsonl:2: not valid JSON: Expecting property name enclosed in double quotes"),
        ("[1]", "golden.jsonl:2: a row is an object with request and expected, not list"),
        ('{"expected": 1}', "golden.jsonl:2: request is missing"),
        ('{"request": 1}', "golden.jsonl:2: expected is missing"),
        ('{"request": 1, "expeced": 1}', "golden.jsonl:2: expeced: unknown key, did you mean expected?"),
        ('{"request": 1, "expected": 1, "tolerance": "much"}', "golden.jsonl:2: tolerance must be a number of at least 0, not 'much'"),
        ('{"request": 1, "expected": 1, "tolerance": -1}', "golden.jsonl:2: tolerance must be a number of at least 0, not -1"),
        ('{"request": 1, "expected": 1, "tolerance": true}', "golden.jsonl:2: tolerance must be a number of at least 0, not True"),
        ('{"request": "\\ud800", "expected": 1}', "golden.jsonl:2: request holds half a character (\\ud800 to \\udfff without its pair)"),
        ('{"request": ' + "[" * 100_000, "golden.jsonl:2: values are nested too deeply in each other"),
        ('{"request": NaN, "expected": 1}', "golden.jsonl:2: not valid JSON: NaN is not a JSON value"),
    ],
)  # fmt: skip
def test_a_bad_line_is_refused_with_path_line_and_reason(line: str, message: str) -> None:
    with pytest.raises(ConfigError) as error:
        load_golden(f'{{"request": 1, "expected": 1}}\n{line}\n', name="golden.jsonl")
    assert str(error.value).startswith(message)


def test_a_file_without_rows_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "golden.jsonl"
    path.write_text("\n")
    with pytest.raises(ConfigError, match=r"golden\.jsonl: holds no rows; write a line"):
        load_golden(path)
