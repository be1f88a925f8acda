"""Section 4."""

import json

from tests.parity.cases.case import FORM, JSON, MULTIPART, TEXT, Case, ask, get, multipart, post
from tests.parity.exchanges import Ask, Headers
from tests.parity.servers import Setup

_ECHO = Setup("echo")
_RETURNS = Setup("returns")
_METHODS = ("GET", "HEAD", "POST", "OPTIONS", "PUT", "DELETE", "PATCH", "PROPFIND")
_LONG = "x" * 101
_JUST = "x" * 100
_CORS_ONE = Setup("echo", variables=(("AML_CORS_ORIGINS", "https://a.example"),))
_CORS_TWO = Setup("echo", variables=(("AML_CORS_ORIGINS", "https://a.example, https://b.example"),))
_CORS_ALL = Setup("echo", variables=(("AML_CORS_ORIGINS", "*"),))


def _ids(**values: str) -> Headers:
    return (*JSON, *((name.replace("_", "-"), value) for name, value in values.items()))


def _cors(origin: str | None, *targets: str) -> tuple[Ask, ...]:
    sent = (("Origin", origin),) if origin else ()
    preflight = (*sent, ("Access-Control-Request-Method", "POST"), ("Access-Control-Request-Headers", "X-A, X-B"))
    plain = tuple(get(target, sent) for target in targets)
    return (*plain, post("1", (*JSON, *sent)), ask("OPTIONS", "/score", preflight), ask("PUT", "/score", sent))


_ROUTES = (
    Case("health", ("H-1",), _ECHO, (get("/"), ask("HEAD", "/"), get("/?a=1")), smoke=True),
    Case("health-other-methods", ("H-1", "H-9"), _ECHO, tuple(ask(method, "/") for method in _METHODS[2:])),
    Case("score-methods", ("H-2", "H-3", "H-4", "H-5", "H-6"), _ECHO, tuple(map(ask, _METHODS)), smoke=True),
    Case(
        "unknown-paths",
        ("H-7", "H-9"),
        _ECHO,
        tuple(
            ask(method, path)
            for method in ("GET", "POST", "OPTIONS", "HEAD")
            for path in ("/score/", "/Score", "/nothing", "/score/x", "/api/v1/service/a/score")
        ),
        smoke=True,
    ),
    Case(
        "odd-paths",
        ("H-7",),
        _ECHO,
        tuple(get(path) for path in ("//", "//score", "/%73core", "/score?", "/score;a", "/swagger.json/", "/./score")),
    ),
    Case("not-a-method", ("H-9",), _ECHO, (ask("get"), ask("get", "/"))),
    Case(
        "paths-beyond-v1",
        ("H-7",),
        _ECHO,
        (
            get("/live"),
            get("/ready"),
            get("/metrics"),
            get("/v2/health/live"),
            get("/ping"),
            post("1", target="/invocations"),
        ),
    ),
    Case("a-header-of-9000-bytes", ("H-81",), _ECHO, (post("1", (("X-Long", "x" * 9000),)),)),
    Case(
        "a-body-limit",
        ("H-81",),
        Setup("echo", variables=(("SHIPWAY_MAX_BODY_BYTES", "1000"),)),
        (post("x" * 1001), post("x" * 1000)),
    ),
    Case("swagger-methods", ("H-8", "H-9"), _ECHO, tuple(ask(method, "/swagger.json") for method in _METHODS[1:])),
)

