"""Section 5."""

from tests.parity.cases.case import FORM, JSON, MULTIPART, TEXT, Case, ask, get, multipart, post, query
from tests.parity.exchanges import Ask
from tests.parity.servers import Setup

_MIRROR = Setup("raw_mirror")
_RESPONSE = Setup("raw_response")
_JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF"
_UPLOAD = multipart(
    ('name="file"; filename="a.jpg"', _JPEG), ('name="file"; filename="b.txt"', b"b"), ('name="note"', b"hello")
)


def _shown(*members: str, method: str = "POST", headers: tuple[tuple[str, str], ...] = JSON, body: bytes = b"") -> Ask:
    return Ask(method, query("/score", show=list(members), other="a b"), headers, body)


def _answers(*expressions: str) -> tuple[Ask, ...]:
    return tuple(post(expression, TEXT) for expression in expressions)


CASES = (
    Case(
        "raw-members",
        ("R-2", "R-3", "H-61"),
        _MIRROR,
        (
            _shown("method", "path", "full_path", "data", "args", "content_type", body=b'{"a": 1}'),
            _shown("json", "is_json", "mimetype", body=b'{"a": [1, 2]}'),
            _shown("url", "base_url", "host", "scheme", "query_string_length"),
            _shown("url", "base_url", "host", "scheme", "content_length", body=b"12"),
            _shown("headers", headers=(*JSON, ("x-a", "1"), ("X-A", "2"))),
            _shown("isinstance"),
        ),
    ),
    Case(
        "raw-bodies",
        ("R-3", "R-4"),
        _MIRROR,
        (
            _shown("get_data", "data", body=_JPEG),
            _shown("get_data", headers=FORM, body=b"a=1"),
            _shown("data", headers=FORM, body=b"a=1"),
            _shown("form", headers=FORM, body=b"a=1&a=2&b=%C3%BC"),
            _shown("files", "form", headers=MULTIPART, body=_UPLOAD),
            _shown("stream", headers=MULTIPART, body=_UPLOAD),
            _shown("stream", headers=JSON, body=b"{}"),
            _shown("files", headers=MULTIPART, body=b"broken"),
            _shown("get_text", headers=TEXT, body="ü".encode()),
            _shown("get_text", headers=TEXT, body=b"\xff"),
            _shown("get_data", headers=(), body=b""),
        ),
    ),
    Case(
        "raw-json",
        ("R-3", "R-5"),
        _MIRROR,
        (
            _shown("json", body=b"{"),
            _shown("json", body=b""),
            _shown("json", headers=(("Content-Type", "application/vnd.x+json"),), body=b"[1]"),
        ),
    ),
    Case("raw-json-of-another-type", ("R-5",), _MIRROR, (_shown("json", headers=TEXT, body=b"[1]"),)),
    Case("raw-has-key", ("R-5",), _MIRROR, (_shown("has_key"),)),
    Case(
        "raw-methods",
        ("R-7", "H-4", "H-5"),
        Setup("raw_methods"),
        (post("data"), *(ask(method) for method in ("GET", "OPTIONS", "HEAD", "PUT", "DELETE", "PATCH"))),
    ),
    Case(
        "raw-methods-mirrored",
        ("R-7", "H-4", "H-5"),
        _MIRROR,
        tuple(_shown("method", method=method, headers=()) for method in ("GET", "OPTIONS", "HEAD", "POST", "PUT")),
    ),
    Case(
        "raw-plain-values",
        ("R-6", "H-42", "H-46"),
        _RESPONSE,
        _answers("{'a': 1}", "'text'", "None", "b'bytes'", "[1, 2]", "('a', 404)", "1/0", "request", "request.headers"),
    ),
    Case(
        "aml-response-texts",
        ("R-8", "R-9", "R-10"),
        _RESPONSE,
        _answers(
            "AMLResponse('text', 200)",
            "AMLResponse('ü', 200)",
            "AMLResponse(b'\\xff\\x00', 200)",
            "AMLResponse('', 200)",
            "AMLResponse(None, 200)",
            "AMLResponse(None, 400, {'X-A': '1'})",
            "AMLResponse(None, 200, json_str=True)",
            "AMLResponse({'a': [1]}, 200, json_str=True)",
            "AMLResponse('{}', 200, json_str=True)",
            "AMLResponse({'a': 1}, 200)",
            "AMLResponse([1, 2], 200)",
            "AMLResponse(['a', 'b'], 200)",
            "AMLResponse(5, 200)",
            "AMLResponse({1}, 200, json_str=True)",
            "AMLResponse(float('nan'), 200, json_str=True)",
        ),
    ),
    Case(
        "aml-response-statuses",
        ("R-8", "R-10", "H-45"),
        _RESPONSE,
        _answers(
            *(
                f"AMLResponse('body', {code})"
                for code in (201, 202, 204, 205, 301, 304, 400, 401, 404, 418, 451, 499, 500, 599, 600, 799)
            ),
            "AMLResponse('body', '404')",
            "AMLResponse('body', '200 Fine')",
            "AMLResponse('body', None)",
            "AMLResponse('body', 500, run_function_failed=True)",
            "AMLResponse('body', 200, run_function_failed=True)",
        ),
    ),
    Case(
        "aml-response-headers",
        ("R-8", "R-9", "R-10", "H-67"),
        _RESPONSE,
        _answers(
            "AMLResponse('a,b', 200, {'Content-Type': 'text/csv'})",
            "AMLResponse('a,b', 200, {'content-type': 'text/csv'})",
            "AMLResponse('a,b', 200, {'Content-Type': 'text/csv'}, json_str=True)",
            "AMLResponse('a', 200, {'X-Many': 'a, b,c'})",
            "AMLResponse('a', 200, {'Set-Cookie': 'a=1, b=2'})",
            "AMLResponse('a', 200, {'Date': 'Thu, 01 Jan 1970 00:00:00 GMT'})",
            "AMLResponse('a', 200, {'x-request-id': 'mine', 'x-ms-request-id': 'mine'})",
            "AMLResponse('a', 200, {'x-ms-client-request-id': 'mine', 'X-MS-Request-Id': 'mine'})",
            "AMLResponse('a', 200, {'x-ms-run-function-failed': 'maybe', 'x-ms-run-fn-exec-ms': '0.001'})",
            "AMLResponse('a', 200, {'x-ms-server-version': 'mine/1'})",
            "AMLResponse('a', 200, {'Content-Length': '1'})",
            "AMLResponse('a', 200, {'X-Number': 5})",
            "AMLResponse('a', 200, {'X-Empty': ''})",
            "AMLResponse('a', 200, {'Access-Control-Allow-Origin': '*'})",
            "AMLResponse('a', 200, {'X-Break': 'a\\r\\nX-Evil: 1'})",
            "AMLResponse('a', 200, {'X-Not-Latin': '∞'})",
            "AMLResponse('a', 200, {'X-Latin': 'ü'})",
            "changed(AMLResponse('a', 200))",
        ),
    ),
    Case(
        "aml-response-to-head",
        ("R-7", "R-10"),
        _RESPONSE,
        (ask("HEAD", query("/score", expression="AMLResponse('four', 200)")),),
    ),
    Case("raw-decorator-elsewhere", ("R-1",), Setup("raw_elsewhere"), (post("1"),)),
    Case("raw-new-import-names", ("R-11",), Setup("raw_new_names"), (post('{"data": [1, 2]}'), post("{"))),
    Case(
        "streaming",
        ("H-82",),
        Setup("streams"),
        tuple(get(query("/score", what=what)) for what in ("text", "bytes", "list", "nothing", "events", "bare")),
    ),
    Case("raw-undecorated-get", ("R-7", "H-3"), _MIRROR, (get(query("/score", show="data")),)),
)
