"""shipway model ...: the registry from the command line."""

import json
from pathlib import Path

import pytest

from shipway.cli.output import size
from shipway.registry.models import Registry
from shipway.store.workspace import open_workspace
from tests.unit.cli.conftest import Shipway

pytestmark = pytest.mark.usefixtures("workspace")


@pytest.fixture(autouse=True)
def _no_tracking_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)


def register(shipway: Shipway, model: Path, *more: str) -> str:
    said = shipway("model", "register", "-n", "digits", "-p", str(model), "-o", "json", *more)
    assert said.code == 0, said.err
    return str(said.document["id"])


def test_versions_are_numbered_from_one(shipway: Shipway, model: Path) -> None:
    assert register(shipway, model) == "digits:1"
    assert register(shipway, model) == "digits:2"


def test_all_that_was_said_of_a_model_is_shown(shipway: Shipway, model: Path, folder: Path) -> None:
    said = ("--tag", "kind=good", "--tag", "team=a=b", "--property", "commit=abc", "-d", "reads digits")
    register(shipway, model, *said, "--model-framework", "Onnx", "--model-framework-version", "1.2")
    document = shipway("model", "show", "-i", "digits:1", "-o", "json").document
    shown = {key: document[key] for key in ("tags", "properties", "description", "framework", "framework_version")}
    assert shown == {
        "tags": {"kind": "good", "team": "a=b"},
        "properties": {"commit": "abc"},
        "description": "reads digits",
        "framework": "Onnx",
        "framework_version": "1.2",
    }
    assert [file["path"] for file in document["files"]] == ["digits.onnx"]
    lines = shipway("model", "show", "-n", "digits", "--version", "1").out.splitlines()
    assert lines[0] == "id           digits:1"
    assert lines[-1].endswith("digits.onnx")


def test_the_list_is_found_by_name_tag_and_property(shipway: Shipway, model: Path) -> None:
    register(shipway, model, "--tag", "kind=good", "--property", "run=1")
    register(shipway, model, "--tag", "kind=bad")
    shipway("model", "register", "-n", "other", "-p", str(model))

    def found(*filters: str) -> list[str]:
        return [m["id"] for m in shipway("model", "list", "-o", "json", *filters).document]

    assert found() == ["other:1", "digits:2", "digits:1"]
    assert found("--latest") == ["other:1", "digits:2"]
    assert found("-n", "digits") == ["digits:2", "digits:1"]
    assert found("--tag", "kind") == ["digits:2", "digits:1"]
    assert found("--tag", "kind=good") == ["digits:1"]
    assert found("--property", "run=1") == ["digits:1"]
    assert shipway("model", "list", "--tag", "kind=none").out == "no model is like that\n"


def test_an_empty_registry_says_what_to_do(shipway: Shipway) -> None:
    assert shipway("model", "list").out == "no model is registered yet; try `shipway model register --help`\n"


def test_the_table_is_for_people(shipway: Shipway, model: Path) -> None:
    register(shipway, model)
    shipway("model", "alias", "-i", "digits:1", "champion")
    title, line = shipway("model", "list").out.splitlines()
    assert title.split() == ["ID", "FRAMEWORK", "SIZE", "CREATED", "ALIASES", "TAGS"]
    assert line.startswith(f"digits:1  Custom     {size(7)}")
    assert line.endswith("champion")


def test_an_alias_moves_and_goes(shipway: Shipway, model: Path) -> None:
    register(shipway, model)
    register(shipway, model)
    assert shipway("model", "alias", "-i", "digits:1", "champion").out == "digits@champion is digits:1\n"
    assert shipway("model", "alias", "-n", "digits", "champion").out == "digits@champion is digits:2\n"
    assert shipway("model", "show", "-i", "digits@champion", "-o", "json").document["aliases"] == ["champion"]
    assert shipway("model", "alias", "-n", "digits", "champion", "--remove").out == "digits@champion is gone\n"


