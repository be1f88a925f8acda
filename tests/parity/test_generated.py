"""What Hypothesis thinks up, sent to both servers: the same answers, but for the listed differences.

`HYPOTHESIS=long` looks for longer, and elsewhere each time; otherwise the same few hundred examples come every time.
"""

import os
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.parity import generated
from tests.parity.cases.case import TEXT, post, post_json, query
from tests.parity.comparison import divergences
from tests.parity.conftest import Pairs
from tests.parity.differences import Exchanged, unexplained
from tests.parity.exchanges import Ask
from tests.parity.servers import Setup

LONG = os.environ.get("HYPOTHESIS") == "long"

pytestmark = [pytest.mark.parity, pytest.mark.timeout(3600 if LONG else 300)]

_profiles = pytest.mark.parametrize("profile", ["modern", "legacy"])


def _bounded(test: Callable[..., Any]) -> Callable[..., Any]:
    checks = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much]
    bounds = settings(
        max_examples=5000 if LONG else 150,
        derandomize=not LONG,
        deadline=None,
        database=None,
        suppress_health_check=checks,
    )
    return bounds(test)


def _agree(pairs: Pairs, script: str, profile: str, ask: Ask) -> None:
    exchanged = Exchanged(ask, *pairs(Setup(script, profile)).ask(ask))
    assert not unexplained(divergences(*exchanged), exchanged, profile)


@_profiles
@_bounded
@given(ask=generated.asks())
def test_any_request_is_answered_alike(profile: str, pairs: Pairs, ask: Ask) -> None:
    _agree(pairs, "echo", profile, ask)


@_profiles
@_bounded
@given(ask=generated.asks(st.just("/score")))
def test_a_script_sees_the_same_headers(profile: str, pairs: Pairs, ask: Ask) -> None:
    _agree(pairs, "headers_first", profile, ask)


@_profiles
@_bounded
@given(expression=generated.EXPRESSIONS)
def test_any_value_is_answered_alike(profile: str, pairs: Pairs, expression: str) -> None:
    _agree(pairs, "returns", profile, post(expression, TEXT))


@_profiles
@_bounded
@given(ask=generated.schema_bodies())
def test_a_schema_takes_and_refuses_the_same(profile: str, pairs: Pairs, ask: Ask) -> None:
    _agree(pairs, "schema_required", profile, ask)


@_profiles
@_bounded
@given(value=generated.JSON_VALUES)
def test_an_array_is_converted_or_refused_alike(profile: str, pairs: Pairs, value: object) -> None:
    _agree(pairs, "schema_numpy", profile, post_json({"data": value}))


@_profiles
@_bounded
@given(expression=generated.responses())
def test_any_aml_response_is_sent_alike(profile: str, pairs: Pairs, expression: str) -> None:
    _agree(pairs, "raw_response", profile, post(expression, TEXT))


_MEMBERS = st.lists(
    st.sampled_from(
        ("method", "full_path", "get_data", "data", "args", "form", "files", "headers", "content_type", "json")
    ),
    min_size=1,
    max_size=3,
)


@_profiles
@_bounded
@given(ask=generated.asks(_MEMBERS.map(lambda members: query("/score", show=members))), more=generated.QUERIES)
def test_a_raw_request_shows_the_same(profile: str, pairs: Pairs, ask: Ask, more: str) -> None:
    _agree(pairs, "raw_mirror", profile, ask._replace(target=f"{ask.target}&{more}"))
