"""Images: what is rendered from code, models and environment, and what a build makes of it."""

from collections.abc import Mapping
from dataclasses import dataclass

from shipway.domain.environment import Code, Environment
from shipway.domain.model import ModelVersion


@dataclass(frozen=True, kw_only=True)
class ImageSpec:
    """Everything that decides an image's content. Equal specs give equal digests."""

    code: Code
    environment: Environment
    models: tuple[ModelVersion, ...]


@dataclass(frozen=True, kw_only=True)
class Image:
    """A built image, addressed by digest.

    For the `process` target the digest is the rendered bundle's and `location` the bundle's folder on this machine.
    `labels` say which models (`name:version` -> digest) and which lock it was built from.
    """

    kind: str
    digest: str
    location: str
    interpreter: str
    labels: Mapping[str, str]
    size_bytes: int
