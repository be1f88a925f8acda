"""JSON is the standard library's, to the byte and to the exception."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipway_serving.contract.json_text import dumps

KEYS = st.one_of(st.text(), st.integers(), st.floats(), st.booleans(), st.none())
VALUES: Any = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text()),
    lambda inner: st.one_of(st.lists(inner), st.tuples(inner), st.dictionaries(KEYS, inner)),
    max_leaves=12,
)


@given(VALUES)
def test_any_value_is_written_as_json_dumps_writes_it(value: Any) -> None:
    assert dumps(value) == json.dumps(value)


def circular() -> Any:
    value: Any = []
    value.append(value)
    return value


def nested() -> Any:
    value: Any = []
    for _ in range(100000):
        value = [value]
    return value


@pytest.mark.parametrize("value", [{1, 2}, b"x", [object()], {(1, 2): 3}, circular()])
def test_what_is_no_json_raises_the_same_and_the_next_value_is_written(value: Any) -> None:
    with pytest.raises(Exception) as expected:
        json.dumps(value)
    for _ in range(2):
        with pytest.raises(type(expected.value)) as raised:
            dumps([1, value])
        assert str(raised.value) == str(expected.value)
    shared = [1]
    assert dumps([shared, shared]) == "[[1], [1]]"


def test_a_value_nested_too_deep_raises_and_harms_nothing() -> None:
    with pytest.raises(RecursionError):
        dumps(nested())
    assert dumps([[]]) == "[[]]"
