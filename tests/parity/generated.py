"""Hypothesis strategies for what clients send and scripts return."""

import json

from hypothesis import strategies as st

from tests.parity.exchanges import Ask, Headers

_TOKEN = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-"
_VISIBLE = "".join(map(chr, range(0x20, 0x7F)))

METHODS = st.sampled_from(("POST",) * 6 + ("GET",) * 4 + ("HEAD", "OPTIONS", "PUT", "DELETE", "PATCH"))

CONTENT_TYPES = st.sampled_from(
    (
        "application/json",
        "application/json;charset=UTF-8",
        "application/json ; charset=latin-1",
        "application/ld+json",
        "Application/JSON",
        "text/plain",
        "text/plain; charset=utf-16",
        "application/octet-stream",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=edge",
        "",
        "*/*",
        ";",
        "application/",
        "application/json, text/plain",
    )
)

_texts = st.text(st.characters(codec="utf-8"), max_size=8)
_numbers = st.one_of(st.integers(), st.floats(), st.booleans(), st.none())
JSON_VALUES = st.recursive(
    st.one_of(_numbers, _texts),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(_texts, inner, max_size=4)),
    max_leaves=8,
)


@st.composite
def headers(draw: st.DrawFn) -> Headers:
    """A content type, ids, and headers of a client's own, some of them twice."""
    names = st.one_of(
        st.text(_TOKEN, min_size=1, max_size=8).map(lambda text: f"x-{text}"),
        st.sampled_from(("Accept", "Authorization", "User-Agent", "x-a", "X-A", "x_under", "Cookie", "TraceId")),
        st.sampled_from(("x-request-id", "x-ms-request-id", "x-ms-client-request-id")),
    )
    values = st.text(_VISIBLE, max_size=12).map(str.strip)
    chosen = draw(st.lists(st.tuples(names, values), max_size=5))
    single = {name.lower(): (name, value) for name, value in chosen if name.lower() != "x-a"}
    repeated = [(name, value) for name, value in chosen if name.lower() == "x-a"]
    kind = draw(st.one_of(st.none(), CONTENT_TYPES))
    return (*single.values(), *repeated, *((("Content-Type", kind),) if kind is not None else ()))


_pieces = st.one_of(
    st.sampled_from(
        ("a", "b", "data", "", "%FC", "%C3%BC", "+", "%20", "%00", "1", "[1]", "null", "NaN", '"x"', "{}", "1.0")
    ),
    st.text(_TOKEN + "._~!$'()*,:@/?", max_size=5),
)
QUERIES = st.lists(st.tuples(_pieces, st.sampled_from(("=", "=", "=", "")), _pieces).map("".join), max_size=4).map(
    "&".join
)

TARGETS = st.one_of(
    st.just("/score"),
    QUERIES.map(lambda query: f"/score?{query}"),
    st.sampled_from(("/", "/score/", "/swagger.json", "/swagger.json?version=3", "/nothing", "/?a=1")),
)

BODIES = st.one_of(
    st.binary(max_size=20),
    st.text(max_size=20).map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.sampled_from((b"", b"{}", b"[1, 2]", b"null", b"a=1&b=2", b'{"a": NaN}', b"--edge--\r\n", b"\xef\xbb\xbf{}")),
)


@st.composite
def asks(draw: st.DrawFn, targets: st.SearchStrategy[str] = TARGETS) -> Ask:
    method = draw(METHODS)
    body = draw(BODIES) if method in ("POST", "PUT", "PATCH") else b""
    return Ask(method, draw(targets), draw(headers()), body)


_leaves = st.one_of(
    st.integers().map(repr),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.text(max_size=6).map(ascii),
    st.binary(max_size=4).map(repr),
    st.sampled_from(
        ("None", "True", "float('nan')", "-float('inf')", "1e999", "2j", "set()", "Colour.RED", "Point(1, 'a')")
    ),
    st.sampled_from(
        (
            "np.int64(3)",
            "np.float64(0.1)",
            "np.array([1.5])",
            "np.array([1, 2]).tolist()",
            "np.bool_(1)",
            "np.str_('s')",
        )
    ),
    st.sampled_from(("pd.DataFrame()", "pd.Series([1]).to_dict()", "pd.NA", "(n for n in [1])", "1/0", "nowhere")),
)


def _nested(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    few = st.lists(inner, max_size=3)
    pairs = st.lists(st.tuples(inner.filter(lambda text: "[" not in text and "{" not in text), inner), max_size=3)
    return st.one_of(
        few.map(lambda items: f"[{', '.join(items)}]"),
        few.map(lambda items: f"({''.join(f'{item}, ' for item in items)})"),
        pairs.map(lambda items: "{" + ", ".join(f"{key}: {value}" for key, value in items) + "}"),
    )


EXPRESSIONS = st.recursive(_leaves, _nested, max_leaves=6)
"""Python expressions of everything that a run may return."""


@st.composite
def responses(draw: st.DrawFn) -> str:
    """An expression that makes an AMLResponse."""
    message = draw(
        st.one_of(
            st.text(max_size=6).map(ascii),
            st.binary(max_size=6).map(repr),
            st.sampled_from(
                ("None", "[1, 2]", "['a', b'b']", "{'a': None}", "5", "''", "(part for part in ['a', 'b'])")
            ),
        )
    )
    status = draw(st.one_of(st.sampled_from((200, 200, 201, 204, 304, 400, 404, 500, 503)), st.integers(200, 599)))
    names = st.sampled_from(("Content-Type", "content-type", "X-A", "x-b", "Set-Cookie", "Cache-Control", "Location"))
    values = st.one_of(
        st.sampled_from(("text/csv", "a, b", "application/json", "", "a=1; Path=/", "image/png")),
        st.text(_TOKEN + " ,;=/", max_size=10),
    )
    given = draw(st.dictionaries(names, values, max_size=3))
    flags = draw(st.sampled_from(("", ", json_str=True", ", run_function_failed=True")))
    return f"AMLResponse({message}, {status}, {given!r}{flags})"


@st.composite
def schema_bodies(draw: st.DrawFn) -> Ask:
    """Mostly objects with the declared names, and values that mostly fit."""
    value = {
        "first": draw(st.one_of(st.integers(), JSON_VALUES)),
        "second": draw(st.one_of(_texts, JSON_VALUES)),
        "third": draw(JSON_VALUES),
        "extra": draw(JSON_VALUES),
    }
    kept = {name: value[name] for name in draw(st.sets(st.sampled_from(sorted(value)), min_size=1))}
    kind = draw(st.one_of(st.just("application/json"), CONTENT_TYPES))
    text = draw(st.sampled_from((json.dumps(kept),) * 8 + (json.dumps([kept]), json.dumps(kept)[:-1], "")))
    return Ask("POST", "/score", (("Content-Type", kind),), text.encode())
