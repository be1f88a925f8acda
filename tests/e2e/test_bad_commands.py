# ruff: noqa: E501 - tables of messages, a line each
"""Commands that people mistype: one line, the right exit code, nothing half-done."""

import os
import socket

import pytest

from shipway.cli.context import Context
from shipway.cli.output import Output
from shipway.cli.release import begin
from shipway.release.run import hold
from shipway.store.workspace import open_workspace
from tests.e2e.desk import Desk


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("release", "the following arguments are required: RELEASE.yaml; see `shipway release start --help`"),
        ("relase good.yaml", "there is no command 'relase'; did you mean 'release'?; see `shipway --help`"),
        ("release good.yaml --dry", "unrecognized arguments: --dry; see `shipway --help`"),
        ("release good.yaml other.yaml", "unrecognized arguments: other.yaml; see `shipway --help`"),
        ("service stop -n adder", "argument VERB: invalid choice: 'stop' (choose from 'list', 'show', 'logs', 'get-logs', 'history', 'run', 'keys', 'get-keys', 'regen-key', 'token', 'get-access-token', 'update', 'reload', 'collect', 'rollback', 'delete'); see `shipway service --help`"),
        ("-o xml model list", "argument -o/--output: invalid choice: 'xml' (choose from 'table', 'json'); see `shipway --help`"),
        ("model show -o json", "give either -i ID or -n NAME [--version N]; see `shipway model show --help`"),
        ("model register -n m -p good --tag x", "--tag x: expected KEY=VALUE; see `shipway model register --help`"),
        ("service logs -n adder --tail many", "argument -l/--num_lines/--tail: expected a number of lines, 1 or more, not 'many'; see `shipway service logs --help`"),
    ],
)  # fmt: skip
def test_a_wrong_command_line_is_a_usage_error(desk: Desk, command: str, expected: str) -> None:
    assert desk.refused(*command.split(), code=2) == expected
    assert desk.has_nothing_new()


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("release nothing.yaml", "nothing.yaml: no such file"),
        ("release src", "src: is a folder; name a file"),
        ("release start good.yaml --id a/b", "release id 'a/b' is not allowed: use 1 to 100 letters, digits, '-', '.' and '_', beginning with a letter or a digit"),
        ("release start good.yaml --id ..", "release id '..' is not allowed: use 1 to 100 letters, digits, '-', '.' and '_', beginning with a letter or a digit"),
        ("release start good.yaml --id=", "release id '' is not allowed: use 1 to 100 letters, digits, '-', '.' and '_', beginning with a letter or a digit"),
        ("release resume rel-9", "there is no release 'rel-9' in file://~/.shipway; releases: none; see `shipway release list`"),
        ("release abort ../x", "there is no release '../x' in file://~/.shipway; releases: none; see `shipway release list`"),
        ("service rollback -n adder", "WebserviceNotFound: no service 'adder' in file://~/.shipway; services: none; see `shipway service list`"),
        ("service delete -n ../x", "WebserviceNotFound: no service '../x' in file://~/.shipway; services: none; see `shipway service list`"),
        ("service history -n=", "WebserviceNotFound: no service '' in file://~/.shipway; services: none; see `shipway service list`"),
        ("service logs -n adder", "WebserviceNotFound: no service 'adder' of this workspace on this machine; services: none"),
        ("ledger at adder yesterday", "'yesterday' is not a time; write it as 2026-07-01T12:00:00Z, or now"),
        ("model register -n a/b -p good/offset.txt", "model name 'a/b' is not allowed: use 1 to 255 letters, digits, '-', '.' and '_', beginning with a letter or a digit"),
        ("model register -n m -p nothing", "model path nothing does not exist"),
        ("model register -n m -p=", "the path of model m is empty; give a file or a folder"),
        ("model register -n m -p /dev/null", "model path /dev/null is neither a file nor a folder"),
        ("model register -n m -p good --model-framework Onx", "framework 'Onx' is not known (did you mean Onnx?); use one of Custom, TensorFlow, ScikitLearn, Onnx, PyTorch, Multi, TfKeras"),
        ("model show -i m:latest", "ModelNotFound: 'm:latest' names no model; write name, name:version or name@alias"),
        ("model list --workspace nowhere", "~/nowhere is not a workspace; make one with `shipway init ~/nowhere`"),
        ("model list --workspace good.yaml", "~/good.yaml is a file, and a workspace is a folder; make one with `shipway init ~`"),
        ("model list --workspace ftp://bucket/ws", "workspace ftp://bucket/ws: a workspace is a folder, s3://BUCKET/PREFIX, az://CONTAINER/PREFIX or gs://BUCKET/PREFIX"),
        ("init good.yaml", "workspace ~/good.yaml/.shipway could not be made: Not a directory; give another folder"),
        ("init --no-example", "~/.shipway is a workspace already; nothing was changed"),
    ],
)  # fmt: skip
def test_what_is_not_there_is_named(desk: Desk, command: str, expected: str) -> None:
    assert desk.refused(*command.split()) == expected
    assert desk.has_nothing_new()


def test_a_path_too_long_to_be_one(desk: Desk) -> None:
    """As when a file's content is given in place of its name."""
    name = "x" * 300
    assert desk.refused("release", name) == f"{name}: cannot be read: File name too long"
    assert desk.refused("model", "register", "-n", "m", "-p", name) == (
        f"model path {name} cannot be read: File name too long"
    )


def test_with_json_asked_for_an_error_is_the_same_line_on_stderr_and_stdout_stays_empty(desk: Desk) -> None:
    assert desk.refused("release", "nothing.yaml", "-o", "json") == "nothing.yaml: no such file"


def test_without_a_workspace_a_release_says_how_to_make_one(desk: Desk) -> None:
    (desk.folder / ".shipway").rename(desk.folder / "away")
    assert desk.refused("release", "good.yaml") == (
        "no workspace: neither ~ nor a folder above it holds .shipway; "
        "make one with `shipway init`, or name one with --workspace or SHIPWAY_WORKSPACE"
    )


def test_a_workspace_that_was_left_half_made_is_made_whole_by_init(desk: Desk) -> None:
    (desk.folder / ".shipway" / "workspace.json").unlink()
    assert desk.refused("model", "list") == "~/.shipway is not a workspace; make one with `shipway init ~`"
    assert desk.types("init", "--no-example")[0] == 0
    assert desk.types("model", "list")[0] == 0


def test_a_second_release_of_a_service_is_told_who_holds_it_and_until_when(desk: Desk) -> None:
    workspace = open_workspace(desk.folder / ".shipway")
    begin(Context(None, Output(), desk.folder), desk.folder / "good.yaml", "first")
    before = sorted(workspace.records.keys("releases"))
    with hold(workspace, "first") as run:
        until = f"{run.now():%Y-%m-%d}"
        said = desk.refused("release", "good.yaml", "--id", "second")
        assert said.startswith(
            f"service adder is in the hands of release first (process {os.getpid()} on {socket.gethostname()}) "
            f"until {until}"
        )
        assert said.endswith(" UTC, unless it renews; wait for it to end")
    assert desk.refused("release", "good.yaml", "--id", "second") == (
        "release first of service adder was interrupted and has not ended; first `shipway release resume first` "
        "to finish it, or `shipway release abort first` to undo it"
    )
    assert [key for key in workspace.records.keys("releases") if "second" in key] == []
    assert before == [key for key in sorted(workspace.records.keys("releases")) if "journal" not in key]
