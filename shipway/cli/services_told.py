"""What only the workspace knows of a service: description, tags, properties, v1's name of the workspace itself, and the
release of one that never came up."""

from typing import TYPE_CHECKING, Any

from shipway.cli.context import Context
from shipway.cli.services import find_service, service_document, with_details
from shipway.domain.names import service_name_fault
from shipway.domain.service import Service
from shipway.errors import ServiceNotFound, StoreError
from shipway.targets.base import Target

if TYPE_CHECKING:
    from shipway.release.ledger import LedgerEntry


def service_of(context: Context, name: str) -> tuple[Target, Service]:
    """Raises ServiceNotFound, naming the release by which it should have come up, or the services there are."""
    try:
        return find_service(context.targets(), name)
    except ServiceNotFound:
        if told := _why_not_up(context, name):
            raise ServiceNotFound(f"WebserviceNotFound: no service {name!r} is up here; {told}") from None
        raise


def failed_release_of(context: Context, name: str) -> "LedgerEntry | None":
    """By which a service that is not there should have come up last; None when there was none, or nobody can tell."""
    from shipway.release.details import failed_release

    try:
        return None if service_name_fault(name) else failed_release(context.workspace(), name)
    except StoreError:
        return None


def release_log(context: Context, release_id: str) -> list[str]:
    """Empty where another machine has it."""
    from shipway.release.log import log_path

    try:
        return log_path(context.state(), release_id).read_text(errors="replace").splitlines()
    except FileNotFoundError:
        return []


def told_of_failure(failed: "LedgerEntry") -> str:
    """In one line."""
    ended = failed.event.value.replace("_", " ")
    return f"its last release, {failed.release_id}, was {ended}: {failed.reason.removesuffix('.')}"


def _why_not_up(context: Context, name: str) -> str:
    from shipway.release.open_releases import open_release

    if failed := failed_release_of(context, name):
        return f"{told_of_failure(failed)}; see `shipway release show {failed.release_id}`"
    try:
        under_way = None if service_name_fault(name) else open_release(context.workspace(), name)
    except StoreError:
        return ""
    return f"its first release has not ended: see `shipway release show {under_way}`" if under_way else ""


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
