"""From a request to the keyword arguments of ``run`` (sections 4.2 and 4.3 of the v1 contract)."""

import json
from typing import Any, Dict, cast
from urllib.parse import parse_qsl

from shipway_serving.contract.messages import Refusal, Request
from shipway_serving.contract.run_form import REQUEST_HEADERS, RunForm

_FORM_TYPES = ("application/x-www-form-urlencoded", "multipart/form-data")
"""v1's framework consumed such a body as a form, so an undecorated ``run`` gets the empty string (H-21)."""


def arguments_for(form: RunForm, request: Request) -> Dict[str, Any]:
    """The arguments with which ``run`` of ``form`` is called for a GET or POST ``request``.

    Raises ``Refusal`` when the request does not hold them.
    """
    arguments: Dict[str, Any] = {}
    if form.has_schema:
        arguments.update(_declared(form, _json_object(request)))
    else:
        arguments[form.parameters[0]] = _text(request)
    if form.wants_headers:
        arguments[REQUEST_HEADERS] = title_cased(request.headers)
    return arguments


def title_cased(headers: Dict[str, str]) -> Dict[str, str]:
    """Headers under the names that WSGI frameworks give them: ``X-Ms-Request-Id`` (E-5).

    A name with an underscore is left out, as gunicorn does: it could be taken for the same name with a dash.
    """
    return {name.title(): value for name, value in headers.items() if "_" not in name}


def query_values(query: str) -> Dict[str, Any]:
    """The query as an object: JSON values where they parse, else text; a repeated key becomes a list (H-25)."""
    collected: Dict[str, Any] = {}
    for key, text in parse_qsl(query, keep_blank_values=True):
        collected.setdefault(key, []).append(_json_or_text(text))
    return {key: values[0] if len(values) == 1 else values for key, values in collected.items()}


def media_type(request: Request) -> str:
    """The request's content type without parameters, in lower case; empty when it has none."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _text(request: Request) -> str:
    if request.method == "GET":
        return json.dumps(query_values(request.query))
    if media_type(request) in _FORM_TYPES:
        return ""
    try:
        return str(request.body, "utf-8")
    except UnicodeDecodeError as error:
        raise Refusal(400, f"Input cannot be decoded as UTF-8: {error}") from None


def _json_object(request: Request) -> Dict[str, Any]:
    if request.method == "GET":
        return query_values(request.query)
    kind = media_type(request)
    if kind != "application/json" and not (kind.startswith("application/") and kind.endswith("+json")):
        raise Refusal(415, "Expects Content-Type to be application/json")
    if not request.body:
        raise Refusal(400, "POST body is empty. Expecting a JSON dictionary.")
    try:
        value: Any = json.loads(request.body)
    except (ValueError, RecursionError) as error:
        raise Refusal(400, f"POST body could not be decoded as JSON: {error}") from None
    if not isinstance(value, dict):
        raise Refusal(400, "POST body should be a JSON dictionary.")
    return cast("Dict[str, Any]", value)


def _declared(form: RunForm, given: Dict[str, Any]) -> Dict[str, Any]:
    arguments: Dict[str, Any] = {}
    for name in form.parameters:
        if name in given:
            arguments[name] = given[name]
        elif name in form.defaults:
            arguments[name] = form.defaults[name]
        else:
            raise Refusal(400, f"A value is not provided for the {name!r} parameter.")
    return arguments


def _json_or_text(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
