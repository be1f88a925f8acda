"""Raw requests: the request object, ``AMLResponse``, and both over HTTP (section 5 of the contract)."""

from typing import Any, Dict, Iterator, List, Optional

import pytest
from server_process import Server
from werkzeug.exceptions import BadRequest

from shipway_serving.contract.environ import environ_of
from shipway_serving.contract.framework_response import is_framework_response, taken_over
from shipway_serving.contract.messages import Request, Response
from shipway_serving.contract.profile import LEGACY, MODERN
from shipway_serving.rawhttp import AMLRequest, AMLResponse, rawhttp
from shipway_serving.rawhttp.decorator import is_raw
from shipway_serving.rawhttp.request import RawRequest

SCRIPT = """
import json
from flask import Response, jsonify, request as current
from shipway_serving.rawhttp import AMLRequest, AMLResponse, rawhttp

def init():
    pass

@rawhttp
def run(request: AMLRequest):
    what = request.args.get("do")
    if what:
        return ACTIONS[what](request)
    return {
        "method": request.method, "body": request.get_data(False).decode("latin-1"), "path": request.full_path,
        "url": request.url, "client": request.remote_addr, "is": isinstance(request, AMLRequest),
        "header": request.headers.get("X-A"), "id": request.headers.get("X-Ms-Request-Id"),
    }

def parts():
    yield "one "
    yield b"two"

def broken_parts():
    yield "one"
    raise ValueError("in the middle")

def changed(request):
    response = AMLResponse(b"\\x89PNG", 200)
    response.mimetype = "image/png"
    response.headers["X-Ms-Request-Id"] = "the script's"
    response.status_code = 201
    return response

ACTIONS = {
    "changed": changed,
    "json": lambda request: request.json,
    "none": lambda request: AMLResponse(None, 404),
    "parts": lambda request: AMLResponse(parts(), 200),
    "broken": lambda request: AMLResponse(broken_parts(), 200),
    "nobody": lambda request: AMLResponse(5, 200),
    "unavailable": lambda request: AMLResponse("no", 503),
    "flask": lambda request: Response("from flask", 202, {"X-B": "1"}),
    "jsonify": lambda request: jsonify(path=current.path, body=current.get_data(as_text=True)),
    "bytes": lambda request: b"bytes",
    "files": lambda request: [request.files["image"].filename, request.files["image"].stream.read().decode()],
    "bare": lambda request: parts(),
    "empty": lambda request: AMLResponse("ignored", 204),
}
"""


def request_of(method: str = "POST", body: bytes = b"", content_type: Optional[str] = None, query: str = "") -> Request:
    headers: Dict[str, str] = {"host": "h:5001", "x-a": "b"}
    if content_type is not None:
        headers["content-type"] = content_type
    return Request(method, "/score", query, headers, body, client="10.0.0.1")


def raw(request: Request) -> Any:
    return RawRequest(environ_of(request))


def sent(result: Any, method: str = "POST", profile: Any = MODERN) -> Response:
    assert is_framework_response(result)
    return taken_over(result, request_of(method), 1.5, profile)


def values(response: Response, name: str) -> List[str]:
    return [value for key, value in response.headers if key.lower() == name]


def test_a_request_has_what_scripts_read() -> None:
    """R-3, R-4: the body whatever the content type is."""
    request = raw(request_of("POST", b"\xff\xd8", "application/json", "a=1&a=2"))
    assert (request.method, request.data, request.get_data(False)) == ("POST", b"\xff\xd8", b"\xff\xd8")
    assert (request.full_path, request.args.getlist("a")) == ("/score?a=1&a=2", ["1", "2"])
    assert (request.url, request.remote_addr) == ("http://h:5001/score?a=1&a=2", "10.0.0.1")
    assert dict(request.headers) == {"Host": "h:5001", "X-A": "b", "Content-Type": "application/json"}


def test_headers_can_be_asked_in_the_way_of_python_2() -> None:
    """R-5: gone from werkzeug 2.2."""
    assert raw(request_of()).headers.has_key("x-A") and not raw(request_of()).headers.has_key("x-b")


