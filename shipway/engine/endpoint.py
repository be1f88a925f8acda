"""Which engine: DOCKER_HOST, else the context that docker's own command would use, else the machine's own."""

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from shipway.errors import ConfigError

_LOCAL_SCHEMES = frozenset({"unix", "npipe", "http+unix", "fd"})


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """`host` is the engine's address as docker writes it; `origin` is what named it, for messages."""

    host: str
    origin: str

    @property
    def is_local(self) -> bool:
        """Whether ports that it publishes on 127.0.0.1 are this machine's."""
        parts = urlsplit(self.host)
        return parts.scheme in _LOCAL_SCHEMES or _is_loopback(parts.hostname or "")

    def __str__(self) -> str:
        return f"{self.host} ({self.origin})"


def find_endpoint(environment: Mapping[str, str] = os.environ) -> Endpoint:
    """Reads docker's own configuration; asks no engine. Raises ConfigError for a context that does not exist."""
    if host := environment.get("DOCKER_HOST"):
        return Endpoint(host=host, origin="DOCKER_HOST")
    context = context_of(environment)
    return Endpoint(host=context.Host, origin=f"docker context {context.Name}")


def context_of(environment: Mapping[str, str] = os.environ) -> Any:
    """The SDK's view of the context that is in use. Raises ConfigError."""
    from docker.context import ContextAPI  # noqa: PLC0415 - the SDK takes 0.2 s
    from docker.errors import ContextException  # noqa: PLC0415

    name = environment.get("DOCKER_CONTEXT")
    try:
        context = ContextAPI.get_context(name) if name else ContextAPI.get_current_context()
    except ContextException:
        context = None
    if context is None:
        raise ConfigError(
            f"docker context {name or 'that is in use'!r} does not exist; `docker context ls` shows which there are, "
            "DOCKER_CONTEXT and DOCKER_HOST choose"
        )
    return context


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
