"""shipway service ...: what runs of a workspace on this machine's targets, with the flags of `az ml service`."""

from argparse import Namespace

from shipway.cli.commands.service import calling, changing, looking, update
from shipway.cli.commands.service.changing import operator
from shipway.cli.commands.service.names import settle_name
from shipway.cli.context import Context
from shipway.cli.parser import Parser
from shipway.cli.v1_common import add_common_flags, of_v1_workspace

__all__ = ["add_arguments", "operator", "run"]


def add_arguments(parser: Parser) -> None:
    for module in (looking, calling, update, changing):
        module.add_arguments(parser)
    add_common_flags(parser)


def run(args: Namespace, context: Context) -> int:
    settle_name(args)
    code: int = args.verb(args, of_v1_workspace(args, context))
    return code
