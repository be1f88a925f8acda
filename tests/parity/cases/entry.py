"""Section 3, and what section 2 says of the place that a script finds itself in."""

from tests.parity.cases.case import FORM, JSON, TEXT, Case, ask, get, post, post_json
from tests.parity.servers import Setup

_NEIGHBOUR = (("neighbour.py", ""),)
_NEIGHBOUR_IN_FOLDER = (("src/neighbour.py", ""), ("src/deep/inner.py", ""))
_IN_CONTAINER = (("HTTP_X_MS_SERVER_VERSION", "image/1"),)
"""Without its command line Microsoft's server sends a version only if it is told one."""
_MANY_HEADERS = (
    *JSON,
    ("x-case", "a"),
    ("X-CASE", "b"),
    ("x-ms-request-id", "mine"),
    ("traceparent", "00-a-b-01"),
    ("x-empty", ""),
    ("x_under", "score"),
    ("user-agent", "parity"),
)

CASES = (
    Case("returns-the-body", ("E-1", "E-4", "C-10"), Setup("echo"), (post("[1, 2]"), post("plain", TEXT)), smoke=True),
    Case(
        "request-headers-first",
        ("E-5",),
        Setup("headers_first"),
        (post_json({"a": 1}, _MANY_HEADERS), post("x", ()), get("/score?a=1", (("X-Case", "of a GET"),))),
        smoke=True,
    ),
    Case(
        "request-headers-last",
        ("E-5",),
        Setup("headers_last"),
        (post("1", _MANY_HEADERS), post("a=1", FORM)),
        smoke=True,
    ),
    Case("defaults-stay", ("E-7",), Setup("defaults"), (post_json({"factor": 9}), get("/score?factor=9")), smoke=True),
    Case("by-keyword-only", ("E-6",), Setup("keyword_only"), (post("1"), get("/score?a=1")), smoke=True),
    Case("a-parameter-that-nothing-fills", ("E-7",), Setup("missing_argument"), (post("1"), get()), smoke=True),
    Case("early-return-from-init", ("E-2",), Setup("early_init"), (get("/"), post("1")), smoke=True),
    Case("swallowed-exceptions", ("E-11",), Setup("swallows"), (post_json({"data": [1, 2]}), post("{"), post("{}"))),
    Case(
        "flat-layout",
        ("C-1", "C-2", "C-4", "C-9", "C-10", "E-2", "E-10", "E-14"),
        Setup("places", files=_NEIGHBOUR, by_variables=True, variables=_IN_CONTAINER),
        (post("a"), post("b")),
        smoke=True,
    ),
    Case(
        "source-directory",
        ("C-3", "C-6", "C-9", "E-2"),
        Setup("places", files=_NEIGHBOUR_IN_FOLDER, folder="src", by_variables=True, variables=_IN_CONTAINER),
        (post("a"), post("b")),
        smoke=True,
    ),
    Case("own-module-in-sys-modules", ("C-10",), Setup("registered"), (post("1"),)),
    Case("driver-module", ("E-13", "C-5"), Setup("driver"), (post("1"),)),
    Case("driver-module-without-run", ("E-13",), Setup("driver_without_run"), (post("1"),)),
    Case("coroutine", ("E-12",), Setup("async_run"), (post("[1]"),)),
    Case(
        "sys-exit-in-run",
        ("H-48", "E-10"),
        Setup("exits"),
        (post("one"), post("exit"), post("two")),
    ),
    Case("printing", ("P-5",), Setup("prints"), (post("1"), ask("HEAD"), post("2"))),
)
