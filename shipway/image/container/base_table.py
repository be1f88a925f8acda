"""The table of base images: the one that belongs to this Shipway, and before it the user's own."""

import os
from collections.abc import Mapping
from pathlib import Path

from shipway.domain.base_table import BaseTable
from shipway.errors import BuildError, ConfigError

VARIABLE = "SHIPWAY_BASE_IMAGES"
"""Names a file with a table of the user's own."""

_HERE = Path(__file__).resolve().parents[2]


def base_table(environ: Mapping[str, str] = os.environ) -> BaseTable:
    """Raises ConfigError, with file, line and key, for a table of the user's that cannot be read."""
    from shipway.config.base_table import load_base_table  # noqa: PLC0415 - most releases need no table

    ours = load_base_table(_own_table())
    named = environ.get(VARIABLE)
    if not named:
        return ours
    try:
        return load_base_table(Path(named).expanduser()).before(ours)
    except ConfigError as error:
        raise ConfigError(f"{error} (the table of base images that {VARIABLE} names)") from error


def _own_table() -> Path:
    """Package data of a wheel, or `configs/` of the tree."""
    for path in (_HERE / "_base_images.yaml", _HERE.parent / "configs" / "base_images.yaml"):
        if path.is_file():
            return path
    raise BuildError(
        f"the table of base images is missing from this installation of shipway ({_HERE}); install it again"
    )
