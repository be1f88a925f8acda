import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipway.verification.answers import first_difference, read_answer

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
json_values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4)
)
tolerances = st.floats(min_value=0, max_value=10)


@given(json_values, tolerances)
def test_every_answer_equals_itself(value, tolerance):
    assert first_difference(value, value, tolerance) is None


@given(json_values, json_values, tolerances)
def test_comparing_the_other_way_round_finds_the_same(a, b, tolerance):
    assert (first_difference(a, b, tolerance) is None) == (first_difference(b, a, tolerance) is None)


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6), tolerances)
def test_numbers_are_equal_exactly_within_the_tolerance(a, b, tolerance):
    assert (first_difference([a], [b], tolerance) is None) == (abs(a - b) <= tolerance)


@given(json_values, json_values, tolerances)
def test_a_difference_is_one_bounded_line(a, b, tolerance):
    text = first_difference({"a": a}, {"a": b}, tolerance) or ""
    assert len(text) <= 200
    assert "\n" not in text


@pytest.mark.parametrize(
    ("expected", "answer", "difference"),
    [
        ([3, 8], [3, 5], "answer[1]: expected 8, got 5"),
        ({"p": [0.9]}, {"p": [0.7]}, "answer.p[0]: expected 0.9, got 0.7 (tolerance 0.1)"),
        ([1, 2], [1], "answer: expected 2 items, got 1"),
        ({"label": 1}, {}, "answer.label: missing"),
        ({}, {"label": 1}, "answer.label: not expected"),
        ("cat", "dog", 'answer: expected "cat", got "dog"'),
        (True, 1, "answer: expected true, got 1"),
        ([None], [0], "answer[0]: expected null, got 0"),
        ([3], {"result": 3}, "answer: expected a list of 1 items, got an object of 1 keys"),
        ([math.nan], [0.5], "answer[0]: expected NaN, got 0.5 (tolerance 0.1)"),
        ({"a": [1], "b": 2}, {"a": [9], "b": 9}, "answer.a[0]: expected 1, got 9"),
        ([10**400], [1.5], None),
    ],
)
def test_the_first_difference_names_its_path(expected, answer, difference):
    found = first_difference(expected, answer, 0.1)
    assert found is not None
    if difference:
        assert found == difference


def test_whole_numbers_have_no_tolerance():
    assert first_difference([3], [4], 5.0) == "answer[0]: expected 3, got 4"
    assert first_difference([3], [3.4], 0.5) is None


def test_nan_equals_nan():
    assert first_difference([math.nan], [math.nan], 0) is None


def test_json_within_a_string_is_decoded_once_on_both_sides():
    twice = json.dumps(json.dumps([3, 0.5]))
    assert first_difference([3, 0.5], read_answer(twice), 0) is None
    assert first_difference(json.dumps([3, 0.5]), read_answer("[3, 0.5]"), 0) is None
    assert read_answer(json.dumps(json.dumps(json.dumps([3])))) == "[3]"


def test_text_that_is_not_json_is_refused():
    with pytest.raises(ValueError, match="Expecting value"):
        read_answer("Internal error")


def test_an_answer_nested_too_deeply_is_refused():
    with pytest.raises(ValueError, match="nested too deeply"):
        read_answer("[" * 100_000)
