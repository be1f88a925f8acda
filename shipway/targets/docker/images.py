"""What an image says of itself, and getting it from its registry."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shipway.engine.connection import Engine
from shipway.engine.credentials import credentials_for
from shipway.engine.faults import NotInEngine
from shipway.errors import TargetError
from shipway.targets._local.plan import concurrency_of

WORKER_COUNT_LABEL = "shipway.worker-count"


@dataclass(frozen=True, kw_only=True)
class ImageFacts:
    """What an image says of itself."""

    command: tuple[str, ...]
    variables: Mapping[str, str]
    labels: Mapping[str, str]

    @property
    def concurrency(self) -> int:
        return concurrency_of(self.variables.get("WORKER_COUNT") or self.labels.get(WORKER_COUNT_LABEL))


def image_facts(inspected: Mapping[str, Any]) -> ImageFacts:
    """From the engine's answer about an image."""
    config = inspected["Config"] or {}
    variables = dict(line.partition("=")[::2] for line in config.get("Env") or ())
    return ImageFacts(
        command=tuple(config.get("Cmd") or ()), variables=variables, labels=dict(config.get("Labels") or {})
    )


NO_FACTS = ImageFacts(command=(), variables={}, labels={})


def find_image(engine: Engine, location: str) -> ImageFacts:
    """`location` is an image's id, or `repository@digest`, which is pulled when the engine has not got it.

    Raises TargetError when it is nowhere.
    """
    try:
        with engine.speaking(f"looking at image {location}"):
            return image_facts(engine.client.api.inspect_image(location))
    except NotInEngine as error:
        if "@" in location:
            return _pulled(engine, location)
        raise TargetError(
            f"image {location} is not in the Docker Engine at {engine.endpoint}: it was removed, or built on another "
            "engine; release again to build it"
        ) from error


def _pulled(engine: Engine, location: str) -> ImageFacts:
    repository = location.partition("@")[0]
    secrets = credentials_for(repository, ours=repository) or {}
    login = {name: secret.reveal() for name, secret in secrets.items()} or None
    try:
        with engine.speaking(f"pulling image {location}"):
            return image_facts(engine.client.images.pull(location, auth_config=login).attrs)
    except NotInEngine as error:
        raise TargetError(
            f"image {location} is neither in the Docker Engine at {engine.endpoint} nor in its registry any more: "
            f"{error}; release again to build and push it"
        ) from error
