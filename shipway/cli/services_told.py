"""A service's document with what only the workspace knows of it: description, tags, properties, and v1's name of the
workspace itself."""

from typing import Any

from shipway.cli.context import Context
from shipway.cli.services import service_document, with_details
from shipway.domain.service import Service
from shipway.errors import StoreError


def complete_document(service: Service, context: Context) -> dict[str, Any]:
    """A workspace that cannot be reached is said, and hides nothing of what the target knows."""
    from shipway.release.details import NO_DETAILS, details_of

    try:
        details = details_of(context.workspace(), service.name)
    except StoreError as error:
        context.output.say(f"shipway: tags, properties and description of {service.name}: {error}")
        details = NO_DETAILS
    return with_details(service_document(service), details, workspace_name=_workspace_name(context))


def _workspace_name(context: Context) -> str:
    """v1's name where the workspace was given one, else the folder that holds it, or the last part of a bucket's
    place."""
    from shipway.azureml._places import known_workspaces

    for known in known_workspaces():
        if known.url == context.workspace_url:
            return known.names.workspace_name
    return context.workspace_url.removesuffix("/.shipway").rstrip("/").rpartition("/")[2]
