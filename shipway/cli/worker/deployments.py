"""Applies deployments/prefect.yaml to a Prefect server: what the UI offers, and what runs by itself.

Schedules, pauses and defaults are set when a deployment is first made; from then on they are the user's, who edits them
in the UI. All else says how this installation runs the flows, and follows it.
"""

import os
import shlex
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import shipway
from shipway.cli.worker.place import Place
from shipway.errors import MachineError

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient
    from prefect.client.schemas.responses import DeploymentResponse

_FILE = "prefect.yaml"
_RUNS_AT_ONCE = 8
"""Each is a process of some 250 MB, in which a release waits through its traffic steps. More wait for their turn. Set
when the pool is made; from then on the user's, too."""

_INSTALLATION_S = ("description", "entrypoint", "work_pool_name", "job_variables", "parameter_openapi_schema")


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """One deployment as the file says, with everything filled in."""

    flow_name: str
    name: str
    fields: Mapping[str, Any]
    parameters: Mapping[str, Any]
    schedules: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, kw_only=True)
class Applied:
    """What became of one: `created`, `updated`, or `as it was`."""

    name: str
    what: str


def apply_deployments(place: Place) -> tuple[Applied, ...]:
    """Makes the work pool and the deployments on the server of PREFECT_API_URL. Safe to repeat: the same again changes
    nothing. Raises MachineError when this installation lacks the file."""
    from prefect.client.orchestration import get_client

    with get_client(sync_client=True) as client:
        _make_pool(client, place.pool)
        return tuple(_apply(client, wanted) for wanted in wanted_deployments(place))


def wanted_deployments(place: Place) -> tuple[Wanted, ...]:
    """What deployments/prefect.yaml asks for at this place. Imports the flows, and so Prefect, which fills in what the
    file takes from the environment."""
    import yaml
    from prefect.utilities.templating import apply_values

    os.environ.update(
        SHIPWAY_WORKSPACE_URL=place.workspace, SHIPWAY_POOL=place.pool, SHIPWAY_PYTHON=shlex.quote(sys.executable)
    )
    document = apply_values(yaml.safe_load(deployments_file().read_text()), {})
    return tuple(_wanted(entry, place) for entry in document["deployments"])


def deployments_file() -> Path:
    """In the installed package, or in the tree that this was checked out to."""
    package = Path(shipway.__file__).resolve().parent
    for folder in (package / "_deployments", package.parent / "deployments"):
        if (folder / _FILE).is_file():
            return folder / _FILE
    raise MachineError(f"{_FILE} is missing from this installation of shipway in {package}; install it again")


def changed_fields(existing: Mapping[str, Any], wanted: Wanted) -> dict[str, Any]:
    """What an existing deployment has to be told. Pure: `existing` is its document as the API gives it."""
    changed = {name: wanted.fields[name] for name in _INSTALLATION_S if existing[name] != wanted.fields[name]}
    parameters = {**existing["parameters"], "workspace": wanted.parameters["workspace"]}
    return changed if parameters == existing["parameters"] else changed | {"parameters": parameters}


def _wanted(entry: Mapping[str, Any], place: Place) -> Wanted:
    from prefect.utilities.callables import parameter_schema

    module, _, function = str(entry["entrypoint"]).rpartition(".")
    flow = getattr(import_module(module), function)
    pool = entry["work_pool"]
    return Wanted(
        flow_name=flow.name,
        name=place.deployment(entry["name"]),
        fields={
            "description": f"{entry['description']}\n\nWorkspace {place.workspace}, on {place.host}.",
            "entrypoint": entry["entrypoint"],
            "work_pool_name": pool["name"],
            "job_variables": dict(pool["job_variables"]),
            "parameter_openapi_schema": parameter_schema(flow).model_dump_for_openapi(),
        },
        parameters=dict(entry["parameters"]),
        schedules=tuple(entry.get("schedules", ())),
    )


def _make_pool(client: "SyncPrefectClient", name: str) -> None:
    from prefect.client.schemas.actions import WorkPoolCreate
    from prefect.exceptions import ObjectNotFound
    from prefect.workers.process import ProcessWorker

    try:
        client.read_work_pool(name)
    except ObjectNotFound:
        client.create_work_pool(
            WorkPoolCreate(
                name=name,
                type=ProcessWorker.type,
                base_job_template=ProcessWorker.get_default_base_job_template(),
                concurrency_limit=_RUNS_AT_ONCE,
            )
        )


def _apply(client: "SyncPrefectClient", wanted: Wanted) -> Applied:
    from prefect.client.schemas.actions import DeploymentUpdate
    from prefect.exceptions import ObjectNotFound

    try:
        existing = client.read_deployment_by_name(f"{wanted.flow_name}/{wanted.name}")
    except ObjectNotFound:
        _create(client, wanted)
        return Applied(name=wanted.name, what="created")
    changed = changed_fields(_document(existing), wanted)
    if not changed:
        return Applied(name=wanted.name, what="as it was")
    client.update_deployment(existing.id, DeploymentUpdate(**changed))
    return Applied(name=wanted.name, what="updated")


def _document(deployment: "DeploymentResponse") -> dict[str, Any]:
    return {name: getattr(deployment, name) for name in (*_INSTALLATION_S, "parameters")}


def _create(client: "SyncPrefectClient", wanted: Wanted) -> None:
    from prefect.client.schemas.actions import DeploymentScheduleCreate
    from prefect.client.schemas.schedules import CronSchedule

    schedules = [
        DeploymentScheduleCreate(
            schedule=CronSchedule(cron=schedule["cron"], timezone=schedule["timezone"]),
            active=schedule["active"],
            slug=schedule["slug"],
        )
        for schedule in wanted.schedules
    ]
    client.create_deployment(
        client.create_flow_from_name(wanted.flow_name),
        wanted.name,
        **wanted.fields,
        parameters=dict(wanted.parameters),
        schedules=schedules,
        enforce_parameter_schema=True,
    )