def test_the_metadata_file_is_what_later_steps_read(shipway: Shipway, model: Path, folder: Path) -> None:
    register(shipway, model, "-t", "model.json")
    document = json.loads((folder / "model.json").read_text())
    assert (document["modelId"], document["version"]) == ("digits:1", 1)


def test_a_metadata_file_that_cannot_be_written_says_that_the_model_is_registered(
    shipway: Shipway, model: Path
) -> None:
    said = shipway("model", "register", "-n", "digits", "-p", str(model), "-t", "no/where.json")
    assert said.code == 1
    assert said.error == (
        "shipway: error: digits:1 is registered, but no/where.json could not be written: No such file or directory"
    )


def test_a_download_has_the_registered_bytes(shipway: Shipway, model: Path, folder: Path) -> None:
    register(shipway, model)
    assert shipway("model", "download", "-i", "digits:1", "-t", "out").out == "out/digits.onnx\n"
    assert (folder / "out" / "digits.onnx").read_bytes() == b"weights"
    again = shipway("model", "download", "-i", "digits:1", "-t", "out")
    assert again.code == 1
    assert again.error.startswith("shipway: error: model digits:1 was not downloaded: out/digits.onnx exists")
    assert shipway("model", "download", "-i", "digits:1", "-t", "out", "--overwrite").code == 0


def test_a_deleted_version_is_gone_and_its_number_is_not_used_again(shipway: Shipway, model: Path) -> None:
    register(shipway, model)
    assert shipway("model", "delete", "-i", "digits:1").out == "deleted digits:1; `shipway gc` frees its disk\n"
    assert shipway("model", "show", "-i", "digits:1").code == 1
    assert register(shipway, model) == "digits:2"


def test_an_id_does_without_its_flag(shipway: Shipway, model: Path) -> None:
    register(shipway, model)
    assert shipway("model", "show", "digits:1", "-o", "json").document["id"] == "digits:1"
    assert shipway("model", "download", "digits:1", "-t", "out").out == "out/digits.onnx\n"
    assert shipway("model", "delete", "digits:1").out == "deleted digits:1; `shipway gc` frees its disk\n"


def test_what_a_service_uses_is_not_deleted(shipway: Shipway, model: Path, workspace: Path) -> None:
    register(shipway, model)
    Registry(open_workspace(workspace)).mark_used("digits:1", service="svc", revision="r1")
    said = shipway("model", "delete", "-i", "digits:1")
    assert said.code == 1
    assert "digits:1" in said.error
    assert "svc" in said.error


def test_what_is_said_of_a_version_is_changed(shipway: Shipway, model: Path) -> None:
    register(shipway, model, "--tag", "kind=good", "--cc", "0.5")
    said = shipway(
        "model", "update", "-i", "digits:1", "--add-tag", "team=a", "--remove-tag", "kind", "--add-property", "run=7",
        "-d", "reads", "-gb", "2", "-o", "json",
    )  # fmt: skip
    shown = {key: said.document[key] for key in ("tags", "properties", "description", "resource_configuration")}
    assert shown == {
        "tags": {"team": "a"},
        "properties": {"run": "7"},
        "description": "reads",
        "resource_configuration": {"cpu_cores": 0.5, "memory_gb": 2.0, "gpu_cores": None},
    }
    assert shipway("model", "update", "-i", "digits:1", "--add-property", "run=8").error == (
        "shipway: error: model digits:1 has the properties run already: they never change; use tags for what does"
    )


def test_flags_for_what_there_is_not_are_told(shipway: Shipway, model: Path) -> None:
    said = shipway("model", "register", "-n", "digits", "-p", str(model), "--sample-input-dataset-id", "7")
    assert (said.code, said.err) == (0, "--sample-input-dataset-id: there are no data sets here; it is not kept\n")


def test_a_runs_metadata_that_names_no_run_is_refused(shipway: Shipway, folder: Path) -> None:
    for text, fault in (
        ("{}", 'the run\'s metadata has no run_id; it looks like {"run_id": "ID"}'),
        ("[", "the run's metadata is no JSON: Expecting value: line 1 column 2 (char 1)"),
    ):
        (folder / "run.json").write_text(text)
        said = shipway("model", "register", "-n", "m", "--asset-path", "outputs", "-f", "run.json")
        assert said.error == f"shipway: error: run.json: {fault}"


