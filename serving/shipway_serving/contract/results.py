"""From what ``run`` returned, or how it failed, to a response (section 4.4 of the v1 contract)."""

from typing import Any, Dict, Tuple, cast

from shipway_serving.contract.header_fields import checked_fields
from shipway_serving.contract.json_text import dumps
from shipway_serving.contract.messages import (
    HTML,
    JSON,
    RUN_DID_FAIL,
    RUN_DID_NOT_FAIL,
    Refusal,
    Response,
    failure,
    json_response,
)
from shipway_serving.contract.profile import MODERN, Profile

RUN_MS = "x-ms-run-fn-exec-ms"

INTERNAL_ERROR_TEXT = "An unexpected internal error occurred. Encountered Exception: {}"
"""0.4 sent the traceback to the client."""


def scored(result: Any, run_ms: float, profile: Profile = MODERN) -> Response:
    """The response for a normal return: JSON of anything, text included (H-41); ``None`` is ``{}`` (H-42).

    Raises whatever ``json.dumps`` raises when ``result`` is not JSON, and ``ValueError`` for headers that HTTP cannot
    carry; answer ``not_json()`` then.
    """
    timing = (RUN_MS, "%.3f" % run_ms)
    if profile.splits_results and isinstance(result, dict):
        return _split(cast("Dict[str, Any]", result), timing)
    text = "{}" if result is None else dumps(result)
    return Response(200, text.encode("ascii"), JSON, (RUN_DID_NOT_FAIL, timing))


def not_json(profile: Profile = MODERN, trace: str = "") -> Response:
    """``run`` returned a value that JSON does not have, such as a NumPy array; no fault of ``run``'s in v1 (H-46).

    ``trace`` is the traceback, for clients of the server that showed it.
    """
    if not profile.json_errors:
        return _page(INTERNAL_ERROR_TEXT.format(trace), run_failed=False)
    return failure(500, "An unexpected internal error occurred. Check the logs for more info.")


def run_raised(error: BaseException, profile: Profile = MODERN) -> Response:
    """``run`` raised ``error``; the client learns no more than that, the log has the traceback (H-47)."""
    if not profile.json_errors:
        return _page(str(error), run_failed=True)
    message = "An unexpected error occurred in scoring script. Check the logs for more info."
    return failure(500, message, run_failed=True)


def run_timed_out(limit_ms: int, profile: Profile = MODERN) -> Response:
    """``run`` exceeded ``SCORING_TIMEOUT_MS`` (H-49)."""
    message = f"Scoring timeout after {limit_ms} ms"
    return failure(500, message, run_failed=True) if profile.json_errors else _page(message, run_failed=True)


def refused(refusal: Refusal, profile: Profile = MODERN) -> Response:
    """The response for a request that never reached ``run``."""
    if refusal.response is not None:
        return refusal.response
    if refusal.status == 500 and not profile.json_errors:
        return _page(refusal.message, run_failed=refusal.run_failed)
    return failure(refusal.status, refusal.message, run_failed=refusal.run_failed)


def not_called(method: str, profile: Profile = MODERN) -> Refusal:
    """What to raise for OPTIONS or HEAD on ``/score`` of a script that is not raw (H-4, H-5)."""
    message = "Method not allowed"
    if method == "OPTIONS" and profile.options_are_fine:
        return Refusal(200, "", response=Response(200, b"", HTML, (RUN_DID_NOT_FAIL,)))
    if profile.json_errors:
        return Refusal(405, message)
    return Refusal(405, message, response=json_response(405, message, RUN_DID_NOT_FAIL))


def _page(text: str, *, run_failed: bool) -> Response:
    return Response(500, text.encode("utf-8", "replace"), HTML, (RUN_DID_FAIL if run_failed else RUN_DID_NOT_FAIL,))


def _split(result: Dict[str, Any], timing: Tuple[str, str]) -> Response:
    """A dict that may name headers and body apart (H-50); commas in a header's value make several of it."""
    named: Dict[str, str] = result.get("aml_response_headers", {})
    body = result.get("aml_response_body", {} if "aml_response_headers" in result else result)
    pairs = checked_fields((name, part.strip()) for name, value in named.items() for part in value.split(","))
    response = json_response(200, {} if body is None else body, RUN_DID_NOT_FAIL, *pairs, timing)
    return response._replace(from_script=bool(pairs))
