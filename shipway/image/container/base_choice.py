"""Which base image an image stands on. Pure."""

from collections.abc import Mapping

from shipway.domain.image import ImageConfig
from shipway.errors import BuildError
from shipway.image.interpreters import satisfies

VARIABLE = "SHIPWAY_BASE_IMAGE"
USUAL = "python:{python}-slim"
HOW_TO_CHOOSE = f"choose another with image.base in the release file or {VARIABLE} (which may hold {{python}})"

_MINORS = tuple((3, minor) for minor in range(13, 5, -1))
"""What the scoring server runs on, the newest first."""

_ANY_PATCH = 99
"""Above any patch level, so that bounds such as >=3.8.2 hold for a minor version as a whole."""


def base_name(config: ImageConfig, pin: str | None, *, own: tuple[int, ...], environment: Mapping[str, str]) -> str:
    """The release's own word, else the environment's, else Python's slim image.

    `{python}` in it becomes such as 3.11: what the author pins, else `own`, the version that Shipway runs on. Raises
    BuildError for a pin that no version fits.
    """
    name = config.base or environment.get(VARIABLE) or USUAL
    return name.replace("{python}", minor_for(pin, own=own)) if "{python}" in name else name


def minor_for(pin: str | None, *, own: tuple[int, ...]) -> str:
    minors = (own[:2], *_MINORS)
    fitting = (minor for minor in minors if pin is None or satisfies((*minor, _ANY_PATCH), pin))
    found = next(fitting, None)
    if found is None:
        raise BuildError(f"the environment pins Python {pin}; the scoring server runs on 3.6 to 3.13: pin one of those")
    return ".".join(map(str, found))


def with_tag(name: str) -> str:
    """Docker takes `latest` for a name without a tag; all tags would be pulled otherwise."""
    last = name.rpartition("/")[2]
    return name if ":" in last or "@" in last else f"{name}:latest"
