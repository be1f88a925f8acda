"""Pushing an image to a registry, and asking whether one is there. From then on it goes by the registry's digest."""

import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shipway.engine.connection import Engine
from shipway.engine.credentials import PASSWORD, USERNAME, login_for, registry_host
from shipway.engine.faults import NotInEngine
from shipway.errors import BuildError, EngineUnavailable, TargetError
from shipway.image.container.stream import follow

log = logging.getLogger(__name__)

_NAME_WITHOUT_PATH = "shipway"
_EVERY_BYTES = 50_000_000
"""Progress is said once for so much: an engine sends a line for every few hundred KB."""

_REFUSALS = (
    (("no basic auth credentials", "unauthorized", "authentication required"), "it wants credentials, or others"),
    (("denied", "insufficient_scope"), "these credentials may not push there"),
    (
        ("server gave HTTP response to HTTPS client",),
        "it speaks plain http: let the engine's insecure-registries name it",
    ),
    (("no such host", "connection refused", "i/o timeout", "no route to host"), "it cannot be reached from the engine"),
    (("error parsing HTTP 405",), "it takes no pushes: it is read-only, or no registry"),
    (("invalid character", "error parsing HTTP", "unexpected HTTP status"), "what answers there is no registry"),
)


@dataclass(frozen=True, kw_only=True)
class Pushed:
    """`location` is `repository@sha256:...`, what any engine that may pull finds it by."""

    digest: str
    location: str


def repository_of(registry: str) -> str:
    """Where images go: `host[:port]/path` as it is; a host alone gets a path."""
    registry = registry.rstrip("/")
    return registry if "/" in registry else f"{registry}/{_NAME_WITHOUT_PATH}"


def push_image(
    engine: Engine, image: str, registry: str, *, tag: str, environment: Mapping[str, str] = os.environ
) -> Pushed:
    """Safe to repeat, and quick then: layers that the registry has are not sent again.

    Raises BuildError with what the registry said and what it means; EngineUnavailable.
    """
    repository = repository_of(registry)
    auth = login_for(repository, ours=registry, environment=environment)
    what = f"pushing image {repository}:{tag}"
    seen = _Progress(what)
    try:
        with engine.speaking(what):
            engine.client.api.tag(image, repository, tag)
            lines = engine.client.api.push(repository, tag=tag, stream=True, decode=True, auth_config=auth)
            follow(engine, lines, what=what, each=seen)
    except EngineUnavailable:
        raise
    except (TargetError, BuildError) as error:
        raise _refused(error, registry) from error
    if not seen.digest:
        raise BuildError(f"{what}: the registry gave no digest; see whether it is a registry of API version 2")
    log.info("image %s pushed, digest %s", f"{repository}:{tag}", seen.digest)
    return Pushed(digest=seen.digest, location=f"{repository}@{seen.digest}")


def has_image(engine: Engine, location: str, *, environment: Mapping[str, str] = os.environ) -> bool:
    """Whether the engine has it, or a `repository@sha256:...` can be had from its registry.

    Raises EngineUnavailable; TargetError when the registry does not say.
    """
    what = f"looking for image {location}"
    try:
        with engine.speaking(what):
            engine.client.api.inspect_image(location)
            return True
    except NotInEngine:
        if "@" not in location:
            return False
    repository = location.partition("@")[0]
    auth = login_for(repository, ours=repository, environment=environment)
    try:
        with engine.speaking(what):
            engine.client.api.inspect_distribution(location, auth_config=auth)
            return True
    except NotInEngine:
        return False
    except TargetError as error:
        if "manifest unknown" in str(error) or "not found" in str(error):
            return False
        raise


def _refused(error: Exception, registry: str) -> BuildError:
    text = str(error)
    meaning = next((meaning for words, meaning in _REFUSALS if any(word in text for word in words)), "")
    because = f"; {meaning}" if meaning else ""
    host = registry_host(repository_of(registry))
    return BuildError(
        f"{text}{because}; see image.registry in the release file, and log in with `docker login {host}` "
        f"or set {USERNAME} and {PASSWORD}"
    )


class _Progress:
    """Says now and then how far a push is, and finds its digest."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._sent: dict[str, int] = {}
        self._said = 0
        self.digest = ""

    def __call__(self, line: Mapping[str, Any]) -> None:
        aux = line.get("aux") or {}
        self.digest = str(aux.get("Digest") or self.digest)
        current = (line.get("progressDetail") or {}).get("current")
        if line.get("status") == "Pushing" and current:
            self._sent[str(line.get("id"))] = int(current)
            total = sum(self._sent.values())
            if total - self._said >= _EVERY_BYTES:
                self._said = total
                log.info("%s: %.0f MB sent", self._what, total / 1e6)
