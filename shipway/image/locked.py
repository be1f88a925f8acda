"""An environment that was resolved, with what it was resolved for."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shipway.image.packages.lock import Lock, PythonThere

if TYPE_CHECKING:
    from shipway.image.container.base import BaseImage


@dataclass(frozen=True, kw_only=True)
class Locked:
    """`base` is the image below, None for a virtual environment of this machine. `told` are lines for whoever asked:
    which Python in place of another, which base, what was taken as of which day."""

    python: PythonThere
    lock: Lock
    base: "BaseImage | None" = None
    told: tuple[str, ...] = ()
