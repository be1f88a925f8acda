"""The v1 contract's pure part; ids such as H-25 name its clauses."""

import inspect
import json
from typing import Any, Dict, Optional

import pytest

from shipway_serving.contract.arguments import arguments_for
from shipway_serving.contract.messages import Refusal, Request
from shipway_serving.contract.profile import LEGACY
from shipway_serving.contract.queries import query_values
from shipway_serving.contract.request_ids import id_headers, ids_of, with_ours
from shipway_serving.contract.results import run_timed_out, scored
from shipway_serving.contract.routes import NotAllowed, Route, not_allowed, not_found, route_of
from shipway_serving.contract.run_form import RunForm, UnfitRun, form_of

JSON_TYPE = "application/json"


def form(run: Any, has_schema: bool = False) -> RunForm:
    return form_of(inspect.signature(run), has_schema=has_schema)


def post(body: bytes, content_type: Optional[str] = JSON_TYPE, **headers: str) -> Request:
    given = dict(headers)
    if content_type is not None:
        given["content-type"] = content_type
    return Request("POST", "/score", "", given, body)


def get(query: str) -> Request:
    return Request("GET", "/score", query, {}, b"")


def refused(run_form: RunForm, request: Request) -> "tuple[int, str]":
    with pytest.raises(Refusal) as caught:
        arguments_for(run_form, request)
    return caught.value.status, caught.value.message


@pytest.mark.parametrize("content_type", [JSON_TYPE, "text/plain", "image/png", None])
def test_an_undecorated_run_gets_the_text_whatever_the_content_type(content_type: Optional[str]) -> None:
    """H-20."""
    assert arguments_for(form(lambda data: 0), post("é".encode("utf-8"), content_type)) == {"data": "é"}


@pytest.mark.parametrize(
    "content_type",
    ["application/x-www-form-urlencoded", "multipart/form-data; boundary=b", "Multipart/Form-Data; Boundary=b"],
)
def test_a_form_reaches_an_undecorated_run_as_the_empty_string(content_type: str) -> None:
    """H-21: the framework had consumed it."""
    assert arguments_for(form(lambda data: 0), post(b"a=1", content_type)) == {"data": ""}


def test_a_multipart_body_without_a_boundary_is_text_but_was_not_in_2021() -> None:
    """H-21."""
    request = post(b"a=1", "multipart/form-data")
    assert arguments_for(form(lambda data: 0), request) == {"data": "a=1"}
    assert arguments_for(form(lambda data: 0), request, LEGACY) == {"data": ""}


def test_text_that_is_not_utf_8_is_a_bad_request() -> None:
    """H-22."""
    status, message = refused(form(lambda data: 0), post(b"\xff"))
    assert status == 400
    assert message.startswith("Input cannot be decoded as UTF-8: 'utf-8' codec can't decode byte 0xff in position 0")


def test_an_empty_body_is_an_empty_string() -> None:
    """H-23."""
    assert arguments_for(form(lambda data: 0), post(b"")) == {"data": ""}


def test_a_query_becomes_an_object_as_text() -> None:
    """H-25."""
    request = get("a=1&b=[1,2]&c=a&d=null&e=x&e=2&f=&g=%C3%A9+h")
    expected = {"a": 1, "b": [1, 2], "c": "a", "d": None, "e": ["x", 2], "f": "", "g": "é h"}
    assert json.loads(arguments_for(form(lambda data: 0), request)["data"]) == expected
    assert arguments_for(form(lambda data: 0), get("")) == {"data": "{}"}
    assert query_values("a=1") == {"a": 1}


def test_request_headers_go_to_the_parameter_of_that_name_in_any_position() -> None:
    """E-5: a plain dict with title-cased names."""
    request = post(b"x", **{"x-ms-request-id": "7", "x_ms_request_id": "forged"})
    expected = {"data": "x", "request_headers": {"X-Ms-Request-Id": "7", "Content-Type": JSON_TYPE}}
    assert arguments_for(form(lambda data, request_headers: 0), request) == expected
    assert arguments_for(form(lambda request_headers, data: 0), request) == expected


def test_other_parameters_of_an_undecorated_run_are_left_to_python() -> None:
    """E-7: defaults stay, missing ones are the script's TypeError."""
    assert arguments_for(form(lambda data, more=1: 0), post(b"x")) == {"data": "x"}


@pytest.mark.parametrize(
    "run, message",
    [
        (lambda *data: 0, "run() cannot accept positional-only arguments, *args, or **kwargs."),
        (lambda data, **more: 0, "run() cannot accept positional-only arguments, *args, or **kwargs."),
        (lambda request_headers: 0, 'run() needs to accept an argument other than "request_headers".'),
        (lambda: 0, "run() needs to accept an argument for input data."),
    ],
)
def test_a_run_that_no_request_can_satisfy_is_refused_at_start_up(run: Any, message: str) -> None:
    """E-5, E-6."""
    with pytest.raises(UnfitRun) as caught:
        form(run)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    "request_, status, message",
    [
        (post(b"{}", "text/plain"), 415, "Expects Content-Type to be application/json"),
        (post(b"{}", None), 415, "Expects Content-Type to be application/json"),
        (post(b""), 400, "POST body is empty. Expecting a JSON dictionary."),
        (post(b"[1]"), 400, "POST body should be a JSON dictionary."),
        (post(b'{"b": 1}'), 400, "A value is not provided for the 'a' parameter."),
        (
            post(b"{"),
            400,
            "POST body could not be decoded as JSON: "
            "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)",
        ),
    ],
)
def test_a_decorated_run_refuses_what_is_not_its_object(request_: Request, status: int, message: str) -> None:
    """H-30 to H-34."""
    assert refused(form(lambda a, b=2: 0, has_schema=True), request_) == (status, message)


