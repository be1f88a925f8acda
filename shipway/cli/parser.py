"""The argument parser that every command shares: global options at any place, usage errors in one line."""

import argparse
from collections.abc import Callable
from typing import Any, NoReturn

VALUE_OPTIONS = ("-o", "--output", "--workspace")
"""Global options that take the word after them."""


class Parser(argparse.ArgumentParser):
    """Takes the global options before and after a command's name, as `az` does. Options are never abbreviated."""

    def __init__(self, **settings: Any) -> None:
        settings.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        super().__init__(**settings, allow_abbrev=False)
        everywhere = self.add_argument_group("options of every command")
        # A default here would undo what was given before the command's name.
        everywhere.add_argument(
            "-o", "--output", choices=("table", "json"), default=argparse.SUPPRESS, help="for people, or for programs"
        )
        everywhere.add_argument(
            "--workspace",
            metavar="URL",
            default=argparse.SUPPRESS,
            help="default: $SHIPWAY_WORKSPACE, else .shipway in this folder or the nearest one above",
        )
        everywhere.add_argument(
            "--debug", action="store_true", default=argparse.SUPPRESS, help="show the traceback of an error"
        )
        self._verbs: argparse._SubParsersAction[Parser] | None = None

    def add_verb(self, name: str, run: Callable[..., int], summary: str, *, az: str | None = None) -> "Parser":
        """The parser of `shipway COMMAND name`; `run` arrives in `args.verb`. `az` is v1's other name for it."""
        if self._verbs is None:
            self._verbs = self.add_subparsers(title="verbs", metavar="VERB", required=True)
        verb = self._verbs.add_parser(name, help=summary, description=summary, aliases=[az] if az else [])
        verb.set_defaults(verb=run)
        return verb

    @property
    def verbs(self) -> frozenset[str]:
        return frozenset(self._verbs.choices) if self._verbs is not None else frozenset()

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"shipway: error: {message}; see `{self.prog} --help`\n")


def first_word(argv: list[str]) -> int | None:
    """Where the first argument stands that is neither a global option nor the value of one; None when there is none."""
    place = 0
    while place < len(argv):
        if argv[place] in VALUE_OPTIONS:
            place += 2
        elif argv[place] == "--debug" or argv[place].startswith(("-o=", "--output=", "--workspace=")):
            place += 1
        else:
            return place
    return None


def with_default_verb(argv: list[str], verbs: frozenset[str], default: str) -> list[str]:
    """The arguments after a command's name with the default verb put in, unless a verb or help was asked for."""
    place = first_word(argv)
    if place is not None and (argv[place] in verbs or argv[place] in {"-h", "--help"}):
        return argv
    return [default, *argv]


def pairs(parser: argparse.ArgumentParser, option: str, texts: list[str]) -> dict[str, str]:
    """`k=v` texts as a mapping; a usage error for anything else."""
    found = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not equals or not key:
            parser.error(f"{option} {text}: expected KEY=VALUE")
        found[key] = value
    return found
