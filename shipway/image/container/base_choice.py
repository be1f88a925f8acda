"""Which base image an image stands on, and what has to be made of it first. Decisions; nothing is asked of an engine.

The release's own word comes first, then the author's base (Microsoft's are mapped to a base of the asset's Python, any
other is taken as it stands), then the environment variable, then Python's slim image.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from shipway.domain.base_table import BaseTable, KnownBase, Provided, host_of, versions_in
from shipway.domain.environment import Environment
from shipway.domain.image import ImageConfig
from shipway.errors import BuildError
from shipway.image.container.base_table import base_table
from shipway.image.container.made_base_text import CondaStage, channels_for, made_base_text, refuse_bad_steps
from shipway.image.dockerfile import installs_packages
from shipway.image.interpreters import SERVED_MINORS, satisfies, served_pin

VARIABLE = "SHIPWAY_BASE_IMAGE"
USUAL = "python:{python}-slim"
HOW_TO_CHOOSE = f"choose another with image.base in the release file or {VARIABLE} (which may hold {{python}})"

_ANY_PATCH = 99
"""Above any patch level, so that bounds such as >=3.8.2 hold for a minor version as a whole."""


@dataclass(frozen=True, kw_only=True)
class BaseWish:
    """`name` is the image to stand on; where `dockerfile` is not None, that has to be built first, on `name` or on what
    the author's own text says. `pin` is the Python that it must have. `packages_stay`: what lies in the base's own
    Python is meant to be imported by the script. `told` are lines for whoever releases. `micromamba` is the image that
    brings conda's packages, empty when there are none.
    """

    name: str
    pin: str | None
    dockerfile: str | None = None
    packages_stay: bool = False
    told: tuple[str, ...] = ()
    micromamba: str = ""

    def remedy_for(self, image: str) -> str:
        """What to do when an image that it needs cannot be had."""
        if image == self.micromamba:
            return (
                "name a mirror of that as micromamba: in a table of base images of your own (SHIPWAY_BASE_IMAGES), or "
                "take out what only conda has"
            )
        return HOW_TO_CHOOSE if image == self.name else "name another in that Dockerfile"


def base_for(
    environment: Environment,
    config: ImageConfig,
    *,
    own: tuple[int, ...],
    environ: Mapping[str, str] = os.environ,
    table: BaseTable | None = None,
) -> BaseWish:
    """`own` is the version that Shipway runs on. Without `table`, that of this installation and the user's are read.

    Raises BuildError for a pin that no version fits, for steps that cannot be carried out and for something to provide
    that the table does not know; ConfigError for a table of the user's that cannot be read.
    """
    refuse_bad_steps(environment)
    served = served_pin(environment.python, environment.as_of)
    known = table if table is not None else _table_if_needed(environment, config, environ)
    start, found = _start(environment, config, known, environ)
    name = start.replace("{python}", minor_for(served.pin, own=own)) if "{python}" in start else start
    making = _Making(
        environment=environment,
        pin=served.pin,
        conda=_conda(environment, known, served.pin or minor_for(None, own=own)),
        provided=_provided(config.provide, known),
    )
    lines = [f"{environment.called}: {served.told}"] if served.told else []
    lines += _told(environment, config, name, found, known)
    return BaseWish(
        name=name,
        pin=served.pin,
        dockerfile=making.dockerfile(name, authors_own=config.base is None),
        packages_stay=making.packages_stay,
        told=(*lines, *making.told()),
        micromamba=making.conda.micromamba if making.conda else "",
    )


def minor_for(pin: str | None, *, own: tuple[int, ...]) -> str:
    """Such as 3.11, for `{python}` in a name: `own` where it fits. Raises BuildError for a pin that no version fits."""
    minors = (own[:2], *SERVED_MINORS)
    fitting = (minor for minor in minors if pin is None or satisfies((*minor, _ANY_PATCH), pin))
    found = next(fitting, None)
    if found is None:
        raise BuildError(f"the environment pins Python {pin}; the scoring server runs on 3.6 to 3.13: pin one of those")
    return ".".join(map(str, found))


def with_tag(name: str) -> str:
    """Docker takes `latest` for a name without a tag; all tags would be pulled otherwise."""
    last = name.rpartition("/")[2]
    return name if ":" in last or "@" in last else f"{name}:latest"


@dataclass(frozen=True, kw_only=True)
class _Making:
    """What has to be done to a base before an environment can lie on it."""

    environment: Environment
    pin: str | None
    conda: CondaStage | None
    provided: Sequence[Provided]

    def dockerfile(self, name: str, *, authors_own: bool) -> str | None:
        """None when the base can be taken as it is."""
        base = self.environment.base
        own = base.dockerfile if authors_own else None
        if own is None and not (self.conda or self.provided or base.steps.strip()):
            return None
        start = own if own is not None else f"FROM {name}"
        return made_base_text(start, conda=self.conda, provided=self.provided, steps=base.steps)

    @property
    def packages_stay(self) -> bool:
        return self.environment.user_managed or self.conda is not None or self._installing() is not None

    def told(self) -> Iterator[str]:
        called = self.environment.called
        if self.environment.base.steps.strip():
            yield (
                f"{called}: its extra Docker steps run on the base image, before the environment is there; in v1 they "
                "ran after it"
            )
        if (line := self._installing()) is not None:
            yield (
                f"{called}: {line} installs packages into the base's own Python: the script sees them where the "
                "environment has none of that name, and no lock says which they are; better name them in the conda file"
            )
        if self.conda is not None:
            channels = ", ".join(channels_for(self.conda.channels))
            yield (
                f"{called}: {', '.join(self.conda.packages)} come from conda ({channels}), by {self.conda.micromamba}, "
                "in a stage of its own; their Python is the image's"
            )

    def _installing(self) -> str | None:
        texts = (self.environment.base.steps, self.environment.base.dockerfile or "")
        found = next((found for text in texts if (found := installs_packages(text))), None)
        return f"`{found.shown}`" if found else None


def _table_if_needed(environment: Environment, config: ImageConfig, environ: Mapping[str, str]) -> BaseTable:
    needed = environment.base.image or environment.conda_packages or config.provide
    return base_table(environ) if needed else BaseTable()


def _start(
    environment: Environment, config: ImageConfig, table: BaseTable, environ: Mapping[str, str]
) -> tuple[str, KnownBase | None]:
    """The name, in which `{python}` may stand, and what is known of an author's image that another one stands for."""
    usual = environ.get(VARIABLE) or USUAL
    base = environment.base
    if config.base:
        return config.base, None
    if base.dockerfile is not None or base.image is None:
        return usual, None
    found = None if base.registry and base.username else table.find(base.image)
    if found is None or found.as_it_stands:
        return at_registry(base.image, base.registry), None
    return usual, found


