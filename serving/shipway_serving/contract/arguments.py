"""From a request to the keyword arguments of ``run`` (sections 4.2 and 4.3 of the v1 contract)."""

import json
import traceback
from typing import Any, Callable, Dict, cast

from shipway_serving.contract.json_values import loads
from shipway_serving.contract.messages import Refusal, Request
from shipway_serving.contract.profile import MODERN, Profile
from shipway_serving.contract.queries import query_values
from shipway_serving.contract.results import INTERNAL_ERROR_TEXT
from shipway_serving.contract.run_form import REQUEST_HEADERS, RunForm

_URLENCODED = "application/x-www-form-urlencoded"
_MULTIPART = "multipart/form-data"

_EMPTY_UNLESS_SENT = ("content-type", "content-length")
"""WSGI has variables of their own for these two, and none when they are empty."""


def arguments_for(form: RunForm, request: Request, profile: Profile = MODERN) -> Dict[str, Any]:
    """The arguments with which a ``run`` of ``form`` that is not raw is called for a GET or POST ``request``.

    Raises ``Refusal`` when the request does not hold them.
    """
    arguments: Dict[str, Any]
    if form.has_schema:
        given = _json_value(request, profile)
        arguments = _declared(form, given) if profile.checks_objects else _as_it_is(given)
    else:
        arguments = {form.parameters[0]: _text(request, profile)}
    if form.wants_headers:
        arguments[REQUEST_HEADERS] = title_cased(request.headers)
    return arguments


def title_cased(headers: Dict[str, str]) -> Dict[str, str]:
    """Headers under the names that WSGI frameworks give them: ``X-Ms-Request-Id`` (E-5).

    A name with an underscore is left out, as gunicorn does: it could be taken for the same name with a dash.
    """
    return {
        name.title(): value
        for name, value in headers.items()
        if "_" not in name and (value or name not in _EMPTY_UNLESS_SENT)
    }


def media_type(request: Request, profile: Profile = MODERN) -> str:
    """The request's content type without parameters; empty when it has none."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip()
    return kind.lower() if profile.folds_content_types else kind.partition(",")[0].strip()


def is_form(request: Request, profile: Profile = MODERN) -> bool:
    """Whether v1's framework consumed the body as a form; an undecorated ``run`` then got the empty string (H-21)."""
    kind = media_type(request, profile)
    if kind == _MULTIPART:
        return not profile.needs_a_boundary or "boundary=" in request.headers["content-type"].lower()
    return kind == _URLENCODED


def _text(request: Request, profile: Profile) -> str:
    if request.method != "POST":
        return json.dumps(query_values(request.query, profile))
    # The usual content type first: what follows costs more than the rest of this function.
    if request.headers.get("content-type") != "application/json" and is_form(request, profile):
        return ""
    try:
        return str(request.body, "utf-8")
    except UnicodeDecodeError as error:
        raise _refusal(f"Input cannot be decoded as UTF-8: {error}", profile) from None


def _json_value(request: Request, profile: Profile) -> Any:
    if request.method != "POST":
        return query_values(request.query, profile)
    if not _is_json(request, profile):
        raise Refusal(415, "Expects Content-Type to be application/json")
    try:
        return loads(request.body)
    except (ValueError, RecursionError) as error:
        if request.body:
            message = f"POST body could not be decoded as JSON: {error}"
        else:
            message = "POST body is empty. Expecting a JSON dictionary."
        raise _refusal(message, profile) from None


def _is_json(request: Request, profile: Profile) -> bool:
    kind = media_type(request, profile)
    if kind == "application/json":
        return True
    return profile.takes_json_suffixes and kind.startswith("application/") and kind.endswith("+json")


def _declared(form: RunForm, given: Any) -> Dict[str, Any]:
    """One argument a parameter; other keys are ignored (H-33 to H-36)."""
    if not isinstance(given, dict):
        raise Refusal(400, "POST body should be a JSON dictionary.")
    found = cast("Dict[str, Any]", given)
    arguments: Dict[str, Any] = {}
    for name in form.parameters:
        if name in found:
            arguments[name] = found[name]
        elif name in form.defaults:
            arguments[name] = form.defaults[name]
        else:
            raise Refusal(400, f"A value is not provided for the {name!r} parameter.")
    return arguments


def _as_it_is(given: Any) -> Dict[str, Any]:
    """The object's keys as arguments, whatever ``run`` makes of them; another value is the failure it always was."""
    try:
        copy: Callable[[], Any] = given.copy
    except AttributeError as error:
        raise Refusal(500, str(error), run_failed=True) from None
    if not isinstance(given, dict):
        kind = type(given).__name__
        raise Refusal(500, f"run() argument after ** must be a mapping, not {kind}", run_failed=True)
    return cast("Dict[str, Any]", copy())


def _refusal(message: str, profile: Profile) -> Refusal:
    """400, or the error that nobody had expected; to be called while the exception is being handled."""
    if profile.checks_objects:
        return Refusal(400, message)
    return Refusal(500, INTERNAL_ERROR_TEXT.format(traceback.format_exc()))
