"""shipway model ...: models from registration to release, with the flags of `az ml model`.

A module for each verb, or for those that do nearly the same.
"""

from argparse import Namespace

from shipway.cli.commands.model import check, deploy, package, profile, register, registered, update
from shipway.cli.context import Context
from shipway.cli.parser import Parser
from shipway.cli.v1_common import add_common_flags, of_v1_workspace

_VERBS = (register, registered, update, check, deploy, package, profile)


def add_arguments(parser: Parser) -> None:
    for module in _VERBS:
        module.add_arguments(parser)
    add_common_flags(parser)


def run(args: Namespace, context: Context) -> int:
    code: int = args.verb(args, of_v1_workspace(args, context))
    return code
