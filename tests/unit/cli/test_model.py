"""shipway model ...: the registry from the command line."""

import json
from pathlib import Path

import pytest

from shipway.cli.output import size
from shipway.registry.models import Registry
from shipway.store.workspace import open_workspace
from tests.unit.cli.conftest import Shipway

pytestmark = pytest.mark.usefixtures("workspace")


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


def test_what_a_service_uses_is_not_deleted(shipway: Shipway, model: Path, workspace: Path) -> None:
    register(shipway, model)
    Registry(open_workspace(workspace)).mark_used("digits:1", service="svc", revision="r1")
    said = shipway("model", "delete", "-i", "digits:1")
    assert said.code == 1
    assert "digits:1" in said.error
    assert "svc" in said.error


@pytest.mark.parametrize(
    ("argv", "code", "text"),
    [
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
        (("delete", "-i", "digits"), 1, "which version of model digits to delete? Write digits:VERSION"),
        (("alias", "-i", "digits:1"), 2, "the following arguments are required: ALIAS"),
    ],
)
def test_a_mistake_is_one_line(shipway: Shipway, argv: tuple[str, ...], code: int, text: str) -> None:
    said = shipway("model", *argv)
    assert said.code == code
    assert said.error.startswith(f"shipway: error: {text}")
