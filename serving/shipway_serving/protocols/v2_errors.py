"""Errors as the Open Inference Protocol writes them. Pure."""

from shipway_serving.contract.messages import RUN_FAILED, Refusal, Response, json_response


def error(status: int, message: str, *, run_failed: bool = False) -> Response:
    """One line, and v1's header that tells the server's failures from the script's."""
    return json_response(status, {"error": message}, (RUN_FAILED, str(run_failed)))


def refused(refusal: Refusal) -> Response:
    """The request does not hold what the model needs."""
    return error(refusal.status, refusal.message)


def failed(message: str) -> Response:
    """``run`` raised or timed out."""
    return error(500, message, run_failed=True)


def not_written() -> Response:
    """``run`` returned what no tensor can hold; the log has the reason."""
    return error(500, "The scoring script returned a value that is no tensor. Check the logs for more info.")
