"""Environments by name and version, as the registry of a workspace keeps them: v1's own JSON (10.1)."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shipway.azureml.exceptions import UserErrorException, raised_as
from shipway.config.documents import read_document

if TYPE_CHECKING:
    from shipway.azureml.workspace import Workspace


def read(workspace: "Workspace", name: str, version: str | int | None) -> dict[str, Any]:
    """The newest without a version. Raises UserErrorException naming those there are."""
    from shipway.registry.environments import Environments

    with raised_as(UserErrorException):
        found = Environments(workspace._store).get(name, version)
    return {**found.document, "name": found.name, "version": str(found.version)}


def names(workspace: "Workspace") -> tuple[str, ...]:
    from shipway.registry.environments import Environments

    with raised_as(UserErrorException):
        return tuple(Environments(workspace._store).names())


def register(workspace: "Workspace", document: Mapping[str, Any]) -> dict[str, Any]:
    """As a new version, unless the newest is the same. No password is kept."""
    from shipway.registry.environments import Environments

    with raised_as(UserErrorException):
        found = Environments(workspace._store).register(document, now=datetime.now(UTC))
    return {**found.document, "name": found.name, "version": str(found.version)}


def read_file(path: Path) -> dict[str, Any]:
    """An environment's own file. Raises UserErrorException, beginning with the path."""
    with raised_as(UserErrorException):
        content = read_document(path).value
    if not isinstance(content, dict):
        raise UserErrorException(f"{path}: is no environment: it is a JSON object with `name`, `python` and `docker`")
    return content
