"""Base images out of an engine, or into it from their registry."""

import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from shipway.domain.base_table import host_of
from shipway.domain.secret import Secret
from shipway.engine.connection import Engine
from shipway.engine.credentials import login_for
from shipway.engine.faults import NotInEngine
from shipway.errors import BuildError, EngineUnavailable, TargetError
from shipway.image.container.base_choice import HOW_TO_CHOOSE, with_tag
from shipway.image.container.stream import follow

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class BaseLogin:
    """Who one is at the private registry of an author's base. Sent to that host alone, and kept nowhere."""

    registry: str
    username: str
    password: Secret


@dataclass(frozen=True, kw_only=True)
class Puller:
    """`ours` is the registry that the release pushes to, whose credentials the environment may hold."""

    engine: Engine
    login: BaseLogin | None = None
    ours: str | None = None
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)

    def have(self, name: str, *, remedy: str = HOW_TO_CHOOSE) -> dict[str, Any]:
        """What the engine says of it: pulled only when the engine has none of that name. Safe to repeat.

        Raises BuildError, saying how to log in or choose another (`remedy`), when it cannot be had; EngineUnavailable.
        """
        return inspect_image(self.engine, name) or self._pull(name, remedy)

    def _pull(self, name: str, remedy: str) -> dict[str, Any]:
        log.info("base image %s is not in the engine: pulling it", name)
        what = f"base image {name} is not in the Docker Engine at {self.engine.endpoint} and cannot be pulled"
        api = self.engine.client.api
        try:
            with self.engine.speaking(what):
                lines = api.pull(with_tag(name), stream=True, decode=True, auth_config=self._auth(name))
                follow(self.engine, lines, what=what)
        except EngineUnavailable:
            raise
        except (TargetError, BuildError) as error:
            raise BuildError(f"{error}; log in to its registry with `docker login`, or {remedy}") from error
        found = inspect_image(self.engine, name)
        if found is None:
            raise BuildError(f"base image {name} was pulled and is gone again; build again")
        return found

    def _auth(self, name: str) -> dict[str, str] | None:
        if self.login is not None and host_of(name) == host_of(f"{self.login.registry}/"):
            return {"username": self.login.username, "password": self.login.password.reveal()}
        return login_for(name, ours=self.ours, environment=self.environ)


def inspect_image(engine: Engine, name: str) -> dict[str, Any] | None:
    """None when the engine has none of that name. Raises BuildError for what is no name of an image."""
    what = f"looking for base image {name}"
    try:
        with engine.speaking(what):
            found: dict[str, Any] = engine.client.api.inspect_image(name)
            return found
    except NotInEngine:
        return None
    except EngineUnavailable:
        raise
    except TargetError as error:
        raise BuildError(f"{error}; {HOW_TO_CHOOSE}") from error
