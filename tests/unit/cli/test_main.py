"""How the command begins and ends: help, usage errors, errors in one line, faults of our own."""

import os
import re
import subprocess
import sys
from argparse import Namespace
from pathlib import Path
from types import ModuleType

import pytest

from shipway import __version__
from shipway.cli.context import Context
from shipway.cli.parser import Parser
from shipway.cli.tree import COMMANDS, Command
from shipway.errors import MachineError
from tests.unit.cli.conftest import Shipway

SLOW = ("prefect", "pydantic", "obstore", "httpx", "psutil", "yaml", "numpy", "onnxruntime")


def loaded_by(*argv: str) -> set[str]:
    """Which modules a command imports, in a Python of its own."""
    program = (
        "import sys; from shipway.cli.main import main; code = main(sys.argv[1:]);"
        "print('LOADED', *sys.modules, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program, *argv], capture_output=True, text=True, check=True)
    return set(done.stderr.rpartition("LOADED ")[2].split())


def a_command(monkeypatch: pytest.MonkeyPatch, *, does: object) -> None:
    """Adds `shipway try`, which does what the test says."""
    module = ModuleType("shipway_try")
    module.add_arguments = lambda parser: None  # type: ignore[attr-defined]
    module.run = does  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "shipway_try", module)
    commands = (*COMMANDS, Command("try", "shipway_try", "a try"))
    monkeypatch.setattr("shipway.cli.main.COMMANDS", commands)
    monkeypatch.setattr("shipway.cli.tree.COMMANDS", commands)


def test_help_names_every_command(shipway: Shipway) -> None:
    said = shipway("--help")
    assert said.code == 0
    for command in COMMANDS:
        assert re.search(rf"^    {command.name} ", said.out, re.MULTILINE), command.name
    assert shipway() == said


def test_help_imports_no_command_and_nothing_slow() -> None:
    loaded = loaded_by("--help")
    assert not loaded & {*SLOW, *(command.module for command in COMMANDS)}


def test_listing_services_imports_no_prefect(workspace: Path) -> None:
    assert "prefect" not in loaded_by("service", "list")


def test_version(shipway: Shipway) -> None:
    assert shipway("--version").out == f"shipway {__version__}\n"


def test_an_unknown_command_is_a_usage_error_with_the_nearest_known_one(shipway: Shipway) -> None:
    said = shipway("modle", "list")
    assert said.code == 2
    assert said.error == "shipway: error: there is no command 'modle'; did you mean 'model'?; see `shipway --help`"


def test_a_missing_option_is_a_usage_error(shipway: Shipway) -> None:
    said = shipway("model", "download", "digits:1")
    assert said.code == 2
    assert said.error == (
        "shipway: error: the following arguments are required: -t/--target-dir; see `shipway model download --help`"
    )


def test_options_are_never_abbreviated(shipway: Shipway) -> None:
    said = shipway("model", "list", "--lat")
    assert said.code == 2
    assert said.error == "shipway: error: unrecognized arguments: --lat; see `shipway --help`"


def test_a_command_of_verbs_needs_one(shipway: Shipway) -> None:
    said = shipway("model")
    assert said.code == 2
    assert said.error == "shipway: error: the following arguments are required: VERB; see `shipway model --help`"


def test_without_a_workspace_one_line_says_how_to_make_one(shipway: Shipway, folder: Path) -> None:
    said = shipway("model", "list")
    assert said.code == 1
    assert said.error == (
        f"shipway: error: no workspace: neither {folder} nor a folder above it holds .shipway; "
        "make one with `shipway init`, or name one with --workspace or SHIPWAY_WORKSPACE"
    )


def test_an_error_is_one_line_whatever_its_text(shipway: Shipway, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(args: Namespace, context: Context) -> int:
        raise MachineError("first\n  second")

    a_command(monkeypatch, does=fail)
    said = shipway("try")
    assert (said.code, said.error) == (1, "shipway: error: first | second")


def test_debug_shows_the_traceback_before_the_line(shipway: Shipway, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(args: Namespace, context: Context) -> int:
        raise MachineError("no disk")

    a_command(monkeypatch, does=fail)
    lines = shipway("try", "--debug").err.splitlines()
    assert lines[0] == "Traceback (most recent call last):"
    assert lines[-1] == "shipway: error: no disk"


def test_a_fault_of_our_own_says_so_and_keeps_its_traceback_in_the_state_folder(
    shipway: Shipway, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(args: Namespace, context: Context) -> int:
        raise KeyError("digits")

    a_command(monkeypatch, does=fail)
    said = shipway("try")
    assert said.code == 1
    begin = "shipway: error: this is a fault of Shipway: KeyError: 'digits'; its traceback is in "
    assert said.error.startswith(begin)
    kept = Path(said.error.removeprefix(begin))
    assert kept.parent.name == "logs"
    assert "KeyError: 'digits'" in kept.read_text()


def test_a_fault_without_a_workspace_is_kept_too(shipway: Shipway, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(args: Namespace, context: Context) -> int:
        raise KeyError("digits")

    a_command(monkeypatch, does=fail)
    path = Path(shipway("try").error.rpartition(" ")[2])
    assert path.parent == Path(os.environ["XDG_STATE_HOME"]) / "shipway" / "logs"
    assert path.exists()


def test_an_interrupted_command_exits_130_with_a_line(shipway: Shipway, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(args: Namespace, context: Context) -> int:
        raise KeyboardInterrupt

    a_command(monkeypatch, does=interrupt)
    said = shipway("try")
    assert (said.code, said.error) == (130, "shipway: interrupted")


def test_a_reader_that_stops_reading_is_met_with_silence(workspace: Path) -> None:
    """As in `shipway status | head -0`."""
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as out:
        done = subprocess.run(
            [sys.executable, "-m", "shipway.cli.main", "status"], stdout=out, stderr=subprocess.PIPE, check=False
        )
    assert (done.returncode, done.stderr) == (141, b"")


def test_a_default_verb_is_put_in_where_the_first_word_is_no_verb(
    shipway: Shipway, monkeypatch: pytest.MonkeyPatch
) -> None:
    def add_arguments(parser: Parser) -> None:
        start = parser.add_verb(
            "start", lambda args, context: context.output.lines([f"{args.file} {args.dry_run}"]) or 0, "start"
        )
        start.add_argument("file")
        start.add_argument("--dry-run", action="store_true")
        parser.add_verb("list", lambda args, context: context.output.say("listed") or 0, "list")

    a_command(monkeypatch, does=lambda args, context: args.verb(args, context))
    sys.modules["shipway_try"].add_arguments = add_arguments  # type: ignore[attr-defined]
    sys.modules["shipway_try"].DEFAULT_VERB = "start"  # type: ignore[attr-defined]
    assert shipway("try", "r.yaml").out == "r.yaml False\n"
    assert shipway("try", "-o", "table", "--dry-run", "r.yaml").out == "r.yaml True\n"
    assert shipway("try", "-o", "json", "list").err == "listed\n"
    assert "start               start" in shipway("try", "--help").out