@pytest.mark.parametrize("content_type", [JSON_TYPE, "application/json; charset=utf-8", "application/vnd.x+json"])
def test_a_decorated_run_gets_one_argument_a_parameter(content_type: str) -> None:
    """H-30, H-35, H-36: unknown keys are ignored, defaults used."""
    run_form = form(lambda a, b=2: 0, has_schema=True)
    assert arguments_for(run_form, post(b'{"a": null, "z": 0}', content_type)) == {"a": None, "b": 2}


def test_a_decorated_run_takes_its_arguments_from_a_query_too() -> None:
    """H-39."""
    assert arguments_for(form(lambda a, b=2: 0, has_schema=True), get("a=[1]")) == {"a": [1], "b": 2}


@pytest.mark.parametrize(
    "result, body",
    [
        ({"a": [1, 2.5, True, None]}, b'{"a": [1, 2.5, true, null]}'),
        ("é", b'"\\u00e9"'),
        ('{"a": 1}', b'"{\\"a\\": 1}"'),
        (None, b"{}"),
        ((1, 2), b"[1, 2]"),
        (float("nan"), b"NaN"),
        ([float("inf")], b"[Infinity]"),
        (2**70, b"1180591620717411303424"),
    ],
)
def test_results_become_the_json_that_v1_wrote(result: Any, body: bytes) -> None:
    """H-40 to H-44."""
    response = scored(result, 1.23456)
    assert (response.status, response.body, response.content_type) == (200, body, JSON_TYPE)
    assert response.headers == (("x-ms-run-function-failed", "False"), ("x-ms-run-fn-exec-ms", "1.235"))


def test_a_timeout_names_its_limit() -> None:
    """H-49."""
    response = run_timed_out(250)
    assert (response.status, response.body) == (500, b'{"message": "Scoring timeout after 250 ms"}')
    assert response.headers == (("x-ms-run-function-failed", "True"),)


@pytest.mark.parametrize(
    "headers, expected",
    [
        ({}, {"x-request-id": "new", "x-ms-request-id": "new"}),
        ({"x-request-id": "r"}, {"x-request-id": "r", "x-ms-request-id": "r"}),
        (
            {"x-ms-request-id": "m"},
            {"x-request-id": "new", "x-ms-request-id": "m", "x-ms-client-request-id": "m"},
        ),
        (
            {"x-ms-client-request-id": "c"},
            {"x-request-id": "new", "x-ms-request-id": "c", "x-ms-client-request-id": "c"},
        ),
        (
            {"x-request-id": "r", "x-ms-request-id": "m", "x-ms-client-request-id": "c", "traceid": "t"},
            {"x-request-id": "r", "x-ms-request-id": "m", "x-ms-client-request-id": "c", "TraceId": "t"},
        ),
    ],
)
def test_ids_are_echoed_by_v1s_precedence(headers: Dict[str, str], expected: Dict[str, str]) -> None:
    """H-63 to H-65, H-68."""
    assert dict(id_headers(ids_of(headers, "new"), headers)) == expected


def test_ids_of_the_scripts_own_give_way_to_ours_and_nothing_else_does() -> None:
    """H-67."""
    theirs = (("X-Ms-Request-Id", "script's"), ("x-ms-client-request-id", "kept"), ("TraceId", "a"), ("X-A", "b"))
    ours = (("x-ms-request-id", "ours"), ("TraceId", "t"))
    assert with_ours(theirs, ours) == (*theirs[1:], *ours)


@pytest.mark.parametrize(
    "name, message",
    [
        ("x-request-id", "x-request-id must not exceed 100 characters"),
        ("x-ms-request-id", "x-ms-request-id and x-ms-client-request-id must not exceed 100 characters"),
        ("x-ms-client-request-id", "x-ms-request-id and x-ms-client-request-id must not exceed 100 characters"),
    ],
)
def test_ids_over_100_characters_are_refused(name: str, message: str) -> None:
    """H-66."""
    ids_of({name: "i" * 100}, "new")
    with pytest.raises(Refusal) as caught:
        ids_of({name: "i" * 101}, "new")
    assert (caught.value.status, caught.value.message) == (431, message)


@pytest.mark.parametrize("path", ["/score/", "/nothing", "/Score", "/live/x"])
def test_paths_are_compared_exactly(path: str) -> None:
    """H-7."""
    assert route_of("GET", path) is None


@pytest.mark.parametrize("method, path", [("PUT", "/score"), ("POST", "/"), ("FOO", "/swagger.json")])
def test_a_method_that_a_path_does_not_have_is_refused(method: str, path: str) -> None:
    """H-6."""
    with pytest.raises(NotAllowed) as caught:
        route_of(method, path)
    assert method not in caught.value.allowed and "GET" in caught.value.allowed


def test_what_is_not_served_says_so_in_json() -> None:
    """H-9."""
    for response in (not_found(), not_allowed(("GET",))):
        assert list(json.loads(response.body.decode())) == ["message"]
        assert ("x-ms-run-function-failed", "False") in response.headers
    assert ("Allow", "GET") in not_allowed(("GET",)).headers


def test_the_served_routes_are_found() -> None:
    """H-1 to H-4."""
    assert route_of("HEAD", "/") is Route.HEALTH
    assert [route_of(method, "/score") for method in ("GET", "POST", "OPTIONS", "HEAD")] == [Route.SCORE] * 4
    assert route_of("GET", "//score") is Route.SCORE, "as gunicorn and werkzeug read it"
