"""Every fact of the v1 contract that has an ID, and what we do about it: the source of docs/reference/compatibility.md.

What differs on purpose stands in `differences.py` alone and is added to the page from there.
"""

from tests.parity.fact import Fact, Section
from tests.parity.facts_of_assets import BEFORE, BETWEEN
from tests.parity.facts_of_platforms import AFTER, FRONTS
from tests.parity.facts_of_the_server import (
    AUTHENTICATION,
    BUNDLES,
    COLLECTION,
    CONTAINER,
    ENTRY,
    HTTP,
    INSIGHTS,
    NO_CODE,
    PROCESS,
    RAW,
    SCHEMA,
)

SECTIONS: tuple[Section, ...] = (
    *BEFORE,
    CONTAINER,
    ENTRY,
    HTTP,
    RAW,
    SCHEMA,
    PROCESS,
    BUNDLES,
    *BETWEEN,
    AUTHENTICATION,
    FRONTS,
    COLLECTION,
    INSIGHTS,
    *AFTER,
    NO_CODE,
)

WITHOUT_IDS = (
    "14 Service state",
    "17 CLI",
    "20 Event Grid",
    "23 FPGA",
    "26 Conflicts in the sources",
    "27 Conformance checklist",
)

FACTS: tuple[Fact, ...] = tuple(fact for section in SECTIONS for fact in section.facts)

BETWEEN: dict[str, tuple[str, ...]] = {
    "0.7.7 (Python 3.6 to 3.9)": (
        "a failing `run`: 500 as `text/html` with the text of the exception",
        "a result that is not JSON: 500 as `text/html` with the traceback",
        "404 and 405: HTML, but with ids; with CORS on, with CORS headers",
        "the scoring timeout: its text as `text/html`",
        "no swagger 3.1; a refused version is a JSON string, not an object",
        "`aml_response_headers` and `aml_response_body` are read (as in 0.4)",
        "a status of 500 and above set by the script leaves `x-ms-run-function-failed: False`",
        "no settings file, no `azureml_inference_server_http.api`",
        "a nested key that is absent fails (inference-schema 1.4)",
        "the rest as 1.5.1: 400 and 415 in JSON, OPTIONS 200, CORS, ids, sizes of ids",
    ),
    "0.8.4.2 (Python 3.7 to 3.11)": (
        "raw requests: `.json` is `None` for another content type, `headers.has_key` works (as ours, always)",
        "a multipart body without a boundary: the empty string (1.5.1: the body)",
        "`%FF` in a query: the replacement character (1.5.1: left as it is)",
        "the rest as 1.5.1",
    ),
}
"""What the servers between the two profiles did otherwise, seen by running them; neither is a profile."""
