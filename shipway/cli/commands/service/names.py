"""Which service a verb is about: `-n NAME`, or the name alone, as v1's article has it: `az ml service delete NAME`."""

import argparse
from argparse import Namespace

from shipway.cli.parser import Parser


def add_name(verb: Parser) -> Parser:
    verb.add_argument("-n", "--name", help="of the service; the word alone will do")
    verb.add_argument("word", nargs="?", metavar="NAME", help=argparse.SUPPRESS)
    verb.set_defaults(parser=verb)
    return verb


def settle_name(args: Namespace) -> None:
    """Leaves in `args.name` what was given; a usage error where that is nothing, or two names."""
    if not hasattr(args, "word"):
        return
    if args.name is not None and args.word is not None and args.name != args.word:
        args.parser.error(f"two services are named, {args.name} and {args.word}: give one")
    args.name = args.name if args.name is not None else args.word
    if args.name is None:
        args.parser.error("the following arguments are required: -n/--name")
