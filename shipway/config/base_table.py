"""Tables of base images: Shipway's own, and one that a user names. Whoever reads two lays one before the other."""

from pathlib import Path

from pydantic import Field

from shipway.config.documents import read_document
from shipway.config.validation import ShipwayModel, validate
from shipway.domain.base_table import BaseTable, KnownBase, Provided


class _Provided(ShipwayModel):
    what: str = ""
    steps: str = Field(min_length=1)


class _Image(ShipwayModel):
    path: str = Field(min_length=1)
    gave: list[str] = Field(default_factory=list)
    packages: list[str] = Field(default_factory=list)
    as_it_stands: bool = False


class _Table(ShipwayModel):
    micromamba: str = ""
    provides: dict[str, _Provided] = Field(default_factory=dict)
    images: list[_Image] = Field(default_factory=list)


def load_base_table(path: Path) -> BaseTable:
    """Raises ConfigError that begins with path, line and key."""
    raw = validate(_Table, read_document(path))
    return BaseTable(
        images=tuple(
            KnownBase(
                path=image.path,
                gave=tuple(image.gave),
                packages=tuple(image.packages),
                as_it_stands=image.as_it_stands,
            )
            for image in raw.images
        ),
        provides={
            name: Provided(name=name, what=entry.what or name, steps=entry.steps)
            for name, entry in raw.provides.items()
        },
        micromamba=raw.micromamba,
    )
