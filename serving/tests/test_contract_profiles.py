"""What 0.4, the server of 2021, answered otherwise: the legacy profile. Its answers were seen on a running 0.4.13."""

import inspect
from typing import Any, Optional

import pytest

from shipway_serving.contract.arguments import arguments_for
from shipway_serving.contract.messages import HTML, Refusal, Request, Response
from shipway_serving.contract.profile import LEGACY, MODERN, profile_named
from shipway_serving.contract.queries import query_values
from shipway_serving.contract.request_ids import id_headers, ids_of
from shipway_serving.contract.results import not_called, not_json, refused, run_raised, run_timed_out, scored
from shipway_serving.contract.routes import not_allowed, not_found
from shipway_serving.contract.run_form import UnfitRun, form_of


def form(run: Any, has_schema: bool = False) -> Any:
    return form_of(inspect.signature(run), has_schema=has_schema, profile=LEGACY)


def answer_to(body: bytes, content_type: Optional[str] = "application/json", *, has_schema: bool = True) -> Response:
    """The response to a refused request."""
    headers = {} if content_type is None else {"content-type": content_type}
    request = Request("POST", "/score", "", headers, body)
    with pytest.raises(Refusal) as caught:
        arguments_for(form(lambda a, b: 0, has_schema) if has_schema else form(lambda a: 0), request, LEGACY)
    return refused(caught.value, LEGACY)


def test_profiles_are_found_by_name() -> None:
    """As the settings name them."""
    assert (profile_named("modern"), profile_named("legacy")) == (MODERN, LEGACY)


@pytest.mark.parametrize(
    "response, text",
    [
        (run_raised(ValueError("division by zero"), LEGACY), b"division by zero"),
        (run_raised(KeyError("a"), LEGACY), b"'a'"),
        (run_timed_out(250, LEGACY), b"Scoring timeout after 250 ms"),
    ],
)
def test_a_failing_run_shows_its_exception_as_html(response: Response, text: bytes) -> None:
    """H-47, H-49."""
    assert response == Response(500, text, HTML, (("x-ms-run-function-failed", "True"),))


def test_a_result_that_is_no_json_shows_the_traceback() -> None:
    """H-46."""
    response = not_json(LEGACY, "Traceback ...\nTypeError: no")
    text = b"An unexpected internal error occurred. Encountered Exception: Traceback ...\nTypeError: no"
    assert response == Response(500, text, HTML, (("x-ms-run-function-failed", "False"),))


def test_bad_text_and_bad_json_are_internal_errors_with_a_traceback() -> None:
    """H-22, H-31, H-32."""
    for response in (answer_to(b"\xff", has_schema=False), answer_to(b""), answer_to(b"{")):
        assert (response.status, response.content_type) == (500, HTML)
        assert response.body.startswith(b"An unexpected internal error occurred. Encountered Exception: Traceback")
        assert response.headers == (("x-ms-run-function-failed", "False"),)


@pytest.mark.parametrize(
    "body, text",
    [
        (b"5", b"'int' object has no attribute 'copy'"),
        (b"null", b"'NoneType' object has no attribute 'copy'"),
        (b"[1]", b"run() argument after ** must be a mapping, not list"),
    ],
)
def test_json_that_is_no_object_is_a_failure_of_run(body: bytes, text: bytes) -> None:
    """H-33."""
    assert answer_to(body) == Response(500, text, HTML, (("x-ms-run-function-failed", "True"),))


def test_an_objects_keys_are_arguments_whatever_run_declares() -> None:
    """H-34 to H-36: what is missing or too much is run's TypeError."""
    request = Request("POST", "/score", "", {"content-type": "application/json"}, b'{"a": 1, "z": 2}')
    assert arguments_for(form(lambda a, b=3: 0, True), request, LEGACY) == {"a": 1, "z": 2}


@pytest.mark.parametrize("content_type", ["application/vnd.x+json", "Application/JSON", "text/plain", None])
def test_only_exactly_application_json_is_json(content_type: Optional[str]) -> None:
    """H-30; the refusal is JSON here too."""
    response = answer_to(b"{}", content_type)
    assert (response.status, response.body) == (415, b'{"message": "Expects Content-Type to be application/json"}')


def test_forms_are_known_by_their_exact_name() -> None:
    """H-21."""
    request = Request("POST", "/score", "", {"content-type": "Application/X-WWW-Form-UrlEncoded"}, b"a=1")
    assert arguments_for(form(lambda data: 0), request, LEGACY) == {"data": "a=1"}


def test_bad_escapes_in_a_query_differ() -> None:
    """H-25: werkzeug of the two times."""
    assert query_values("a=%ff&b=%c3%a9", MODERN) == {"a": "%FF", "b": "é"}
    assert query_values("a=%ff&b=%c3%a9", LEGACY) == {"a": "\ufffd", "b": "é"}


