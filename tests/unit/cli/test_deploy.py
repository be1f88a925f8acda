"""shipway model deploy: what is asked for, and what is refused before anything is kept."""

import io
import json
import sys
from pathlib import Path

import pytest

from shipway.cli.commands import endpoint
from shipway.cli.context import Context
from shipway.cli.output import Output
from shipway.cli.parser import Parser
from shipway.errors import TargetError
from tests.unit.cli.conftest import Shipway

SCRIPT = "def init(): pass\ndef run(data): return data\n"


@pytest.fixture(autouse=True)
def assets(workspace: Path, folder: Path) -> Path:
    """Script and configs as v1 has them, and a registered model."""
    (folder / "score.py").write_text(SCRIPT)
    (folder / "model.pkl").write_bytes(b"weights")
    (folder / "i.json").write_text('{"entryScript": "score.py"}')
    (folder / "d.json").write_text('{"computeType": "local"}')
    return folder


@pytest.fixture(autouse=True)
def registered(shipway: Shipway, assets: Path) -> None:
    assert shipway("model", "register", "-n", "digits", "-p", "model.pkl", "-t", "m.json").code == 0


GIVEN = ("-m", "digits:1", "-ic", "i.json", "-dc", "d.json", "-ct", "process")


def kept(workspace: Path) -> set[str]:
    """Besides locks, which are a cache."""
    return {path.relative_to(workspace).parts[0] for path in workspace.rglob("*.json")} - {"locks"}


def test_a_dry_run_plans_v1_assets_and_keeps_nothing(shipway: Shipway, workspace: Path) -> None:
    before = kept(workspace)
    said = shipway("model", "deploy", "-n", "myservice", *GIVEN, "--dry-run", "-o", "json")
    assert said.code == 0, said.err
    document = said.document
    assert (document["service"], document["champion"]) == ("myservice", None)
    what = {step["step"]: step["what"] for step in document["steps"]}
    assert what["register_model"] == "digits:1"
    assert what["build_image"].endswith("score.py with 0 packages")
    assert kept(workspace) == before


def test_what_registration_wrote_names_the_model(shipway: Shipway) -> None:
    said = shipway("model", "deploy", "-n", "mine", "-f", "m.json", *GIVEN[2:], "--dry-run", "-o", "json")
    assert said.document["steps"][0]["what"] == "digits:1"


def test_a_flag_that_wins_over_the_file_is_told(shipway: Shipway, folder: Path) -> None:
    (folder / "d.json").write_text('{"computeType": "local", "containerResourceRequirements": {"cpu": 1}}')
    said = shipway("model", "deploy", "-n", "mine", *GIVEN, "--cc", "2", "--dry-run")
    assert said.code == 0
    assert "shipway: --cpu-cores 2.0 wins over containerResourceRequirements/cpu 1 in d.json\n" in said.err


def test_what_means_nothing_here_is_taken_and_told(shipway: Shipway, folder: Path) -> None:
    (folder / "p.json").write_text("{}")
    said = shipway("model", "deploy", "-n", "mine", *GIVEN, "--pi", "p.json", "-v", "--dry-run")
    assert said.code == 0
    assert "shipway: --profile-input is not used: cores and memory are what the deployment config says" in said.err


def test_the_name_that_a_text_of_2019_leaves_out_is_asked_for_by_its_flag(shipway: Shipway) -> None:
    said = shipway("model", "deploy", *GIVEN)
    assert said.code == 2
    assert said.error == (
        "shipway: error: the following arguments are required: -n/--name, the name of the service; "
        "see `shipway model deploy --help`"
    )


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_on_a_terminal_the_name_is_asked_for(shipway: Shipway, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = _Terminal()
    monkeypatch.setattr(sys, "stdin", _Terminal("typed\n"))
    monkeypatch.setattr(sys, "stderr", asked)
    said = shipway("model", "deploy", *GIVEN, "--dry-run", "-o", "json")
    assert said.code == 0
    assert said.document["service"] == "typed"
    assert asked.getvalue().startswith("name of the service: ")


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (
            [*GIVEN[:2], "-ic", "d.json"],
            "d.json: is a deployment config (it has computeType), given as the inference config; give it after --dc",
        ),
        (
            [*GIVEN[:4], "--dc", "i.json"],
            "i.json: is an inference config (it has entryScript), given as the deployment config; give it after --ic",
        ),
        (["-m", "digits:1", "--ic", "nothing.json"], "nothing.json: no such file"),
        (["-m", "digits:1", "--es", "score.txt"], "--entry-script: 'score.txt' is not a Python file"),
        (["-m", "digits:1", "--cf", "c.yml"], "--entry-script: "),
        ([*GIVEN[:4], "-po", "99999"], "--port: "),
        (["-m", "digits:9", *GIVEN[2:]], "ModelNotFound: "),
        (["-f", "i.json", *GIVEN[2:]], "i.json: has no modelId; --model-metadata-file takes what `shipway model "),
        (
            ["-m", "digits:1", "-e", "mine"],
            "--environment-name mine: is an environment without a script; give --entry-",
        ),
        (["-m", "digits:1", "--ed", "env"], "--environment-directory env: is an environment without a script; give"),
        (
            [*GIVEN, "-e", "mine", "--ed", "env"],
            "--environment-name mine and --environment-directory env are two environments",
        ),
        ([*GIVEN, "--ev", "2"], "--environment-version 2: of which environment? give --environment-name as well"),
        ([*GIVEN, "--path", "nowhere"], "--path nowhere: no such folder: "),
        (["-m", "digits:1"], "inference: missing, "),
        (["-m", "digits:1", "-ct", "myaks", "-ic", "i.json", "-dc", "d.json"], "target 'myaks' is none of Shipway's ("),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_kept(
    shipway: Shipway, workspace: Path, words: list[str], error: str
) -> None:
    before = kept(workspace)
    said = shipway("model", "deploy", "-n", "mine", *words)
    assert said.code == 1
    last = said.err.splitlines()[-1]
    assert last.startswith(f"shipway: error: {error}"), last
    assert kept(workspace) == before


def test_the_day_of_the_environment_is_a_day(shipway: Shipway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHIPWAY_AS_OF", "yesterday")
    said = shipway("model", "deploy", "-n", "mine", *GIVEN, "--dry-run")
    assert said.error == "shipway: error: SHIPWAY_AS_OF must be a day such as 2021-03-01, not 'yesterday'"


def test_a_service_name_that_v1_refused_is_refused(shipway: Shipway) -> None:
    said = shipway("model", "deploy", "-n", "My_Service", *GIVEN)
    assert said.code == 1
    assert said.error.startswith("shipway: error: service name 'My_Service'")


def test_an_endpoint_of_v1_is_refused_with_what_stands_for_it(folder: Path) -> None:
    parser = Parser(prog="shipway endpoint")
    endpoint.add_arguments(parser)
    args = parser.parse_args(["realtime", "create-version", "-n", "e", "--vn", "blue"])
    with pytest.raises(TargetError) as error:
        endpoint.run(args, Context(given=None, output=Output(), folder=folder))
    assert str(error.value).startswith("shipway endpoint realtime create-version: v1's endpoints (")
    assert "give weights in `traffic` of a release file" in str(error.value)


def test_what_is_written_as_json_is_one_document(shipway: Shipway) -> None:
    said = shipway("model", "deploy", "-n", "mine", *GIVEN, "--cc", "2", "--dry-run", "-o", "json")
    assert json.loads(said.out)["service"] == "mine"