_REQUESTS = (
    Case(
        "content-type-is-ignored",
        ("H-20", "H-23", "H-24"),
        _ECHO,
        (
            post('{"a": "ü"}'),
            post("text", TEXT),
            post("none", ()),
            post("", ()),
            post(""),
            post("<a/>", (("Content-Type", "application/xml; charset=latin-1"),)),
            post("x", (("Content-Type", "nonsense"),)),
            post('"zipped"', (*JSON, ("Content-Encoding", "gzip"))),
            post("\ufeff[1]"),
            post("a\x00b\r\n"),
        ),
        smoke=True,
    ),
    Case(
        "forms-are-consumed",
        ("H-21",),
        _ECHO,
        (
            post("a=1&b=2", FORM),
            post("a=1", (("Content-Type", "application/x-www-form-urlencoded; charset=utf-8"),)),
            post("a=1", (("Content-Type", "Application/X-WWW-Form-UrlEncoded"),)),
            post(multipart(('name="a"', b"1")), MULTIPART),
            post("not a form", MULTIPART),
            post("no boundary", (("Content-Type", "multipart/form-data"),)),
            post(b"\xff\xfe", FORM),
        ),
        smoke=True,
    ),
    Case(
        "not-utf-8",
        ("H-22",),
        _ECHO,
        (post(b"\xff"), post(b"abc\xc3"), post(b"\xed\xa0\x80"), post(b"ok\x80ok"), post(b"\xf8\x88\x80\x80\x80")),
        smoke=True,
    ),
    Case(
        "queries",
        ("H-3", "H-25"),
        _ECHO,
        tuple(
            get(f"/score{text}")
            for text in (
                "",
                "?",
                "?a=1&b=x&c=[1,2]&d=null&e=1.50",
                "?a=1&a=2&b=3&a=z",
                "?a&b=&=c",
                "?a=%C3%BC&b=a+b&c=%2B",
                "?a=%FF",
                "?a=1;b=2",
                "?a=NaN&b=Infinity&c=1e400&d=12345678901234567890123",
                '?a="x"&b={"c":[true,false]}&d={bad',
                "?a=+1&b=01&c=%201%20",
                "?a[]=1&a[]=2",
                "?__proto__=1&a%00b=1",
            )
        ),
        smoke=True,
    ),
    Case(
        "get-with-a-body",
        ("H-3", "H-25"),
        _ECHO,
        (ask("GET", "/score?a=1", (*JSON, ("Content-Length", "3")), b"[1]"),),
    ),
    Case(
        "chunked-bodies",
        ("H-20", "H-23"),
        _ECHO,
        (
            Ask("POST", "/score", (*JSON, ("Transfer-Encoding", "chunked")), b"3\r\n[1,\r\n2\r\n2]\r\n0\r\n\r\n"),
            Ask("POST", "/score", (*JSON, ("Transfer-Encoding", "chunked")), b"0\r\n\r\n"),
            Ask("POST", "/score", (*FORM, ("Transfer-Encoding", "chunked")), b"3\r\na=1\r\n0\r\n\r\n"),
        ),
        smoke=True,
    ),
    Case("a-large-body", ("H-20", "H-81"), _ECHO, (post(json.dumps("x" * 2_000_000)),)),
)

