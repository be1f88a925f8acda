"""docs/reference/azureml-sdk.md names all that there is, and nothing else."""

import re
from pathlib import Path

import pytest

from shipway.azureml import Environment, Experiment, Model, Run, Workspace, exceptions
from shipway.azureml._stand_ins import STAND_INS
from shipway.azureml.compute import AksCompute, ComputeTarget
from shipway.azureml.conda_dependencies import CondaDependencies
from shipway.azureml.model import InferenceConfig, ModelPackage
from shipway.azureml.profile import ModelProfile
from shipway.azureml.webservice import AciWebservice, AksEndpoint, AksWebservice, LocalWebservice, Webservice
from shipway.azureml.workspace import _NOT_HERE

PAGE = (Path(__file__).parents[3] / "docs" / "reference" / "azureml-sdk.md").read_text()

CLASSES: list[type] = [
    Workspace, Model, InferenceConfig, ModelPackage, ModelProfile, Environment, CondaDependencies, Webservice,
    LocalWebservice, AciWebservice, AksWebservice, AksEndpoint, ComputeTarget, AksCompute, Run, Experiment,
]  # fmt: skip


def section(heading: str) -> str:
    found = re.search(rf"^#+ {re.escape(heading)}$(.*?)(?=^#|\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert found, heading
    return found[1]


def names(text: str) -> set[str]:
    return set(re.findall(r"`([A-Za-z_]+)`", text))


def first_cells(text: str) -> set[str]:
    return {name for row in re.findall(r"^\| (.*?) \|", text, re.MULTILINE) for name in names(row)}


@pytest.mark.parametrize("kind", CLASSES)
def test_every_member_of_a_class_has_its_row(kind: type) -> None:
    own = [kind, *(each for each in kind.__bases__ if each.__module__.rpartition(".")[2].startswith("_"))]
    members = {name for each in own for name in vars(each) if not name.startswith("_")}
    assert first_cells(section(f"`{kind.__name__}`")) == members


def test_every_class_of_the_page_is_one_of_ours() -> None:
    headings = re.findall(r"^### `(\w+)`$", PAGE, re.MULTILINE)
    assert headings == sorted(headings, key=[kind.__name__ for kind in CLASSES].index)


def test_every_name_that_only_imports_stands_in_its_row() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.*) \|$", section("What only imports"), re.MULTILINE)
    assert {module: names(cell) for module, cell in rows} == {m: set(found) for m, (_, found) in STAND_INS.items()}


def test_every_exception_is_named() -> None:
    there = {
        name
        for name, value in vars(exceptions).items()
        if isinstance(value, type) and "shipway.azureml" in value.__module__
    }
    assert there <= names(section("Exceptions"))


def test_what_azures_workspace_had_besides_is_named() -> None:
    assert set(_NOT_HERE) <= names(section("`Workspace`"))
