"""shipway down: stops this workspace's Prefect server and worker; services go on, unless --all is given."""

from argparse import Namespace

from shipway.cli.context import Context
from shipway.cli.parser import Parser
from shipway.domain.wording import counted
from shipway.errors import ShipwayError


def add_arguments(parser: Parser) -> None:
    parser.add_argument("--all", action="store_true", help="the services too; `shipway up` brings them back")


def run(args: Namespace, context: Context) -> int:
    from shipway.cli.server import stop_server
    from shipway.cli.worker import stop_worker

    worker, runs = stop_worker(context.state())  # first: a release under way would start a service again
    stopped, failed = _stop_services(context) if args.all else ([], False)
    server = stop_server(context.state())
    lines = [f"stopped service {name}" for name in stopped]
    if worker is not None:
        lines.append(f"stopped the worker (process {worker.pid})")
    if runs:
        lines.append(
            f"interrupted {counted(runs, 'run')} of it; `shipway release list` shows what is left to go on with"
        )
    lines.append(
        f"stopped the local Prefect server (process {server.pid})" if server else "no local Prefect server ran"
    )
    document = {
        "server": {"url": server.url, "pid": server.pid} if server else None,
        "worker": {"pid": worker.pid, "interrupted_runs": runs} if worker else None,
        "services": stopped,
    }
    context.output.record(document, lines)
    return 1 if failed else 0


def _stop_services(context: Context) -> tuple[list[str], bool]:
    """Those that ran, and whether any could not be stopped; that one is said, and keeps no other running.

    One that has died is stopped too: nobody is to be told for ever that it failed.
    """
    from shipway.cli.services import is_stopped, restartable_services

    stopped, failed = [], False
    for target, service in restartable_services(context.targets()):
        if is_stopped(service):
            continue
        context.output.say(f"stopping service {service.name} ...")
        try:
            if target.stop(service.name):
                stopped.append(service.name)
        except ShipwayError as error:
            context.output.say(f"shipway: service {service.name} was not stopped: {error}")
            failed = True
    return stopped, failed