@pytest.mark.parametrize("content_type", ["application/json", "application/x+json; charset=utf-8"])
def test_json_is_parsed_when_the_content_type_says_so(content_type: str) -> None:
    """R-5: missing from werkzeug up to 1.0."""
    request = raw(request_of("POST", b'{"a": 1}', content_type))
    assert (request.json, request.get_json(), request.is_json) == ({"a": 1}, {"a": 1}, True)


def test_json_is_none_for_another_content_type_unless_forced() -> None:
    """R-5: as in Flask 1; Flask of today raises."""
    request = raw(request_of("POST", b"[1]", "text/plain"))
    assert (request.json, request.get_json(force=True)) == (None, [1])


def test_json_that_does_not_parse_is_a_bad_request_unless_silent() -> None:
    """As in Flask."""
    request = raw(request_of("POST", b"{", "application/json"))
    assert request.get_json(silent=True) is None
    with pytest.raises(BadRequest):
        request.get_json()


def test_amlrequest_is_a_name_for_annotations() -> None:
    """R-2: nothing is one, but error messages call the request so."""
    request = RawRequest(environ_of(request_of()))
    assert not isinstance(request, AMLRequest)
    with pytest.raises(AttributeError, match="'AMLRequest' object has no attribute 'nothing'"):
        assert request.nothing


@pytest.mark.parametrize(
    "response, body, content_type",
    [
        (AMLResponse("text", 200), b"text", "text/html; charset=utf-8"),
        (AMLResponse(b"\x00", 200, {"Content-Type": "image/png"}), b"\x00", "image/png"),
        (AMLResponse({"a": 1}, 200, {}, json_str=True), b'{"a": 1}', "application/json"),
        (AMLResponse('{"a": 1}', 200, {}, True), b'"{\\"a\\": 1}"', "application/json"),
        (AMLResponse(None, 200), b"{}", "application/json"),
        (AMLResponse(["a", b"b"], 200), b"ab", "text/html; charset=utf-8"),
    ],
)
def test_messages_become_bodies(response: AMLResponse, body: bytes, content_type: str) -> None:
    """R-8, R-9."""
    found = sent(response)
    assert (found.body, values(found, "content-type")) == (body, [content_type])
    assert values(found, "x-ms-run-function-failed") == ["False"]
    assert values(found, "x-ms-run-fn-exec-ms") == ["1.500"]
    assert values(found, "content-length") == [], "the connection writes it"


def test_a_content_type_in_another_case_is_added() -> None:
    """R-9: case matters."""
    found = values(sent(AMLResponse("a", 200, {"content-type": "image/png"})), "content-type")
    assert found == ["text/html; charset=utf-8", "image/png"]


def test_commas_make_several_headers() -> None:
    """R-10."""
    assert values(sent(AMLResponse("a", 200, {"X-A": "b, c"})), "x-a") == ["b", "c"]


def test_a_server_error_of_the_scripts_own_counts_as_a_failure_of_run() -> None:
    """H-45; 0.4 left it alone."""
    assert values(sent(AMLResponse("a", 503)), "x-ms-run-function-failed") == ["True"]
    assert values(sent(AMLResponse("a", 503), profile=LEGACY), "x-ms-run-function-failed") == ["False"]
    assert values(sent(AMLResponse("a", 200, {}, False, True)), "x-ms-run-function-failed") == ["True"]


def test_a_generator_is_streamed_and_a_list_is_not() -> None:
    """H-82."""
    stream = sent(AMLResponse((part for part in ("a", "b")), 200)).stream
    assert stream is not None and list(stream) == [b"a", b"b"]
    assert sent(AMLResponse(["a"], 200)).stream is None
    with_length = sent(AMLResponse((part for part in "ab"), 200, {"Content-Length": "2"}))
    assert (with_length.stream, with_length.body) == (None, b"ab")


