"""shipway endpoint ...: `az ml endpoint realtime`, of which there is nothing here, said in one line."""

import argparse
from argparse import Namespace
from itertools import takewhile

from shipway.cli.context import Context
from shipway.cli.parser import Parser
from shipway.errors import TargetError


def add_arguments(parser: Parser) -> None:
    parser.add_argument("words", nargs=argparse.REMAINDER, metavar="...", help="whatever `az ml endpoint` took")


def run(args: Namespace, _context: Context) -> int:
    """Raises TargetError, saying what to use."""
    words = takewhile(lambda word: not word.startswith("-"), args.words)  # behind flags there may be keys
    typed = " ".join(["shipway endpoint", *words])
    raise TargetError(
        f"{typed}: v1's endpoints (versions of a service that share its traffic) need AKS, which is not there yet; "
        "here each service shares its traffic between two revisions: give weights in `traffic` of a release file, see "
        "them with `shipway service show -n NAME`, go back with `shipway service rollback -n NAME`"
    )
