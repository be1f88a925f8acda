"""A connection to the engine. Opening one asks the engine for its version: whoever has one knows that it answered."""

import gc
import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from shipway.engine.endpoint import Endpoint, context_of, find_endpoint
from shipway.engine.faults import fault, unreachable
from shipway.errors import ConfigError

if TYPE_CHECKING:
    from docker import DockerClient

_TIMEOUT_S = 120.0
"""For one answer; a load of several GB streams, and each piece counts by itself."""
_SSH = "ssh://"
_ANY_VERSION = "1.24"
"""Not sent: the engine's version is asked for without one."""


@dataclass(frozen=True)
class Engine:
    """`client` is the SDK's own. Every call on it belongs inside `speaking`."""

    client: "DockerClient"
    endpoint: Endpoint

    @contextmanager
    def speaking(self, what: str) -> Iterator[None]:
        """Errors of the SDK and of the connection come out as ours; `what` says what was being done.

        Raises NotInEngine, NameTaken, PortTaken, EngineFull, EngineUnavailable, TargetError.
        """
        from docker.errors import DockerException  # noqa: PLC0415
        from requests.exceptions import RequestException  # noqa: PLC0415
        from urllib3.exceptions import HTTPError  # noqa: PLC0415

        try:
            yield
        except (DockerException, RequestException, HTTPError, ConnectionError) as error:
            raise fault(error, what=what, endpoint=self.endpoint) from error

    def close(self) -> None:
        self.client.close()
        if self.endpoint.host.startswith(_SSH):
            gc.collect()  # the SDK leaves its ssh processes and their pipes in cycles: hundreds in one release


def connect(environment: Mapping[str, str] = os.environ, *, timeout_s: float = _TIMEOUT_S) -> Engine:
    """Raises EngineUnavailable, with how to start or choose one, when none answers; ConfigError for a wrong context,
    and for ssh without what the SDK wants for it."""
    from docker import DockerClient  # noqa: PLC0415 - the SDK takes 0.2 s
    from docker.errors import DockerException  # noqa: PLC0415

    endpoint = find_endpoint(environment)
    if endpoint.host.startswith(_SSH) and find_spec("paramiko") is None:
        raise ConfigError(
            f"the Docker Engine at {endpoint} is reached by ssh, which docker's SDK does with the package paramiko, "
            "and that is not installed: pip install paramiko"
        )
    settings = {
        "base_url": endpoint.host,
        "timeout": int(timeout_s),
        "use_ssh_client": endpoint.host.startswith(_SSH),
        **_tls(environment),
    }
    try:
        _knock(endpoint)
        version = _version_of_engine(settings)
        return Engine(DockerClient(version=version, **settings), endpoint)
    except (DockerException, OSError, ValueError) as error:
        raise unreachable(error, endpoint) from error


def _knock(endpoint: Endpoint) -> None:
    """Raises OSError. The SDK would leave its socket open when a local engine does not listen."""
    if endpoint.host.startswith("unix://"):
        with socket.socket(socket.AF_UNIX) as knock:
            knock.connect(endpoint.host.removeprefix("unix://"))


def _version_of_engine(settings: Mapping[str, Any]) -> str:
    """The SDK can ask for it by itself, and then leaves a socket open when nobody answers."""
    from docker import APIClient  # noqa: PLC0415

    api = APIClient(version=_ANY_VERSION, **settings)
    try:
        version: str = api.version(api_version=False)["ApiVersion"]
        return version
    finally:
        api.close()


def _tls(environment: Mapping[str, str]) -> dict[str, Any]:
    """As docker's own command has it: DOCKER_TLS_VERIFY and DOCKER_CERT_PATH, or the context's certificates."""
    from docker.utils import kwargs_from_env  # noqa: PLC0415

    if environment.get("DOCKER_HOST"):
        tls = kwargs_from_env(environment=dict(environment)).get("tls")
    else:
        tls = context_of(environment).TLSConfig
    return {"tls": tls} if tls else {}