def test_a_message_that_is_no_body_or_a_header_that_http_cannot_carry_raises_before_anything_is_sent() -> None:
    """Which makes it a 500."""
    for response in (AMLResponse(5, 200), AMLResponse([1, 2], 200), AMLResponse(iter([1]), 200)):
        with pytest.raises(TypeError):
            sent(response)
    with pytest.raises(UnicodeEncodeError):
        sent(AMLResponse("a", 200, {"X-A": "∞"}))
    for name in ("X-∞", "é", "", "A b", "A:b", "A\r\nB"):
        broken = AMLResponse("a", 200)
        broken.headers._list.append((name, "v"))
        with pytest.raises(ValueError, match="cannot be called"):
            sent(broken)
    for value in ("a\0b", "a\x1fb", "a\x7fb"):
        with pytest.raises(ValueError, match="X-A has a control character"):
            sent(AMLResponse("a", 200, {"X-A": value}))
    assert values(sent(AMLResponse("a", 200, {"X_A": "a\té"})), "x_a") == ["a\té"]
    for status in (99, 1000):
        with pytest.raises(ValueError, match=f"has three digits, and not {status}"):
            sent(AMLResponse("a", status))


def test_what_has_a_length_is_not_streamed() -> None:
    """A dict without json_str is the text of its keys."""
    assert (sent(AMLResponse({"a": 1, "b": 2}, 200)).body, sent(AMLResponse({"a": 1}, 200)).stream) == (b"ab", None)


def test_a_head_request_learns_the_length_of_the_body() -> None:
    """R-7."""
    assert sent(AMLResponse("abc", 200), "HEAD").body == b"abc"


def test_the_decorator_marks_the_function_and_not_the_process() -> None:
    """R-1; with the switch it is as it was."""

    def helper(request: Any) -> int:
        return 0

    def other(request: Any) -> int:
        return 0

    def wrapped(request: Any) -> int:
        return 0

    wrapped.__wrapped__ = helper  # type: ignore[attr-defined]
    assert rawhttp(helper) is helper
    assert [is_raw(helper), is_raw(wrapped), is_raw(other)] == [True, True, False]
    assert is_raw(other, process_wide=True)


# Over HTTP.


@pytest.fixture(scope="module")
def ask(server: Server) -> Iterator[Any]:
    def asked(what: str, body: bytes = b"", method: str = "POST", **headers: str) -> Any:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return server.request(method, f"/score?do={what}", body, named)

    yield asked


@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_every_method_calls_run(server: Server, method: str) -> None:
    """R-7."""
    answer = server.request(method, "/score?a=1", b"x" if method == "POST" else None, {"X-A": "b"})
    seen = answer.json()
    assert (answer.status, seen["method"], seen["path"], seen["header"]) == (200, method, "/score?a=1", "b")
    assert seen["client"] == "127.0.0.1" and seen["is"] is False
    assert seen["url"] == f"http://127.0.0.1:{server.port}/score?a=1"
    assert seen["id"] == answer.headers["x-ms-request-id"]
    assert float(answer.headers["x-ms-run-fn-exec-ms"]) >= 0


def test_head_calls_run_and_gets_the_length(server: Server) -> None:
    """R-7."""
    head = server.request("HEAD", "/score?do=none")
    assert (head.status, head.body, head.headers["content-length"]) == (404, b"", "2")


def test_what_is_changed_after_it_was_made_counts_except_our_ids(ask: Any) -> None:
    """R-10, H-67."""
    answer = ask("changed", x_ms_request_id="mine")
    assert (answer.status, answer.body, answer.headers["content-type"]) == (201, b"\x89PNG", "image/png")
    assert answer.headers["x-ms-request-id"] == "mine"


def test_streams_arrive_whole_and_the_connection_goes_on(server: Server) -> None:
    """H-82."""
    connection = server.connect()
    for _ in range(2):
        connection.request("POST", "/score?do=parts", b"")
        response = connection.getresponse()
        assert (response.getheader("transfer-encoding"), response.read()) == ("chunked", b"one two")
    connection.close()


