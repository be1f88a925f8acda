"""One request to a service, as v1's `run` made it: over HTTP, JSON by its header, and only 200 is success."""

import json
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, Request, build_opener

from shipway.azureml.exceptions import WebserviceException

_TIMEOUT_S = 300.0
"""The longest scoring timeout that v1 took (11.4)."""


def ask(name: str, uri: str, body: object) -> Any:
    """Bytes and text go as they are, any other value as JSON. The answer's JSON.

    Raises WebserviceException with code, headers and content of any other answer. No proxy: local services are on this
    machine.
    """
    request = Request(uri, data=_bytes(body), headers={"Content-Type": "application/json"})  # noqa: S310 - our own URI
    try:
        with build_opener(ProxyHandler({})).open(request, timeout=_TIMEOUT_S) as response:
            return _parsed(name, response.read())
    except HTTPError as error:
        content = error.read().decode(errors="replace")
        raise WebserviceException(
            "Error: Scoring was unsuccessful. Received bad response from service. More information can be found by "
            "calling `.get_logs()` on the webservice object.\n"
            f"Response Code: {error.code}\nHeaders: {dict(error.headers)}\nContent: {content}",
            status_code=error.code,
        ) from error
    except (URLError, TimeoutError, ConnectionError, HTTPException) as error:
        reason = getattr(error, "reason", error)
        raise WebserviceException(
            f"service {name} does not answer at {uri}: {reason}; `.get_logs()` and `.state` tell more"
        ) from error


def _bytes(body: object) -> bytes:
    match body:
        case bytes() | bytearray():
            return bytes(body)
        case str():
            return body.encode()
        case _:
            return json.dumps(body).encode()


def _parsed(name: str, content: bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError as error:
        shown = content[:200].decode(errors="replace")
        raise WebserviceException(
            f"service {name} answered 200 with what is not JSON: {shown!r}; ask it at scoring_uri without run()"
        ) from error
