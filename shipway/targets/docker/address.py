"""Where containers' ports are published, which is where they are reached."""

import ipaddress
import os
from collections.abc import Mapping

from shipway.engine.endpoint import Endpoint
from shipway.errors import ConfigError
from shipway.machine.ports import LOOPBACK

ADDRESS = "SHIPWAY_DOCKER_ADDRESS"


def published_on(endpoint: Endpoint, environment: Mapping[str, str] = os.environ) -> str:
    """127.0.0.1 for an engine of this machine; for another one what SHIPWAY_DOCKER_ADDRESS says.

    Raises ConfigError when that is missing, or no IP address: the gateway resolves no names.
    """
    if endpoint.is_local:
        return LOOPBACK
    given = environment.get(ADDRESS, "")
    if not given:
        raise ConfigError(
            f"the Docker Engine at {endpoint} is on another machine, and what its containers publish on {LOOPBACK} "
            f"cannot be reached from here; name an IP address of that machine with {ADDRESS}, on which their ports are "
            "published and reached (anybody who reaches that address reaches them), or take this machine's engine"
        )
    try:
        return str(ipaddress.IPv4Address(given))
    except ValueError as error:
        raise ConfigError(
            f"{ADDRESS}: must be an IPv4 address of the machine of the Docker Engine at {endpoint}, not {given!r}"
        ) from error