def test_a_stream_that_breaks_does_not_look_whole(server: Server, ask: Any) -> None:
    """The reason is in the log and the next request is served."""
    with pytest.raises(Exception, match=r"IncompleteRead|Connection"):
        ask("broken")
    assert "in the middle" in server.logged("run() failed in the middle of its stream")["message"]
    assert ask("none").status == 404


def test_json_of_another_content_type_is_none(ask: Any) -> None:
    """R-5, and H-42."""
    assert ask("json", b"[1]", content_type="text/plain").body == b"{}"
    assert ask("json", b"[1]", content_type="application/json").json() == [1]


LATE = """
def init():
    pass

def answer(value):
    from flask import jsonify
    return jsonify(value)

def run(data):
    return answer([data])
"""


def test_flask_may_be_imported_as_late_as_in_run(serve: Any) -> None:
    """v1's server was a Flask application, whenever the script came to know of it."""
    answer = serve(script=LATE).healthy().score("a")
    assert (answer.status, answer.json()) == (200, ["a"])


def test_flask_responses_pass_and_flask_knows_the_request(ask: Any) -> None:
    """H-45: without the header that only AMLResponse sets."""
    answer = ask("flask")
    assert (answer.status, answer.body, answer.headers["x-b"]) == (202, b"from flask", "1")
    assert "x-ms-run-function-failed" not in answer.headers
    assert ask("jsonify", b"body").json() == {"path": "/score", "body": "body"}


def test_bytes_and_bare_generators_are_no_results(ask: Any) -> None:
    """H-46, R-6."""
    assert [ask(what).status for what in ("bytes", "bare", "nobody")] == [500] * 3


def test_files_of_a_form_can_be_read(ask: Any) -> None:
    """R-3."""
    body = b'--x\r\nContent-Disposition: form-data; name="image"; filename="a.jpg"\r\n\r\nABC\r\n--x--\r\n'
    assert ask("files", body, content_type="multipart/form-data; boundary=x").json() == ["a.jpg", "ABC"]


def test_an_empty_response_has_no_body_and_no_length(ask: Any) -> None:
    """Any status is passed on."""
    answer = ask("empty")
    assert (answer.status, answer.body) == (204, b"") and "content-length" not in answer.headers


def test_a_server_error_of_the_scripts_own_is_passed_on(ask: Any) -> None:
    """H-45."""
    answer = ask("unavailable")
    assert (answer.status, answer.body, answer.headers["x-ms-run-function-failed"]) == (503, b"no", "True")


def test_a_decorated_helper_leaves_run_alone_unless_the_switch_is_on(serve: Any, tmp_path: Any) -> None:
    """R-1."""
    other_folder = tmp_path / "other"
    other_folder.mkdir()
    script = """
from shipway_serving.rawhttp import rawhttp

@rawhttp
def helper(request):
    pass

def init():
    pass

def run(data):
    return type(data).__name__
"""
    assert serve(script=script).healthy().score("x").json() == "str"
    switched = serve("--v1_bugs", "rawhttp-global", script=script, folder=other_folder).healthy()
    assert switched.score("x").json() == "AMLRequest"


def test_raw_and_schema_together_stop_the_start(serve: Any) -> None:
    """E-8."""
    script = """
from inference_schema.parameter_types.standard_py_parameter_type import StandardPythonParameterType
from inference_schema.schema_decorators import input_schema
from shipway_serving.rawhttp import rawhttp

def init():
    pass

@rawhttp
@input_schema("data", StandardPythonParameterType(1))
def run(data):
    return data
"""
    server = serve(script=script)
    assert server.exit_code() == 3
    assert server.logged("run() cannot be decorated with both @rawhttp and @input_schema")


def test_json_is_made_by_the_standard_library(ask: Any) -> None:
    """R-6 goes through H-40."""
    assert ask("json", b'{"a": 1e400}', content_type="application/json").body == b'{"a": Infinity}'