_RESULTS = (
    Case(
        "json-values",
        ("H-40", "H-43", "H-44"),
        _RETURNS,
        tuple(
            post(expression, TEXT)
            for expression in (
                "[1, 2.5, True, None, 'ü', '\\ud800', '</script>', '\\x7f']",
                "{'a': {'b': []}, 1: 2, None: 3, True: 4, 1.5: 5}",
                "0",
                "-0.0",
                "False",
                "12345678901234567890123",
                "1e400",
                "[float('nan'), float('inf'), -float('inf')]",
                "1e16",
                "0.1",
                "(1, (2, 3))",
                "()",
                "[]",
                "{}",
                "Colour.RED",
                "Point(1, 2)",
                "collections.OrderedDict(b=1, a=2)",
                "collections.defaultdict(list, a=[1])",
            )
        ),
        smoke=True,
    ),
    Case(
        "texts",
        ("H-41", "E-11"),
        _RETURNS,
        tuple(post(expression, TEXT) for expression in ("'a'", "''", "'[1, 2]'", "'\"q\"\\\\ \\n'", "'ü∞😀'")),
        smoke=True,
    ),
    Case("nothing", ("H-42",), _RETURNS, (post("None", TEXT),), smoke=True),
    Case(
        "not-json",
        ("H-46",),
        _RETURNS,
        tuple(
            post(expression, TEXT)
            for expression in (
                "{1, 2}",
                "b'bytes'",
                "(x for x in [1])",
                "iter([1])",
                "datetime.datetime(2020, 1, 1)",
                "decimal.Decimal('1.5')",
                "uuid.UUID(int=1)",
                "1j",
                "object()",
                "len",
                "{(1, 2): 3}",
                "{'a': {1}}",
                "range(3)",
                "NotImplemented",
                "(lambda a: a.append(a) or a)([])",
            )
        ),
        smoke=True,
    ),
    Case(
        "numpy-and-pandas",
        ("H-46",),
        _RETURNS,
        tuple(
            post(expression, TEXT)
            for expression in (
                "np.array([1, 2])",
                "np.int64(3)",
                "np.float64(3.5)",
                "np.float32(3.5)",
                "np.bool_(True)",
                "np.float64('nan')",
                "[np.int64(1)]",
                "np.array([1, 2]).tolist()",
                "np.str_('text')",
                "pd.DataFrame({'a': [1]})",
                "pd.DataFrame({'a': [1]}).to_json()",
                "pd.Timestamp(0)",
                "pd.NA",
            )
        ),
    ),
    Case(
        "like-a-legacy-response",
        ("H-50",),
        _RETURNS,
        (post("{'aml_response_headers': {'x-a': '1'}, 'aml_response_body': [1]}", TEXT),),
    ),
    Case(
        "exceptions",
        ("H-47",),
        Setup("raises"),
        tuple(
            post(name, TEXT)
            for name in ("value", "empty", "key", "own", "unspeakable", "json", "deep", "stop", "not-ascii", "fine")
        ),
        smoke=True,
    ),
    Case("a-timeout-of-the-scripts-own", ("H-47", "H-49"), Setup("raises"), (post("timeout", TEXT),)),
    Case("errors-of-the-framework", ("H-47",), Setup("http_errors"), (post("bad"), post("absent"), post("fine"))),
    Case(
        "scoring-timeout",
        ("H-49",),
        Setup("slow", variables=(("SCORING_TIMEOUT_MS", "300"),)),
        (post("slow"), post("fine"), post("caught"), post("pauses")),
        smoke=True,
    ),
    Case(
        "worker-timeout", ("H-80",), Setup("slow", variables=(("WORKER_TIMEOUT", "2"),)), (post("slow"), post("fine"))
    ),
    Case(
        "responses-of-the-scripts-own",
        ("H-45", "H-60", "H-67", "H-73"),
        Setup("plain_response"),
        tuple(post(text) for text in ("200", "201", "204", "304", "404", "429", "499", "500", "503", "599", "cors")),
    ),
    Case(
        "flasks-responses", ("H-43", "H-45"), Setup("flask_response"), (post("response"), post("cookie"), post("pair"))
    ),
)

_HEADERS = (
    Case(
        "what-every-response-carries",
        ("H-60", "H-61", "H-62", "H-63"),
        _ECHO,
        (post("1"), get("/"), get("/swagger.json")),
    ),
    Case(
        "ids",
        ("H-63", "H-64", "H-65"),
        _ECHO,
        tuple(
            post("1", headers)
            for headers in (
                _ids(x_request_id="a"),
                _ids(x_ms_request_id="b"),
                _ids(x_ms_client_request_id="c"),
                _ids(x_request_id="a", x_ms_request_id="b"),
                _ids(x_request_id="a", x_ms_client_request_id="c"),
                _ids(x_ms_request_id="b", x_ms_client_request_id="c"),
                _ids(x_request_id="a", x_ms_request_id="b", x_ms_client_request_id="c"),
                _ids(x_request_id=""),
                _ids(x_ms_request_id=""),
                _ids(x_ms_client_request_id=""),
                _ids(x_request_id=_JUST, x_ms_request_id=_JUST, x_ms_client_request_id=_JUST),
                _ids(x_request_id="a b,c;d"),
                (*_ids(x_request_id="a"), ("X-Request-Id", "b")),
            )
        ),
        smoke=True,
    ),
    Case(
        "ids-that-are-too-long",
        ("H-66",),
        _ECHO,
        tuple(
            each
            for headers in (
                _ids(x_request_id=_LONG),
                _ids(x_ms_request_id=_LONG),
                _ids(x_ms_client_request_id=_LONG),
                _ids(x_request_id=_LONG, x_ms_client_request_id="c"),
                _ids(x_request_id="a", x_ms_request_id="b", x_ms_client_request_id=_LONG),
            )
            for each in (post("1", headers), get("/", headers), get("/nothing", headers))
        ),
        smoke=True,
    ),
    Case("trace-id", ("H-68",), _ECHO, (post("1", (("TraceId", "t"),)), get("/", (("traceid", ""),))), smoke=True),
    Case(
        "server-version-replaced",
        ("H-62",),
        Setup("echo", variables=(("HTTP_X_MS_SERVER_VERSION", "mine/9"),), by_variables=True),
        (post("1"), get("/")),
    ),
    Case(
        "server-version-off",
        ("H-62",),
        Setup("echo", variables=(("SERVER_VERSION_LOG_RESPONSE_ENABLED", "false"),)),
        (post("1"), get("/")),
    ),
)

