"""What ``/swagger.json`` answers: every document is made once, after ``init``, and then only handed out."""

import json
import logging
from typing import Any, Dict, Optional, Tuple

from shipway_serving.contract.messages import JSON, RUN_FAILED, Response, failure, json_response
from shipway_serving.contract.results import not_json
from shipway_serving.schema.openapi import ServiceIdentity, document, legacy_document
from shipway_serving.schema.override_files import LEGACY_NAMES, NAMES, read_first
from shipway_serving.schema.registered import EVERY_VERSION, Schemas

_log = logging.getLogger("shipway_serving.schema")

DEFAULT_VERSION = "2"

_ASKED: Dict[str, str] = {"2": "2", "2.0": "2", "3": "3", "3.0": "3", "3.1": "3.1"}
"""From the ``version`` of a query, compared as text (H-90)."""

_RUN_DID_NOT_FAIL = (RUN_FAILED, "False")


class Documents:
    """The documents of one service, ready to send.

    To be made after ``init``, because scripts write override files there. It reads those files once, as v1 did: one
    that comes later is not seen.
    """

    def __init__(self, schemas: Schemas, service: ServiceIdentity, app_root: str, *, legacy: bool = False) -> None:
        self._legacy = _legacy_answer(schemas, service, app_root) if legacy else None
        made = () if legacy else EVERY_VERSION
        possible = {version: _modern_answer(version, schemas, service, app_root) for version in made}
        self._answers = {version: answer for version, answer in possible.items() if answer is not None}

    def answer(self, version: Optional[str]) -> Response:
        """The response to a request for ``version``; None when the query does not name one. Never raises."""
        if self._legacy is not None:
            return self._legacy
        wanted = DEFAULT_VERSION if version is None else version
        known = _ASKED.get(wanted)
        answer = None if known is None else self._answers.get(known)
        return answer if answer is not None else failure(404, self._refusal(wanted, is_valid=known is not None))

    def _refusal(self, wanted: str, *, is_valid: bool) -> str:
        """Why there is nothing to answer (H-91)."""
        listed = ", ".join(sorted(self._answers))
        if is_valid:
            reason = f"Swagger version [{wanted}] is not supported for the scoring script."
            return f"{reason} Supported swagger versions: [{listed}]."
        return f"Swagger version [{wanted}] is not valid. Supported versions: [{listed}]."


def _modern_answer(version: str, schemas: Schemas, service: ServiceIdentity, app_root: str) -> Optional[Response]:
    override = read_first(app_root, NAMES[version])
    if override is not None:
        return _written(override)
    return _written(document(version, schemas, service)) if version in schemas.versions else None


def _legacy_answer(schemas: Schemas, service: ServiceIdentity, app_root: str) -> Response:
    """Only decorators or a file give a document, and decorators win (H-92)."""
    if schemas.declared:
        return _written(legacy_document(schemas, service))
    override = read_first(app_root, LEGACY_NAMES)
    if override is None:
        return json_response(404, "Swagger not found", _RUN_DID_NOT_FAIL)
    return _written(override)


def _written(value: Any) -> Response:
    """``value`` as JSON; a sample that JSON does not have is the server's failure at each request, as in v1 (H-46)."""
    try:
        body = json.dumps(value).encode("ascii")
    except (TypeError, ValueError, RecursionError) as error:
        _log.warning("no document for /swagger.json: a sample in the schema cannot be written as JSON: %s", error)
        return not_json()
    headers: Tuple[Tuple[str, str], ...] = (_RUN_DID_NOT_FAIL,)
    return Response(200, body, JSON, headers)
