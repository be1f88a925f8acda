"""The same requests where they meet Microsoft's 0.4.13 on Python 3.6, and what only that one did."""

from tests.parity.cases import entry, http, raw, schema
from tests.parity.cases.case import Case, get, post
from tests.parity.servers import Setup

_SAME = (
    "returns-the-body",
    "request-headers-first",
    "request-headers-last",
    "a-parameter-that-nothing-fills",
    "swallowed-exceptions",
    "health",
    "health-other-methods",
    "score-methods",
    "unknown-paths",
    "content-type-is-ignored",
    "forms-are-consumed",
    "not-utf-8",
    "queries",
    "json-values",
    "texts",
    "nothing",
    "not-json",
    "numpy-and-pandas",
    "like-a-legacy-response",
    "exceptions",
    "scoring-timeout",
    "responses-of-the-scripts-own",
    "what-every-response-carries",
    "ids",
    "ids-that-are-too-long",
    "trace-id",
    "raw-members",
    "raw-bodies",
    "raw-json",
    "raw-json-of-another-type",
    "raw-has-key",
    "raw-methods",
    "raw-plain-values",
    "aml-response-texts",
    "aml-response-statuses",
    "aml-response-headers",
    "schema-content-types",
    "schema-empty-body",
    "schema-malformed",
    "schema-not-an-object",
    "schema-missing",
    "schema-numpy-values",
    "schema-pandas-values",
    "schema-python-values",
    "schema-nested-values",
    "schema-queries",
    "swagger-of-echo",
    "swagger-of-schema-numpy",
    "swagger-of-schema-pandas",
    "swagger-of-schema-nested",
    "swagger-files",
)


def _legacy(case: Case) -> Case:
    ids = (*case.ids, "H-69") if case.name == "ids" else case.ids
    return case._replace(ids=ids, name=f"legacy-{case.name}", setup=case.setup._replace(profile="legacy"), smoke=False)


_MODERN = {case.name: case for case in (*entry.CASES, *http.CASES, *raw.CASES, *schema.CASES)}

CASES = (
    *(_legacy(_MODERN[name]) for name in _SAME),
    Case("legacy-star-kwargs", ("E-6",), Setup("star_kwargs", profile="legacy"), (post("1"), get("/score?a=1"))),
    Case("legacy-star-args", ("E-6",), Setup("star_args", profile="legacy"), (post("1"),)),
    Case("legacy-raw-as-module", ("R-11",), Setup("raw_as_module", profile="legacy"), (post("1"), get())),
)
