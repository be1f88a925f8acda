"""shipway environment ...: environments by name from the command line."""

import json
import platform
from pathlib import Path

import pytest

from tests.unit.cli.conftest import Shipway

pytestmark = pytest.mark.usefixtures("workspace")


@pytest.fixture
def registered(shipway: Shipway, folder: Path) -> Path:
    """`mine:1` with scipy; the folder that it was registered from."""
    assert shipway("environment", "scaffold", "-n", "mine", "-d", "env").code == 0
    (folder / "env" / "conda_dependencies.yml").write_text(
        "dependencies: [python=3.8, scipy, {pip: [azureml-defaults]}]"
    )
    assert shipway("environment", "register", "-d", "env").code == 0
    return folder / "env"


def test_a_scaffold_is_what_register_takes(shipway: Shipway, folder: Path) -> None:
    said = shipway("environment", "scaffold", "-n", "mine", "-d", "env")
    assert said.out.splitlines() == [
        f"{folder}/env/azureml_environment.json",
        f"{folder}/env/conda_dependencies.yml",
        f"{folder}/env/BaseDockerfile",
        "edit them, then: shipway environment register -d env",
    ]
    said = shipway("environment", "register", "-d", "env")
    assert (said.out, said.err) == ("mine:1\n", "")
    python = ".".join(platform.python_version_tuple()[:2])
    conda = {"name": "mine", "dependencies": [f"python={python}", {"pip": ["azureml-defaults"]}]}
    document = shipway("environment", "show", "-n", "mine", "-o", "json").document
    assert document["python"]["condaDependencies"] == conda
    assert (document["id"], document["version"]) == ("mine:1", "1")


def test_an_environment_is_shown_for_people(shipway: Shipway, registered: Path) -> None:
    del registered
    lines = shipway("environment", "show", "-n", "mine").out.splitlines()
    assert lines[0].split() == ["id", "mine:1"]
    assert lines[-7:] == [
        "conda dependencies",
        "  name: mine",
        "  dependencies:",
        "  - python=3.8",
        "  - pip:",
        "    - azureml-defaults",
        "    - scipy",
    ]


def test_a_login_that_is_not_kept_is_said(shipway: Shipway, registered: Path) -> None:
    (registered / "conda_dependencies.yml").write_text(
        "dependencies: [{pip: [scipy, -i https://ada:hunter2@index.example/simple, azureml-defaults]}]"
    )
    said = shipway("environment", "register", "-d", "env")
    assert said.out == "mine:2\n"
    assert said.err.splitlines()[-1] == (
        "warning: the logins in it are not kept in the workspace: an index's is found in ~/.netrc, "
        "a registry's in what `docker login` wrote"
    )
    assert "hunter2" not in said.err


def test_the_list_counts_packages(shipway: Shipway, registered: Path) -> None:
    del registered
    (row,) = shipway("environment", "list", "-o", "json").document
    shown = [row[key] for key in ("name", "version", "python_version", "package_count")]
    assert shown == ["mine", "1", "3.8", 1]
    assert row["python"]["userManagedDependencies"] is False
    assert shipway("environment", "list").out.splitlines()[1].split()[:4] == ["mine", "1", "3.8", "1"]


def test_an_empty_list_says_what_to_do(shipway: Shipway) -> None:
    assert shipway("environment", "list").out == (
        "no environment is registered yet; try `shipway environment scaffold --help`\n"
    )


def test_what_was_registered_is_downloaded_as_it_was(shipway: Shipway, registered: Path, folder: Path) -> None:
    (registered / "conda_dependencies.yml").write_text("dependencies: [numpy]")
    assert shipway("environment", "register", "-d", "env").out == "mine:2\n"
    said = shipway("environment", "download", "-n", "mine", "-v", "1", "-d", "back")
    assert said.code == 0
    assert "scipy" in (folder / "back" / "conda_dependencies.yml").read_text()
    assert json.loads((folder / "back" / "azureml_environment.json").read_text())["name"] == "mine"
    assert shipway("environment", "register", "-d", "back").out == "mine:3\n"
    again = shipway("environment", "download", "-n", "mine", "-d", "back")
    assert again.error == (
        f"shipway: error: {folder}/back/azureml_environment.json: is there already; give another folder, or --overwrite"
    )
    assert shipway("environment", "download", "-n", "mine", "-d", "back", "--overwrite").code == 0


def test_a_fault_in_a_file_has_its_line_and_nothing_is_registered(shipway: Shipway, registered: Path) -> None:
    (registered / "conda_dependencies.yml").write_text("dependencies:\n- numpy=1\n- numpy=2\n")
    assert shipway("environment", "register", "-d", "env").error == (
        f"shipway: error: {registered}/conda_dependencies.yml:3: dependencies/1: 'numpy=2' contradicts 'numpy=1' "
        "further up; keep one of them"
    )
    assert len(shipway("environment", "list", "-o", "json").document) == 1


def test_what_was_mended_while_reading_is_said(shipway: Shipway, registered: Path) -> None:
    (registered / "conda_dependencies.yml").write_text("dependencies: [{pip: [a=1]}]")
    said = shipway("environment", "register", "-d", "env")
    assert said.err == (
        f"warning: {registered}/conda_dependencies.yml:1: dependencies/0/pip/0: 'a=1' has a single '='; taken as '=='\n"
    )


def test_a_folder_or_a_name_that_is_none_is_refused(shipway: Shipway, folder: Path) -> None:
    assert shipway("environment", "register", "-d", "nowhere").error == (
        f"shipway: error: {folder}/nowhere/azureml_environment.json: no such file"
    )
    unknown = shipway("environment", "show", "-n", "nothing").error
    assert unknown.startswith("shipway: error: no environment 'nothing' is registered; register one with `")
    assert "is not allowed" in shipway("environment", "scaffold", "-n", "a b", "-d", "x").error


def test_azures_names_are_taken_only_when_it_is_said_that_they_are_meant(shipway: Shipway) -> None:
    shipway("environment", "scaffold", "-n", "AzureML-Minimal", "-d", "env")
    assert "were Azure's own" in shipway("environment", "register", "-d", "env").error
    assert shipway("environment", "register", "-d", "env", "--curated").out == "AzureML-Minimal:1\n"