def at_registry(image: str, registry: str | None) -> str:
    """v1 took an image's name with or without its registry's address before it."""
    registry = bare_address(registry or "")
    return image if not registry or host_of(image) == host_of(f"{registry}/") else f"{registry}/{image}"


def bare_address(registry: str) -> str:
    """As it stands in the name of an image: people copy addresses from a browser."""
    return registry.removeprefix("https://").removeprefix("http://").rstrip("/")


def _conda(environment: Environment, table: BaseTable, pin: str) -> CondaStage | None:
    if not environment.conda_packages:
        return None
    return CondaStage(
        micromamba=table.micromamba, python=pin, packages=environment.conda_packages, channels=environment.channels
    )


def _provided(names: Sequence[str], table: BaseTable) -> list[Provided]:
    unknown = [name for name in names if name not in table.provides]
    if unknown:
        known = ", ".join(sorted(table.provides))
        raise BuildError(f"image/provide: there is nothing called {unknown[0]!r} to put into a base; there are {known}")
    return [table.provides[name] for name in dict.fromkeys(names)]


def _told(
    environment: Environment, config: ImageConfig, name: str, known: KnownBase | None, table: BaseTable
) -> Iterator[str]:
    base = environment.base
    if config.base and (base.image or base.dockerfile is not None):
        theirs = f"base image {base.image}" if base.image else "docker.baseDockerfile"
        yield f"{environment.called}: image.base {config.base} stands in place of its {theirs}"
    if known is not None and base.image is not None:
        yield from _mapped(environment, config, name, known, table)
    elif base.gpu:
        yield f"{environment.called}: {_WITHOUT_GPU}"


_WITHOUT_GPU = (
    "it asks for a GPU, and containers here are given none: the script runs on the CPU, with packages that run there "
    "(tensorflow or onnxruntime in place of their -gpu builds)"
)


def _mapped(
    environment: Environment, config: ImageConfig, name: str, known: KnownBase, table: BaseTable
) -> Iterator[str]:
    image = environment.base.image or ""
    gave = ", ".join(versions_in(image, known.gave))
    left = ", ".join(each for each in known.gave if each in table.provides and each not in config.provide)
    also = f"; it also gave {gave}" if gave else ""
    back = f", of which image.provide in the release file brings back {left}" if left else ""
    yield f"{environment.called}: {name} stands in place of Microsoft's {image}{also}{back}"
    if known.packages:
        yield (
            f"{environment.called}: its base image had packages in it ({', '.join(known.packages)}), which the new one "
            "has not: name those that the script imports in the conda file"
        )
    if environment.base.gpu or "cuda" in known.gave:
        yield f"{environment.called}: {_WITHOUT_GPU}"
