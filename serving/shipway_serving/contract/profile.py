"""Where Microsoft's server of 2021 (0.4) and its current one (1.5.1) answer differently: a value for each difference.

The functions of this package take a ``Profile`` instead of asking which server they stand for.
"""

from typing import NamedTuple


class Profile(NamedTuple):
    """One server's ways; the defaults are the current one's."""

    name: str = "modern"

    json_errors: bool = True
    """Failures are JSON objects that keep the exception to themselves (H-9, H-22, H-46, H-47, H-49); else a page, or
    the exception's text as HTML."""
    checks_objects: bool = True
    """A body that is not the object which a decorated ``run`` needs is refused (H-31 to H-36); else ``run`` is called
    with whatever there is and fails by itself."""
    takes_json_suffixes: bool = True
    """``application/vnd.x+json`` counts as JSON (H-30)."""
    folds_content_types: bool = True
    """Content types are compared whatever the case of their letters, and whole; else a comma ends them too."""
    needs_a_boundary: bool = True
    """A multipart body without a boundary is no form and reaches an undecorated ``run`` (H-21)."""
    keeps_bad_escapes: bool = True
    """``%ff`` in a query stays ``%FF``; else it becomes the replacement character."""
    options_are_fine: bool = True
    """OPTIONS on ``/score`` of a script that is not raw: 200; else 405 (H-4)."""
    head_is_get: bool = False
    """HEAD on ``/score`` of a script that is not raw calls ``run`` as GET does; else 405 (H-5)."""
    marks_server_errors: bool = True
    """A response of the script's own with a status from 500 counts as a failure of ``run`` (H-45)."""
    splits_results: bool = False
    """``aml_response_headers`` and ``aml_response_body`` of a returned dict are headers and body (H-50)."""
    many_ids: bool = True
    """Three ids are answered and long ones refused (H-63 to H-66), beside the server's version (H-62); else
    ``x-ms-request-id`` alone (H-69)."""
    replaces_ids: bool = True
    """Ids that the script sets in a response of its own give way to ours (H-67); else both are sent."""
    strict_signatures: bool = True
    """``run`` may not have ``*args`` or ``**kwargs`` (E-6), and may have any number of named parameters; else the other
    way round."""
    forbids_raw_schema: bool = True
    """``@rawhttp`` together with ``@input_schema`` stops the start (E-8)."""


MODERN = Profile()

LEGACY = Profile(
    name="legacy",
    json_errors=False,
    checks_objects=False,
    takes_json_suffixes=False,
    folds_content_types=False,
    needs_a_boundary=False,
    keeps_bad_escapes=False,
    options_are_fine=False,
    head_is_get=True,
    marks_server_errors=False,
    splits_results=True,
    many_ids=False,
    replaces_ids=False,
    strict_signatures=False,
    forbids_raw_schema=False,
)


def profile_named(name: str) -> Profile:
    """The profile called ``name``: "modern" or "legacy"; raises ``KeyError`` for any other."""
    return {"modern": MODERN, "legacy": LEGACY}[name]