@pytest.mark.parametrize(
    ("argv", "code", "text"),
    [
        (("register", "-n", "m"), 2, "give either -p PATH, or --asset-path PATH of a training run"),
        (("register", "-n", "m", "-p", "x", "--asset-path", "y"), 2, "give either -p PATH, or --asset-path PATH"),
        (("register", "-n", "m", "-p", "x", "--run-id", "r"), 2, "--run-id: with -p the file of this machine is"),
        (
            ("register", "-n", "m", "--asset-path", "outputs"),
            2,
            "--asset-path needs the run: give --run-id ID, or --experiment-name NAME",
        ),
        (
            ("register", "-n", "m", "--asset-path", "x", "-r", "r", "--best", "f1"),
            2,
            "give either --run-id or --best METRIC",
        ),
        (
            ("register", "-n", "m", "--asset-path", "x", "--experiment-name", "e", "--lowest"),
            2,
            "--lowest goes with --best METRIC",
        ),
        (
            ("register", "-n", "m", "--asset-path", "x", "-r", "r", "-f", "run.json"),
            2,
            "--run-metadata-file names a run already; leave --run-id and --best out",
        ),
        (
            ("register", "-n", "m", "-f", "no.json", "--asset-path", "x"),
            1,
            "no.json: the run's metadata cannot be read",
        ),
        (("register", "-n", "m", "--asset-path", "x", "-r", "r"), 1, "MLFLOW_TRACKING_URI is not set, and a run is"),
        (("register", "-n", "m", "-p", "x", "--cc", "0"), 1, "model m: 0.0 CPU cores cannot be had; give more than 0"),
        (("update", "-i", "digits:1"), 2, "nothing to change; give --add-tag, --remove-tag, --add-property, -d, --cc,"),
        (("update", "-i", "nope:1", "-d", "x"), 1, "ModelNotFound: there is no model nope"),
        (("update", "-i", "nope:1", "--add-tag", "x"), 2, "--add-tag x: expected KEY=VALUE"),
        (("show", "--run-id", "r"), 1, "ModelNotFound: no version came from run r; see `shipway model list`"),
        (("show", "-i", "a:1", "--run-id", "r"), 2, "give --run-id with -n NAME or alone, or else an id"),
        (("register", "-n", "a/b", "-p", "x"), 1, "model name 'a/b' is not allowed: use 1 to 255 letters"),
        (("register", "-n", "digits", "-p", "nope"), 1, "model path nope does not exist"),
        (("register", "-n", "digits", "-p", ""), 1, "the path of model digits is empty; give a file or a folder"),
        (("register", "-n", "digits", "-p", "x", "--tag", "kind"), 2, "--tag kind: expected KEY=VALUE"),
        (
            ("register", "-n", "d", "-p", "x", "--model-framework", "Onxx"),
            1,
            "framework 'Onxx' is not known",
        ),
        (("show",), 2, "give either -i ID or -n NAME [--version N]"),
        (("show", "-i", "a:1", "-n", "a"), 2, "give either -i ID or -n NAME [--version N]"),
        (("show", "-i", "nope:1"), 1, "ModelNotFound: there is no model nope"),
        (("delete",), 2, "the following arguments are required: -i/--model-id"),
        (("delete", "-i", "a:1", "b:1"), 2, "two models are named, a:1 and b:1: give one"),
        (("show", "a:1", "-n", "a"), 2, "give either -i ID or -n NAME [--version N]"),
        (("delete", "-i", "digits"), 1, "which version of model digits to delete? Write digits:VERSION"),
        (("alias", "-i", "digits:1"), 2, "the following arguments are required: ALIAS"),
    ],
)
def test_a_mistake_is_one_line(shipway: Shipway, argv: tuple[str, ...], code: int, text: str) -> None:
    said = shipway("model", *argv)
    assert said.code == code
    assert said.error.startswith(f"shipway: error: {text}")
