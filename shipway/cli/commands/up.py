"""shipway up: the local Prefect server, after a reboot the services of this workspace on this machine, and a worker."""

import os
import socket
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shipway.cli.context import Context
from shipway.cli.output import fields, table
from shipway.cli.parser import Parser
from shipway.cli.worker.view import worker_document, worker_line
from shipway.errors import ShipwayError

if TYPE_CHECKING:
    from shipway.cli.server import ServerRecord
    from shipway.cli.services import Restartable
    from shipway.targets.base import Target

_HEALTHY_WITHIN_S = 60.0


def add_arguments(parser: Parser) -> None:
    parser.add_argument("--no-services", action="store_true", help="the Prefect server only")
    parser.add_argument(
        "--worker", action="store_true", help="a worker, too: releases from Prefect's UI and by schedules run here"
    )


def run(args: Namespace, context: Context) -> int:
    from shipway.cli.server import ensure_server
    from shipway.cli.services import SERVICE_COLUMNS

    services, failed = ([], False) if args.no_services else start_services(context)
    server = ensure_server(context.state(), context.output.say)
    worker = start_worker(context, server) if args.worker else worker_document(context)
    document = {
        "url": server.url,
        "ui_url": server.ui_url,
        "pid": server.pid,
        "worker": worker,
        "services": services,
    }
    lines = fields({"Prefect API": server.url, "Prefect UI": server.ui_url, "worker": worker_line(worker)})
    context.output.record(document, [*lines, *(["", *table(services, SERVICE_COLUMNS)] if services else [])])
    return 1 if failed else 0


def start_worker(context: Context, server: "ServerRecord") -> dict[str, Any]:
    """Applies deployments/prefect.yaml, and starts the worker unless it runs. Says what changed in Prefect."""
    from shipway.cli.server import client_environment
    from shipway.cli.worker import ensure_worker
    from shipway.cli.worker.place import place_of

    os.environ.update(client_environment(server))  # before Prefect is imported
    from shipway.cli.worker.deployments import apply_deployments

    place = place_of(context.workspace_url, socket.gethostname(), server)
    applied = apply_deployments(place)
    for deployment in applied:
        if deployment.what != "as it was":
            context.output.say(f"deployment {deployment.name}: {deployment.what}")
    ensure_worker(context.state(), server, place, _folder(context), context.output.say)
    return worker_document(context) | {"deployments": {one.name: one.what for one in applied}}


def _folder(context: Context) -> Path:
    """From where release files are named: the folder that holds the workspace; of one in a bucket, this one."""
    workspace = context.workspace_folder
    return context.folder if workspace is None else workspace.parent


def start_services(context: Context) -> tuple[list[dict[str, Any]], bool]:
    """Starts all that do not run, then waits for those that have traffic. One that fails is said, and stops no other.

    The services as they are now, and whether any failed.
    """
    from shipway.cli.services import restartable_services, service_document

    found = list(restartable_services(context.targets()))
    failed = [service.name for target, service in found if not _is_started(target, service.name, context)]
    for target, service in found:
        if service.name not in failed and service.traffic.weights and not _is_healthy(target, service.name, context):
            failed.append(service.name)
    now = [target.find(service.name) or service for target, service in found]
    return [service_document(service) for service in now], bool(failed)


def _is_started(target: "Restartable", name: str, context: Context) -> bool:
    try:
        target.start(name)
    except ShipwayError as error:
        context.output.say(f"shipway: service {name}: {error}")
        return False
    return True


def _is_healthy(target: "Target", name: str, context: Context) -> bool:
    from shipway.domain.service import ServiceState
    from shipway.targets.base import wait

    try:
        wait(target, name, None, until=ServiceState.HEALTHY, deadline_s=_HEALTHY_WITHIN_S)
    except ShipwayError as error:
        context.output.say(f"shipway: {error}")
        return False
    return True
