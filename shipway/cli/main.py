"""Where `shipway` begins: finds the command, imports its module alone, and turns what goes wrong into one line."""

import importlib
import os
import sys
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import NoReturn

from shipway import __version__
from shipway.cli.context import Context
from shipway.cli.leaving import leave
from shipway.cli.output import Output
from shipway.cli.parser import Parser, first_word, with_default_verb
from shipway.cli.tree import COMMANDS, Command, find_command
from shipway.errors import ConfigError, ImportsFail, ShipwayError, Unresolvable

_EXIT_INTERRUPTED = 130
"""What a shell reports for a command ended by Ctrl-C."""

_EXIT_BROKEN_PIPE = 141
"""What a shell reports for a command ended by SIGPIPE: whoever read our output has stopped."""

_SEVERAL_FAULTS = (ConfigError, ImportsFail, Unresolvable)
"""Each line of these is a fault by itself, or part of a diff."""

_DESCRIPTION = "Brings a trained model safely into service, and rolls it back when it is bad."


def main(argv: Sequence[str] | None = None) -> int:
    """Returns the exit code: 0 good, 1 an error that was said in one line, 2 a wrong command line, 130 interrupted."""
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        module, args = _parse(words)
        return _run(module, args)
    except SystemExit as end:  # argparse has printed its help, or what is wrong with the command line
        return end.code if isinstance(end.code, int) else 1


def _run(module: ModuleType, args: Namespace) -> int:
    context = _context(args)
    try:
        code = int(module.run(args, context))
        sys.stdout.flush()
    except Exception as error:
        return _failed(error, context)
    except KeyboardInterrupt:
        print("shipway: interrupted", file=sys.stderr)
        return _EXIT_INTERRUPTED
    return code


def _parse(words: list[str]) -> tuple[ModuleType, Namespace]:
    parser = Parser(prog="shipway", description=_DESCRIPTION)
    parser.add_argument("--version", action="version", version=f"shipway {__version__}")
    place = first_word(words)
    chosen = _chosen(parser, words[place]) if place is not None else None
    subparsers = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    added = {c.name: subparsers.add_parser(c.name, help=c.summary, description=c.summary) for c in COMMANDS}
    if chosen is None or place is None:
        parser.parse_args(words or ["--help"])
        parser.error("which command?")
    module = importlib.import_module(chosen.module)
    module.add_arguments(added[chosen.name])
    rest = words[place + 1 :]
    if default := getattr(module, "DEFAULT_VERB", None):
        rest = with_default_verb(rest, added[chosen.name].verbs, default)
    return module, parser.parse_args([*words[: place + 1], *rest])


def _chosen(parser: Parser, word: str) -> Command | None:
    command = find_command(word)
    if command is None and not word.startswith("-"):
        from difflib import get_close_matches

        near = get_close_matches(word, [c.name for c in COMMANDS], n=1)
        parser.error(f"there is no command {word!r}" + (f"; did you mean {near[0]!r}?" if near else ""))
    return command


def _context(args: Namespace) -> Context:
    return Context(
        given=getattr(args, "workspace", None),
        output=Output(getattr(args, "output", "table")),
        folder=Path.cwd(),
        debug=getattr(args, "debug", False),
    )


def _failed(error: Exception, context: Context) -> int:
    if isinstance(error, BrokenPipeError):
        # What is still buffered must go somewhere, or Python complains once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _EXIT_BROKEN_PIPE
    if context.debug:
        import traceback

        traceback.print_exception(error)
    if isinstance(error, _SEVERAL_FAULTS):
        print("shipway: error: " + "\n  ".join(filter(None, map(str.rstrip, str(error).splitlines()))), file=sys.stderr)
    elif isinstance(error, ShipwayError):
        print(f"shipway: error: {_one_line(str(error))}", file=sys.stderr)
    else:
        print(f"shipway: error: {_fault(error, context)}", file=sys.stderr)
    return 1


def _one_line(text: str) -> str:
    return " | ".join(line.strip() for line in text.splitlines() if line.strip())


def _fault(error: Exception, context: Context) -> str:
    """One line for an error that nobody foresaw; its traceback goes to a file."""
    import traceback
    from datetime import UTC, datetime

    kept = f"shipway {__version__}\n{sys.argv}\n{''.join(traceback.format_exception(error))}"
    what = f"{type(error).__name__}: {_one_line(str(error))}"[:300]
    try:
        path = _logs(context) / f"fault-{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{os.getpid()}.txt"
        path.write_text(kept)
    except (OSError, ShipwayError):
        return f"this is a fault of Shipway: {what}; run it again with --debug to see the traceback"
    return f"this is a fault of Shipway: {what}; its traceback is in {path}"


def _logs(context: Context) -> Path:
    from shipway.machine.state import private_folder, state_home

    try:
        return context.state().logs
    except ShipwayError:  # no workspace: the fault still has to be kept
        return private_folder(state_home() / "logs")


def program() -> NoReturn:
    """The console script."""
    leave(main())


if __name__ == "__main__":
    program()
