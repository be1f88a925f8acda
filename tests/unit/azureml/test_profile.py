"""`Model.profile`: what is refused before an image is built (21.2)."""

from pathlib import Path
from typing import Any

import pytest

from shipway.azureml import Environment, Workspace
from shipway.azureml.exceptions import UserErrorException, WebserviceException
from shipway.azureml.model import InferenceConfig, Model
from shipway.azureml.profile import ModelProfile, _rows


class Table:
    """As a DataFrame looks to who takes its only column."""

    def __init__(self, *columns: str) -> None:
        self.columns = columns

    def __getitem__(self, name: str) -> "Table":
        return self

    def tolist(self) -> list[str]:
        return ['{"a": 1}', '{"a": 2}']


class Dataset:
    """As v1's tabular dataset."""

    def to_pandas_dataframe(self) -> Table:
        return Table("body")


@pytest.fixture
def config(desk: Path) -> InferenceConfig:
    (desk / "score.py").write_text("def init():\n    pass\n\ndef run(data):\n    return data\n")
    return InferenceConfig(entry_script="score.py", environment=Environment("e"))


@pytest.mark.parametrize("given", [['{"a": 1}', '{"a": 2}'], Table("body"), Dataset()])
def test_bodies_come_as_a_list_as_a_table_or_as_a_dataset(given: Any) -> None:
    assert _rows(given) == ('{"a": 1}', '{"a": 2}')


def test_bodies_come_in_a_file(desk: Path) -> None:
    (desk / "rows.jsonl").write_text('{"a": 1}\n{"a": 2}\n')
    assert _rows("rows.jsonl") == ('{"a": 1}', '{"a": 2}')


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (Table("one", "two"), "input_dataset has 2 columns; a profile takes one, of bodies"),
        ([1, 2], "input_dataset must be bodies: a list of texts"),
        ([], "input_dataset must be bodies: a list of texts"),
        (None, "one column of text; not NoneType"),
    ],
)
def test_what_are_no_bodies_is_refused(given: Any, said: str) -> None:
    with pytest.raises(UserErrorException) as refused:
        _rows(given)
    assert said in refused.value.message


@pytest.mark.parametrize(
    ("name", "limits", "said"),
    [
        ("my-profile", {"cpu": 99}, "a profile is given 0.1 to 3.5 cores of cpu, not 99"),
        ("my-profile", {"memory_in_gb": 0.01}, "a profile is given 0.1 to 15 GB of memory, not 0.01"),
        ("My_Profile", {}, "profile name 'My_Profile' is not allowed"),
    ],
)
def test_names_and_limits_out_of_bounds_are_refused(
    workspace: Workspace, config: InferenceConfig, name: str, limits: dict[str, float], said: str
) -> None:
    with pytest.raises(WebserviceException) as refused:
        Model.profile(workspace, name, [], config, ["{}"], **limits)  # type: ignore[arg-type]
    assert said in refused.value.message


def test_one_of_before_is_not_kept(workspace: Workspace) -> None:
    with pytest.raises(WebserviceException, match=r"profile p is not kept: .* gives its result at once"):
        ModelProfile(workspace, "p")
