"""What an image says of itself, and getting it from its registry."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shipway.engine.connection import Engine
from shipway.engine.credentials import login_for
from shipway.engine.faults import EngineFull, NotInEngine
from shipway.errors import BuildError, EngineUnavailable, TargetError
from shipway.image.container.stream import follow
from shipway.targets._local.plan import concurrency_of

log = logging.getLogger(__name__)

BUNDLE_LABEL = "shipway.bundle"
"""On every image that `shipway.image` builds."""


@dataclass(frozen=True, kw_only=True)
class ImageFacts:
    """What an image says of itself."""

    command: tuple[str, ...]
    variables: Mapping[str, str]
    labels: Mapping[str, str]

    @property
    def serves(self) -> bool:
        """Whether its command is our scoring server."""
        return BUNDLE_LABEL in self.labels

    @property
    def concurrency(self) -> int:
        return concurrency_of(self.variables.get("WORKER_COUNT"))


def image_facts(inspected: Mapping[str, Any]) -> ImageFacts:
    """From the engine's answer about an image."""
    config = inspected["Config"] or {}
    variables = dict(line.partition("=")[::2] for line in config.get("Env") or ())
    return ImageFacts(
        command=tuple(config.get("Cmd") or ()), variables=variables, labels=dict(config.get("Labels") or {})
    )


NO_FACTS = ImageFacts(command=(), variables={}, labels={})


def fetch_image(engine: Engine, location: str) -> None:
    """Pulls `repository@digest` when the engine has not got it. Safe to repeat, and takes as long as the network does.

    Raises TargetError, with the remedy, when the registry does not give it; EngineFull.
    """
    if "@" not in location or _inspect(engine, location) is not None:
        return
    repository, _, digest = location.partition("@")
    login = login_for(repository, ours=repository)
    what = f"image {location} is not in the Docker Engine at {engine.endpoint} and cannot be pulled"
    log.info("image %s is not in the engine: pulling it", location)
    try:
        with engine.speaking(what):
            lines = engine.client.api.pull(repository, tag=digest, stream=True, decode=True, auth_config=login)
            follow(engine, lines, what=what)
    except (EngineFull, EngineUnavailable):
        raise
    except (TargetError, BuildError) as error:
        raise TargetError(
            f"{error}; log in to its registry with `docker login`, or release again to build and push it"
        ) from error


def find_image(engine: Engine, location: str) -> ImageFacts:
    """`location` is an image's id, or `repository@digest`. Raises TargetError when the engine has not got it."""
    inspected = _inspect(engine, location)
    if inspected is None:
        raise TargetError(
            f"image {location} is not in the Docker Engine at {engine.endpoint}: it was removed, or built on another "
            "engine; release the same model version again, which builds it"
        )
    return image_facts(inspected)


def _inspect(engine: Engine, location: str) -> Mapping[str, Any] | None:
    try:
        with engine.speaking(f"looking at image {location}"):
            found: Mapping[str, Any] = engine.client.api.inspect_image(location)
            return found
    except NotInEngine:
        return None
