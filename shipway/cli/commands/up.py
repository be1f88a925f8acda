"""shipway up: the local Prefect server, and after a reboot the services of this machine."""

from argparse import Namespace

from shipway.cli.context import Context
from shipway.cli.output import fields
from shipway.cli.parser import Parser


def add_arguments(parser: Parser) -> None:
    parser.add_argument("--no-services", action="store_true", help="the Prefect server only")


def run(args: Namespace, context: Context) -> int:
    from shipway.cli.server import ensure_server

    started = [] if args.no_services else _start_services(context)
    server = ensure_server(context.state(), context.output.say)
    document = {"url": server.url, "ui_url": server.ui_url, "pid": server.pid, "services": started}
    shown = {"Prefect API": server.url, "Prefect UI": server.ui_url, "services": " ".join(started)}
    context.output.record(document, fields(shown))
    return 0


def _start_services(context: Context) -> list[str]:
    from shipway.cli.services import restartable_services

    started = []
    for target, service in restartable_services(context.targets()):
        target.start(service.name)
        started.append(service.name)
    return started
