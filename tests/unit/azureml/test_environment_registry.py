"""Environments in a workspace, by name and version."""

import pytest

from shipway.azureml import Environment, Workspace
from shipway.azureml.exceptions import UserErrorException


def test_what_is_registered_is_found_by_name_and_version(workspace: Workspace) -> None:
    made = Environment("myenv")
    assert made.python.conda_dependencies is not None
    made.python.conda_dependencies.add_pip_package("numpy==1.19.5")
    made.environment_variables["A"] = "b"
    made.docker.base_image = "team/base:1"
    first = made.register(workspace)
    assert (first.name, first.version) == ("myenv", "1")
    assert made.register(workspace=workspace).version == "1"
    made.python.conda_dependencies.add_pip_package("pandas")
    assert made.register(workspace).version == "2"
    again = Environment.get(workspace, name="myenv", version="1")
    assert again.python.conda_dependencies is not None
    assert list(again.python.conda_dependencies.pip_packages) == ["azureml-defaults", "numpy==1.19.5"]
    assert again.environment_variables == {"EXAMPLE_ENV_VAR": "EXAMPLE_VALUE", "A": "b"}
    assert again.docker.base_image == "team/base:1"
    assert Environment.get(workspace, "myenv").version == "2"
    assert {name: each.version for name, each in workspace.environments.items()} == {"myenv": "2"}


def test_no_password_reaches_the_workspace(workspace: Workspace) -> None:
    made = Environment("myenv")
    made.docker.base_image = "team/base:1"
    made.docker.base_image_registry.address = "registry.example"
    made.docker.base_image_registry.username = "me"
    made.docker.base_image_registry.password = "very-secret"
    made.register(workspace)
    found = Environment.get(workspace, "myenv")
    registry = found.docker.base_image_registry
    assert (registry.address, registry.username, registry.password) == ("registry.example", None, None)
    folder = workspace._store.objects.folder
    assert folder is not None
    assert not [path for path in folder.rglob("*") if path.is_file() and b"very-secret" in path.read_bytes()]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("absent", "no environment 'absent' is registered"),
        ("AzureML-Minimal", "Azure's curated environments are not Shi"),
    ],
)
def test_one_that_is_not_there_is_said_with_what_to_do(workspace: Workspace, name: str, said: str) -> None:
    with pytest.raises(UserErrorException) as refused:
        Environment.get(workspace, name)
    assert said in refused.value.message


def test_azures_own_names_are_not_given_away(workspace: Workspace) -> None:
    with pytest.raises(UserErrorException, match=r"environment name 'AzureML-Mine' is not allowed"):
        Environment("AzureML-Mine").register(workspace)


def test_building_one_registers_it(workspace: Workspace) -> None:
    details = Environment("myenv").build(workspace)
    assert details.wait_for_completion(show_output=False).status == "Succeeded"
    assert Environment.get(workspace, "myenv").version == "1"
