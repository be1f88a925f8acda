"""From what ``run`` returned, or how it failed, to a response (section 4.4 of the v1 contract)."""

from typing import Any

from shipway_serving.contract.messages import RUN_FAILED, Response, failure, json_response

RUN_MS = "x-ms-run-fn-exec-ms"


def scored(result: Any, run_ms: float) -> Response:
    """The response for a normal return: JSON of anything, text included (H-41); ``None`` is ``{}`` (H-42).

    Raises whatever ``json.dumps`` raises when ``result`` is not JSON; answer ``not_json()`` then.
    """
    value: Any = {} if result is None else result
    return json_response(200, value, (RUN_FAILED, "False"), (RUN_MS, f"{run_ms:.3f}"))


def not_json() -> Response:
    """``run`` returned a value that JSON does not have, such as a NumPy array; no fault of ``run``'s in v1 (H-46)."""
    return failure(500, "An unexpected internal error occurred. Check the logs for more info.")


def run_raised() -> Response:
    """``run`` raised; the client learns no more than that, the log has the traceback (H-47)."""
    message = "An unexpected error occurred in scoring script. Check the logs for more info."
    return failure(500, message, run_failed=True)


def run_timed_out(limit_ms: int) -> Response:
    """``run`` exceeded ``SCORING_TIMEOUT_MS`` (H-49)."""
    return failure(500, f"Scoring timeout after {limit_ms} ms", run_failed=True)
