"""Sections 4.3 and 6."""

from tests.parity.cases.case import FORM, JSON, MULTIPART, TEXT, Case, ask, get, multipart, post, post_json
from tests.parity.servers import Setup

_NUMPY = Setup("schema_numpy")
_PANDAS = Setup("schema_pandas")
_PYTHON = Setup("schema_python")
_REQUIRED = Setup("schema_required")
_NESTED = Setup("schema_nested")
_GOOD = '{"data": [[1, 2]]}'
_ROW = {"a": 1, "b": 0.5, "c": "x", "d": True}
_TYPES = (
    "application/json",
    "application/json; charset=utf-8",
    "APPLICATION/JSON",
    "application/vnd.a+json",
    "application/x-json",
    "text/json",
    "text/plain",
    "application/jsonx",
    "application/x+json; a=b",
    "",
    "json",
    " application/json",
)
_ARRAYS: tuple[object, ...] = (
    [[1, 2]],
    [[1, 2], [3, 4], [5, 6]],
    [[1.5, "2"]],
    [[1, 2, 3]],
    [1, 2],
    [],
    [[]],
    "text",
    5,
    None,
    {"a": 1},
    [["x", 1]],
    [[None, 1]],
    [[True, False]],
)

CASES = (
    Case(
        "schema-content-types",
        ("H-30",),
        _NUMPY,
        (
            *(post(_GOOD, (("Content-Type", kind),)) for kind in _TYPES),
            post(_GOOD, ()),
            post(_GOOD, FORM),
            post(multipart(('name="data"', b"1")), MULTIPART),
        ),
    ),
    Case("schema-empty-body", ("H-31",), _NUMPY, (post(""), post(" "), post("", TEXT))),
    Case(
        "schema-malformed",
        ("H-32",),
        _NUMPY,
        tuple(
            post(text) for text in ("{", "nonsense", "{'data': 1}", '{"data": [1,]}', "\n\n  {", '{"a": "\n"}', "1 2")
        ),
    ),
    Case("schema-byte-order-mark", ("H-32",), _NUMPY, (post("\ufeff" + _GOOD),)),
    Case("schema-utf-16", ("H-32",), _NUMPY, (post(_GOOD.encode("utf-16")), post(_GOOD.encode("utf-16-le")))),
    Case("schema-not-utf-8", ("H-32", "H-22"), _NUMPY, (post(b'{"data": "\xff"}'),)),
    Case("schema-deep-json", ("H-32",), _NUMPY, (post("[" * 100_000),)),
    Case(
        "schema-not-an-object",
        ("H-33",),
        _NUMPY,
        tuple(post(text) for text in ("[1]", "1", '"a"', "null", "true", "NaN")),
    ),
    Case(
        "schema-missing",
        ("H-34", "H-35", "H-36"),
        _REQUIRED,
        (
            post_json({}),
            post_json({"first": 1}),
            post_json({"second": "b"}),
            post_json({"first": 1, "second": "b"}),
            post_json({"first": 1, "second": "b", "third": [4], "fourth": 5}),
            post_json({"First": 1, "second": "b"}),
            post_json({"first": 1, "second": "b", "request_headers": {}}, (*JSON, ("x-a", "1"))),
        ),
    ),
    Case(
        "schema-queries",
        ("H-39",),
        _REQUIRED,
        tuple(
            get(f"/score?{text}")
            for text in ("first=1&second=b", "first=1", "", "first=1&second=2", "first=1&first=2&second=b")
        ),
    ),
    Case(
        "schema-numpy-query",
        ("H-39",),
        _NUMPY,
        (get("/score?data=[[1,2]]"), get("/score?data=1&data=2"), get("/score")),
    ),
    Case("schema-other-methods", ("H-4", "H-5", "H-6"), _NUMPY, tuple(ask(m) for m in ("OPTIONS", "HEAD", "PUT"))),
    Case(
        "schema-numpy-values",
        ("S-5", "S-8", "H-35", "H-37", "H-38"),
        _NUMPY,
        tuple(post_json({"data": value, "extra": 1}) for value in _ARRAYS),
    ),
    Case(
        "schema-pandas-values",
        ("S-5", "S-20", "S-21", "S-22", "H-37", "H-38"),
        _PANDAS,
        tuple(
            post_json({"data": value})
            for value in (
                [_ROW],
                [_ROW, {**_ROW, "a": 7}],
                [dict(reversed(_ROW.items()))],
                [{**_ROW, "a": "7", "d": "false"}],
                [{**_ROW, "a": None}],
                [{**_ROW, "e": 1}],
                [{"a": 1}],
                [],
                None,
                "text",
                {"columns": ["a"], "data": [[1]]},
                [[1, 0.5, "x", True]],
                [{**_ROW, "c": "2020-01-01"}],
                [{**_ROW, "c": "9007199254740993", "a": 9007199254740993}],
            )
        ),
    ),
    Case(
        "schema-python-values",
        ("S-1", "S-6", "H-36", "H-37", "H-38"),
        _PYTHON,
        tuple(
            post_json(value)
            for value in (
                {},
                {"whole": 2, "real": 2.5, "text": "b", "truth": False, "items": [3]},
                {"whole": True},
                {"whole": 1.5},
                {"whole": "1"},
                {"real": 1},
                {"real": None},
                {"text": 1},
                {"truth": 1},
                {"items": "abc"},
                {"items": ["any", None]},
                {"when": "2020-02-03T04:05:06"},
                {"when": "yesterday"},
                {"raw": "aGk="},
                {"raw": "not base64!"},
            )
        ),
    ),
    Case(
        "schema-nested-values",
        ("S-6", "S-7", "S-10"),
        _NESTED,
        tuple(
            post_json(value)
            for value in (
                {"Inputs": {"table": [{"a": 1, "b": 2}], "array": [1, 2], "plain": 5}, "GlobalParameters": 2.0},
                {"Inputs": {"table": [{"a": 1, "b": 2}]}, "GlobalParameters": 2.0},
                {"Inputs": {}, "GlobalParameters": 1},
                {"Inputs": {"array": "x"}, "GlobalParameters": 2.0},
                {"Inputs": [], "GlobalParameters": 2.0},
                {"inputs": {}, "GlobalParameters": 2.0},
            )
        ),
    ),
    Case("schema-of-the-output-only", ("S-2", "H-20"), Setup("schema_output"), (post("[1]"), post("x", TEXT), get())),
    Case(
        "schema-of-mixed-types",
        ("S-9",),
        Setup("schema_mixed"),
        (post_json({"data": [1, "a"]}), post_json({"data": 1})),
    ),
)
