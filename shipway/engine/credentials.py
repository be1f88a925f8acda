"""Who one is at a registry: from the environment, else from docker's own configuration and its credential helpers."""

import os
from collections.abc import Mapping

from shipway.domain.secret import Secret

USERNAME = "SHIPWAY_REGISTRY_USERNAME"
PASSWORD = "SHIPWAY_REGISTRY_PASSWORD"  # noqa: S105 - a name
_HUB = "docker.io"


def registry_host(repository: str) -> str:
    """The host of `host[:port]/path`, by docker's own rule: what has no dot, no port and is not localhost is a path."""
    first, slash, _ = repository.partition("/")
    is_host = slash and ("." in first or ":" in first or first == "localhost")
    return first if is_host else _HUB


def credentials_for(
    repository: str, *, ours: str | None, environment: Mapping[str, str] = os.environ
) -> dict[str, Secret] | None:
    """Username and password to send; None leaves it to docker's configuration.

    Those of the environment go to the host of `ours`, the registry that the release names, and to no other.
    """
    username, password = environment.get(USERNAME), environment.get(PASSWORD)
    if ours is None or registry_host(repository) != registry_host(ours) or not (username and password):
        return None
    return {"username": Secret(username), "password": Secret(password)}


def login_for(
    repository: str, *, ours: str | None, environment: Mapping[str, str] = os.environ
) -> dict[str, str] | None:
    """`credentials_for` in clear, as the SDK wants them: to be handed on at once and kept nowhere."""
    found = credentials_for(repository, ours=ours, environment=environment)
    return None if found is None else {name: secret.reveal() for name, secret in found.items()}