def test_options_is_refused_in_json_text() -> None:
    """H-4."""
    response = refused(not_called("OPTIONS", LEGACY), LEGACY)
    assert (response.status, response.body) == (405, b'"Method not allowed"')
    assert refused(not_called("OPTIONS")) == Response(200, b"", HTML, (("x-ms-run-function-failed", "False"),))
    assert refused(not_called("HEAD")).body == b'{"message": "Method not allowed"}'


def test_missing_pages_are_html() -> None:
    """H-9."""
    missing = not_found(LEGACY)
    assert (missing.status, missing.content_type, len(missing.body)) == (404, HTML, 232)
    assert b"<title>404 Not Found</title>\n<h1>Not Found</h1>\n<p>The requested URL" in missing.body
    refusal = not_allowed(("GET",), LEGACY)
    assert (refusal.status, len(refusal.body), refusal.headers) == (405, 178, (("Allow", "GET"),))


def test_a_dict_may_name_headers_and_body() -> None:
    """H-50."""
    result = {"aml_response_headers": {"A": "b, c"}, "aml_response_body": [1]}
    response = scored(result, 1, LEGACY)
    assert response.body == b"[1]"
    assert response.headers[1:3] == (("A", "b"), ("A", "c"))
    assert scored({"aml_response_headers": {"A": "b"}}, 1, LEGACY).body == b"{}"
    assert scored({"aml_response_body": 5}, 1, LEGACY).body == b"5"
    assert scored({"a": 5}, 1, LEGACY).body == b'{"a": 5}'
    assert scored({"aml_response_body": 5}, 1).body == b'{"aml_response_body": 5}', "not any more"
    for headers in ({"A": "b\r\nC: d"}, {"A\r\nC": "d"}, {"\u2202": "d"}, {"A": "\u2202"}):
        with pytest.raises(ValueError):
            scored({"aml_response_headers": headers}, 1, LEGACY)


def test_there_is_one_id() -> None:
    """H-69, and no limit to it."""
    headers = {"x-request-id": "r", "x-ms-client-request-id": "c", "traceid": "t"}
    assert id_headers(ids_of(headers, "new", LEGACY), headers) == (("x-ms-request-id", "new"), ("TraceId", "t"))
    long_id = "i" * 101
    assert ids_of({"x-ms-request-id": long_id}, "new", LEGACY).legacy_id == long_id


@pytest.mark.parametrize(
    "run, parameters, wants_headers",
    [
        (lambda data: 0, ("data",), False),
        (lambda request_headers: 0, ("request_headers",), False),
        (lambda data, request_headers: 0, ("data",), True),
        (lambda request_headers, data: 0, ("data",), True),
        (lambda **more: 0, ("more",), False),
        (lambda data, **more: 0, ("input",), False),
    ],
)
def test_run_is_called_by_its_parameters_names_alone(run: Any, parameters: Any, wants_headers: bool) -> None:
    """E-6: keyword arguments were accepted; two parameters without headers got one called input."""
    found = form(run)
    assert (found.parameters, found.wants_headers) == (parameters, wants_headers)


@pytest.mark.parametrize(
    "run, message",
    [
        (lambda a, b, c: 0, "run() has too many parameters"),
        (lambda: 0, "run() has zero parameters, but needs to have at least one"),
    ],
)
def test_a_run_with_no_parameter_or_more_than_two_stops_the_start(run: Any, message: str) -> None:
    """E-7 was stricter then."""
    with pytest.raises(UnfitRun) as caught:
        form(run)
    assert str(caught.value) == message


def test_the_profile_is_chosen_by_a_flag(serve: Any) -> None:
    """H-4, H-5, H-9, H-47, H-69 over HTTP."""
    script = "def init(): pass\ndef run(data, request_headers): return 1 / len(data.strip('{}'))\n"
    server = serve("--profile", "legacy", script=script).healthy()
    failed = server.score("")
    assert (failed.status, failed.body) == (500, b"division by zero")
    assert failed.headers["x-ms-run-function-failed"] == "True"
    assert "x-request-id" not in failed.headers and "x-ms-server-version" not in failed.headers
    missing = server.request("GET", "/nothing", headers={"x-ms-request-id": "mine"})
    assert (missing.status, missing.headers["content-type"]) == (404, HTML)
    assert missing.headers["x-ms-request-id"] == "mine"
    assert server.request("OPTIONS", "/score").status == 405
    assert server.request("HEAD", "/score?a=1").status == 200
    undeclared = server.request("GET", "/swagger.json")
    assert (undeclared.status, undeclared.body) == (404, b'"Swagger not found"')