_CORS = (
    Case("no-cors", ("H-70",), _ECHO, _cors("https://a.example", "/", "/swagger.json"), smoke=True),
    Case("cors-one-origin", ("H-71", "H-72"), _CORS_ONE, _cors("https://a.example", "/", "/swagger.json", "/nothing")),
    Case("cors-no-origin", ("H-72",), _CORS_ONE, _cors(None, "/")),
    Case("cors-another-origin", ("H-72",), _CORS_ONE, _cors("https://evil.example", "/")),
    Case("cors-two-origins", ("H-70", "H-72"), _CORS_TWO, (*_cors("https://b.example", "/"), *_cors(None, "/"))),
    Case("cors-any-origin", ("H-70", "H-72"), _CORS_ALL, (*_cors("https://b.example", "/"), *_cors(None, "/"))),
)

_SERVICE = (
    ("SERVICE_NAME", "churn"),
    ("SERVICE_VERSION", "7"),
    ("SERVICE_PATH_PREFIX", "api/v1/service/churn"),
)
_VERSIONS = ("", "2", "2.0", "3", "3.0", "3.1", "4", "", "3.10", "x y", "2&version=3")


def _swaggers() -> tuple[Ask, ...]:
    asked = tuple(get(f"/swagger.json?version={version.replace(' ', '%20')}") for version in _VERSIONS)
    return (get("/swagger.json"), *asked, get("/swagger.json?other=3"))


_SWAGGERS_OF = tuple(
    Case(f"swagger-of-{script.replace('_', '-')}", ("H-90", "H-91", *ids), Setup(script), _swaggers())
    for script, ids in (
        ("echo", ("H-92", "H-94", "H-95")),
        ("headers_first", ("H-92", "H-95")),
        ("defaults", ("H-95",)),
        ("raw_mirror", ("H-92", "H-95")),
        ("schema_numpy", ("H-94", "H-96")),
        ("schema_pandas", ("H-96", "S-3")),
        ("schema_python", ("H-96", "S-1")),
        ("schema_required", ("H-95", "H-96")),
        ("schema_nested", ("H-96", "S-10")),
        ("schema_output", ("H-95", "H-96", "S-2")),
        ("schema_mixed", ("H-91", "S-9")),
    )
)
_SWAGGER = (
    *_SWAGGERS_OF,
    Case("swagger-of-a-named-service", ("H-94",), Setup("echo", variables=_SERVICE), (*_swaggers(), post("1"))),
    Case(
        "swagger-files",
        ("H-93",),
        Setup(
            "echo",
            files=(
                ("swagger2.json", '{"two": 2.50}'),
                ("swagger3.json", '{"three": "ü"}'),
                ("swagger3.1.json", '[\n"any JSON"]'),
            ),
        ),
        _swaggers(),
    ),
    Case(
        "swagger-file-of-the-old-name",
        ("H-93",),
        Setup("echo", files=(("swagger.json", '{"old": 1}'), ("swagger2.json", '{"two": 2}'))),
        _swaggers(),
    ),
)

CASES = _ROUTES + _REQUESTS + _RESULTS + _HEADERS + _CORS + _SWAGGER
