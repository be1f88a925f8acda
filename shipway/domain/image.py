"""Images: what is rendered from code, models and environment, and what a build makes of it."""

from collections.abc import Mapping
from dataclasses import dataclass

from shipway.domain.environment import Code, Environment
from shipway.domain.model import ModelVersion


@dataclass(frozen=True, kw_only=True)
class ImageSpec:
    """Everything that decides an image's content. Equal specs give equal digests.

    Without `code` the server serves the one ONNX model by itself.
    """

    code: Code | None
    environment: Environment
    models: tuple[ModelVersion, ...]


PROCESS = "process"
DOCKER = "docker"
"""The kinds of image: a folder and a virtual environment of this machine, or an image of a container engine."""


@dataclass(frozen=True, kw_only=True)
class ImageConfig:
    """How a container image is to be made. `base` is the image that it stands on; None takes the usual one for its
    Python. `registry` is `host[:port]/path` to push it to; None leaves it in the engine that built it. `provide` names
    what is put into the base, such as mpi: the table of base images says how. `python` is the path of the interpreter
    that the process target is to use, against what the environment pins."""

    base: str | None = None
    registry: str | None = None
    python: str | None = None
    provide: tuple[str, ...] = ()


USUAL_IMAGE = ImageConfig()


@dataclass(frozen=True, kw_only=True)
class ImageLayer:
    """One layer of a container image, by what it holds. `digest` is that of its uncompressed tar."""

    name: str
    digest: str
    size_bytes: int


@dataclass(frozen=True, kw_only=True)
class Image:
    """A built image, addressed by digest.

    For `process` the digest is the rendered bundle's and `location` the bundle's folder on this machine. For `docker`
    the digest is the image's id until it is pushed, then the registry's, and `location` is what an engine knows it by:
    `sha256:...`, or `repository@sha256:...`. `interpreter` is the path of its Python.
    `labels` say which models (`name:version` -> digest) and which lock it was built from. `told` are lines for whoever
    asked for it: which Python and base in place of others, what was taken as of which day, which imports may fail.
    """

    kind: str
    digest: str
    location: str
    interpreter: str
    labels: Mapping[str, str]
    size_bytes: int
    layers: tuple[ImageLayer, ...] = ()
    told: tuple[str, ...] = ()


def short_digest(digest: str) -> str:
    """Enough of it for a person."""
    return digest.removeprefix("sha256:")[:12]
