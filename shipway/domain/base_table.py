"""What is known of other people's base images, and what can be put into a base when it is asked for. Values only."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

_VERSION_IN_A_NAME = re.compile(r"(cuda|cudnn)(\d[\d.]*)")


@dataclass(frozen=True, kw_only=True)
class KnownBase:
    """`path` is a pattern for an image's path after its registry's host. `gave` are what it carried beyond a Python,
    `packages` those of Python that lay in it. One that is taken as it stands stands in no other's place."""

    path: str
    gave: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    as_it_stands: bool = False


@dataclass(frozen=True, kw_only=True)
class Provided:
    """`steps` are lines of a Dockerfile that put `name` into a Debian base; `what` says so for people."""

    name: str
    what: str
    steps: str


@dataclass(frozen=True, kw_only=True)
class BaseTable:
    """`images` in the order in which they are looked at. `micromamba` is the image that makes conda environments."""

    images: tuple[KnownBase, ...] = ()
    provides: Mapping[str, Provided] = field(default_factory=dict)
    micromamba: str = ""

    def find(self, image: str) -> KnownBase | None:
        path = path_of(image)
        return next((known for known in self.images if fnmatchcase(path, known.path)), None)

    def before(self, other: "BaseTable") -> "BaseTable":
        """Both, with the word of this one where they differ."""
        return BaseTable(
            images=(*self.images, *other.images),
            provides={**other.provides, **self.provides},
            micromamba=self.micromamba or other.micromamba,
        )


def host_of(image: str) -> str:
    """By docker's own rule: what has no dot, no port and is not localhost is a path. Empty when none is named."""
    first, slash, _ = image.partition("/")
    return first if slash and ("." in first or ":" in first or first == "localhost") else ""


def path_of(image: str) -> str:
    """`azureml/base` of `host.example/azureml/base:1@sha256:0`."""
    host = host_of(image)
    path = image[len(host) + 1 :] if host else image
    return path.partition("@")[0].partition(":")[0]


def versions_in(image: str, names: Iterable[str]) -> list[str]:
    """`names`, with the version that the image's name tells of some: cuda 10.0."""
    told = dict(_VERSION_IN_A_NAME.findall(image))
    return [f"{name} {told[name].rstrip('.')}" if name in told else name for name in names]
