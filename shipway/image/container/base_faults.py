"""What an environment asks of its base image that a target without images cannot give. Pure but for the table."""

import os
from collections.abc import Iterator, Mapping

from shipway.domain.base_table import BaseTable
from shipway.domain.environment import Environment
from shipway.image.container.base_table import base_table

_REMEDY = "release it to a target that runs containers, such as docker"


def process_faults(
    environment: Environment, *, environ: Mapping[str, str] = os.environ, table: BaseTable | None = None
) -> tuple[str, ...]:
    """A line for each, of what the process target cannot honour; none for an asset on one of Microsoft's bases.

    Raises ConfigError for a table of the user's that cannot be read.
    """
    base = environment.base
    if not (base.image or base.dockerfile is not None or base.steps.strip() or environment.conda_packages):
        return ()
    return tuple(_faults(environment, table if table is not None else base_table(environ)))


def _faults(environment: Environment, table: BaseTable) -> Iterator[str]:
    base, called = environment.base, environment.called
    if base.dockerfile is not None:
        yield f"{called}: the process target builds no image, and docker.baseDockerfile is one: {_REMEDY}"
    elif base.image is not None and _is_of_its_own(base.image, base.username, table):
        yield f"{called}: the process target has no base images, and its {base.image} is none of Microsoft's: {_REMEDY}"
    if base.steps.strip():
        yield f"{called}: the process target runs no extra Docker steps: {_REMEDY}"
    if environment.conda_packages:
        names = ", ".join(environment.conda_packages)
        yield (
            f"{called}: the process target has no conda, and only conda has {names}: {_REMEDY}, or name packages of "
            "pip's that do as well"
        )


def _is_of_its_own(image: str, username: str | None, table: BaseTable) -> bool:
    found = None if username else table.find(image)
    return found is None or found.as_it_stands
