"""How a script's ``run`` wants to be called, read off its signature once, at start-up (E-4 to E-8)."""

import inspect
from typing import Any, Dict, NamedTuple, Tuple

from shipway_serving.contract.profile import MODERN, Profile

REQUEST_HEADERS = "request_headers"
"""A parameter of this name, in any position, gets the request's headers (E-5)."""

_BY_KEYWORD = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


class UnfitRun(Exception):
    """``run`` has a signature that no request could ever satisfy; the message says what is wrong with it."""


class RunForm(NamedTuple):
    """The shape of one ``run`` function."""

    parameters: Tuple[str, ...]
    """In order of declaration, without ``request_headers``; never empty."""
    defaults: Dict[str, Any]
    """Of those parameters that have one."""
    wants_headers: bool
    has_schema: bool
    """Decorated with ``@input_schema``: gets one argument a parameter instead of the body's text."""
    is_raw: bool = False
    """Decorated with ``@rawhttp``: gets the request itself."""


def form_of(
    signature: inspect.Signature, *, has_schema: bool, is_raw: bool = False, profile: Profile = MODERN
) -> RunForm:
    """The form of a ``run`` with ``signature``; raises ``UnfitRun`` when it cannot be called."""
    if has_schema and is_raw and profile.forbids_raw_schema:
        raise UnfitRun("run() cannot be decorated with both @rawhttp and @input_schema")
    if not profile.strict_signatures:
        return _legacy_form(tuple(signature.parameters), has_schema=has_schema and not is_raw, is_raw=is_raw)
    form = _strict_form(signature, has_schema=has_schema)
    return form._replace(is_raw=is_raw)


def _strict_form(signature: inspect.Signature, *, has_schema: bool) -> RunForm:
    """Raises ``UnfitRun`` for ``*args``, ``**kwargs`` and positional-only parameters (E-6), and for no parameter."""
    parameters = signature.parameters
    if any(parameter.kind not in _BY_KEYWORD for parameter in parameters.values()):
        raise UnfitRun("run() cannot accept positional-only arguments, *args, or **kwargs.")
    names = tuple(name for name in parameters if name != REQUEST_HEADERS)
    wants_headers = REQUEST_HEADERS in parameters
    if not names and wants_headers:
        raise UnfitRun('run() needs to accept an argument other than "request_headers".')
    if not names:
        raise UnfitRun("run() needs to accept an argument for input data.")
    defaults = {name: parameters[name].default for name in names}
    declared = {name: value for name, value in defaults.items() if value is not inspect.Parameter.empty}
    return RunForm(names, declared, wants_headers, has_schema)


def _legacy_form(names: Tuple[str, ...], *, has_schema: bool, is_raw: bool) -> RunForm:
    """0.4 looked at names alone: one parameter is the input whatever it is called, two are input and headers.

    Two of which none is for headers were called with one argument ``input``; that is a TypeError unless it fits.
    """
    if not has_schema and len(names) > 2:
        raise UnfitRun("run() has too many parameters")
    if not names:
        raise UnfitRun("run() has zero parameters, but needs to have at least one")
    wants_headers = len(names) > 1 and REQUEST_HEADERS in names
    others = tuple(name for name in names if name != REQUEST_HEADERS) if wants_headers else names
    if not has_schema and len(names) > 1 and not wants_headers:
        others = ("input",)
    return RunForm(others, {}, wants_headers, has_schema, is_raw)
