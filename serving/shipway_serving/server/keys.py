"""Key authentication inside the container, for where no front end stands before it (K-1, K-2)."""

import hmac
import os
from codecs import BOM_UTF8
from typing import Callable, List

from shipway_serving.contract.cors import Cors, Headers
from shipway_serving.contract.messages import HTML, Request, Response, failure

OPEN_PATHS = ("/", "/live", "/ready")
"""Probes bring no key (K-5)."""

Reply = Callable[[Response], None]
Respond = Callable[[Request, Reply], None]
Refuse = Callable[[Request, Reply, Response], None]

_SCHEME = "bearer "


class BadKeys(Exception):
    """The keys file cannot be used; the message names it and says why."""


class Keys:
    """The keys of one file, a key a line, which is read again when it has changed: keys are regenerated in service."""

    def __init__(self, path: str) -> None:
        """Raises ``BadKeys``."""
        self._path = path
        self._stamp = (0.0, 0)
        self._keys: List[bytes] = []
        self.refresh()
        if not self._keys:
            raise BadKeys(f"the keys file {path} holds no key; write one or two, a line each")

    def refresh(self) -> None:
        """Read the file if it has changed; one that cannot be read or is empty leaves the keys in force."""
        try:
            status = os.stat(self._path)
            stamp = (status.st_mtime, status.st_size)
            if stamp == self._stamp:
                return
            with open(self._path, "rb") as file:
                keys = [line.strip() for line in _without_mark(file.read()).splitlines() if line.strip()]
        except OSError as error:
            if not self._keys:
                raise BadKeys(f"the keys file {self._path} cannot be read: {error.strerror}") from None
            return
        if keys:
            self._keys, self._stamp = keys, stamp

    def allow(self, authorization: str) -> bool:
        """Whether the header brings one of the keys. Takes the same time for every wrong one."""
        if authorization[: len(_SCHEME)].lower() != _SCHEME:
            return False
        given = authorization[len(_SCHEME) :].strip().encode("latin-1", "replace")
        # Every key is compared, whatever the first ones said.
        return sum(hmac.compare_digest(given, key) for key in self._keys) > 0


def guarded(respond: Respond, refuse: Refuse, keys: Keys, cors: Cors) -> Respond:
    """``respond`` for those who bring a key, ``refuse`` with 401 for others; the probes are open.

    Browsers ask without a key whether they may send one, and read no refusal without cross-origin headers. They are
    answered here and not by a script that takes raw requests: it is not to run for those who have no key.
    """

    def respond_if_allowed(request: Request, reply: Reply) -> None:
        if request.path in OPEN_PATHS or keys.allow(request.headers.get("authorization", "")):
            respond(request, reply)
            return
        crossing = cors.headers_for(request.method, request.headers) if cors.is_on else ()
        if crossing and request.method == "OPTIONS" and "access-control-request-method" in request.headers:
            refuse(request, reply, Response(200, b"", HTML, crossing))
        else:
            refuse(request, reply, _unauthorized(crossing))

    return respond_if_allowed


def _without_mark(content: bytes) -> bytes:
    """Editors on Windows put a mark before the first key."""
    return content[len(BOM_UTF8) :] if content.startswith(BOM_UTF8) else content


def _unauthorized(crossing: Headers) -> Response:
    refused = failure(401, "The request needs a key of this service, in the header Authorization: Bearer KEY.")
    return refused._replace(headers=refused.headers + (("WWW-Authenticate", "Bearer"),) + crossing)
