"""How a script's ``run`` wants to be called, read off its signature once, at start-up (E-4 to E-7)."""

import inspect
from typing import Any, Dict, NamedTuple, Tuple

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


def form_of(signature: inspect.Signature, *, has_schema: bool) -> RunForm:
    """The form of a ``run`` with ``signature``.

    Raises ``UnfitRun`` for ``*args``, ``**kwargs`` and positional-only parameters (E-6) and when there is nothing but
    ``request_headers``.
    """
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
