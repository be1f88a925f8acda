"""v1's names of workspaces: what they mean on this machine, and what is said when they mean nothing."""

import json
from pathlib import Path

import pytest

from shipway.azureml import Workspace
from shipway.azureml._places import Known, Names, known_workspaces, remember, url_of_folder
from shipway.azureml.exceptions import UserErrorException, WorkspaceException
from shipway.store.workspace import open_workspace

TRIPLE = {"subscription_id": "sub", "resource_group": "rg", "workspace_name": "myws"}


def place(folder: Path, name: str) -> str:
    return open_workspace(folder / name, create=True).url


def test_names_that_were_given_to_a_workspace_find_it_in_any_case(tmp_path: Path) -> None:
    url = place(tmp_path, "elsewhere")
    remember(Known(names=Names(**TRIPLE), url=url))
    found = Workspace(subscription_id="SUB", resource_group="RG", workspace_name="MyWs")
    assert found.get_details()["url"] == url
    assert (found.name, found.resource_group, found.subscription_id, found.location) == ("myws", "rg", "sub", "local")


def test_names_that_are_given_anew_mean_the_new_workspace_alone(tmp_path: Path) -> None:
    remember(Known(names=Names(**TRIPLE), url=place(tmp_path, "old")))
    remember(Known(names=Names(**TRIPLE | {"workspace_name": "MYWS"}), url=place(tmp_path, "new")))
    assert [known.url for known in known_workspaces()] == [(tmp_path / "new").as_uri()]


def test_names_that_nobody_gave_mean_the_workspace_that_is_near_and_that_is_said(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = Workspace(**TRIPLE)
    assert found.get_details()["url"] == (desk / ".shipway").as_uri()
    assert capsys.readouterr().err == (
        f"shipway: workspace myws is {(desk / '.shipway').as_uri()}, which is near; "
        "`shipway workspace attach -w myws -g rg --subscription-id sub` keeps that\n"
    )


def test_names_that_mean_nothing_are_refused_with_what_to_type(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(WorkspaceException) as refused:
        Workspace(**TRIPLE)
    assert refused.value.message == (
        "workspace 'myws' of resource group 'rg' names no workspace here; make one with `shipway init`, or say which "
        "one it is with `shipway workspace attach -w myws -g rg --subscription-id sub URL`"
    )


def test_an_attached_workspace_that_is_gone_is_refused_by_its_folder(tmp_path: Path) -> None:
    remember(Known(names=Names(**TRIPLE), url=(tmp_path / "gone").as_uri()))
    with pytest.raises(WorkspaceException, match="gone is not a workspace; make one with `shipway init"):
        Workspace(**TRIPLE)


@pytest.mark.parametrize("file", [".azureml/config.json", "aml_config/config.json", "config.json"])
def test_from_config_reads_v1s_file_in_the_folder_or_above(
    desk: Path, tmp_path: Path, file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = place(tmp_path, "elsewhere")
    remember(Known(names=Names(**TRIPLE), url=url))
    (desk / file).parent.mkdir(exist_ok=True)
    (desk / file).write_text(json.dumps(TRIPLE))
    (desk / "notebooks").mkdir()
    monkeypatch.chdir(desk / "notebooks")
    assert Workspace.from_config().get_details()["url"] == url
    assert Workspace.from_config(path=desk).get_details()["url"] == url
    assert Workspace.from_config(path=str(desk / file)).get_details()["url"] == url


def test_from_config_reads_what_az_ml_folder_attach_wrote(desk: Path, tmp_path: Path) -> None:
    url = place(tmp_path, "elsewhere")
    remember(Known(names=Names(**TRIPLE), url=url))
    scope = (
        "/subscriptions/sub/resourceGroups/rg/providers/Microsoft.MachineLearningServices/workspaces/myws"
        "/projects/myproject"
    )
    (desk / ".azureml").mkdir()
    (desk / ".azureml" / "config.json").write_text(json.dumps({"Id": None, "Scope": scope}))
    assert Workspace.from_config().get_details()["url"] == url
    assert url_of_folder(desk) == url


def test_another_tools_config_file_is_no_workspaces(desk: Path) -> None:
    (desk / "config.json").write_text('{"learning_rate": 0.1}')
    assert Workspace.from_config().name == "here"


def test_a_config_file_without_a_name_is_refused_by_file_and_key(desk: Path) -> None:
    (desk / ".azureml").mkdir()
    (desk / ".azureml" / "config.json").write_text('{"subscription_id": "sub", "resource_group": "rg"}')
    with pytest.raises(WorkspaceException) as refused:
        Workspace.from_config()
    assert refused.value.message.startswith(f"{desk / '.azureml' / 'config.json'}: workspace_name: is missing;")


def test_a_path_that_is_not_there_is_refused() -> None:
    with pytest.raises(UserErrorException, match="nowhere: no such file or folder"):
        Workspace.from_config(path="nowhere")


def test_create_gives_the_names_to_the_workspace_that_is_near(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = Workspace.create(name="myws", subscription_id="sub", resource_group="rg", location="westeurope")
    assert made.get_details()["url"] == (desk / ".shipway").as_uri()
    assert made.location == "westeurope"
    assert "workspace myws is" in capsys.readouterr().err
    assert Workspace(**TRIPLE) == made == Workspace.get("myws", resource_group="rg")
    assert capsys.readouterr().err == ""
    with pytest.raises(WorkspaceException, match=r"workspace myws exists already, in .*; pass exist_ok=True"):
        Workspace.create(name="myws", subscription_id="sub", resource_group="rg")
    assert Workspace.create(name="myws", subscription_id="sub", resource_group="rg", exist_ok=True) == made


def test_create_makes_one_where_none_is_near(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "new"
    folder.mkdir()
    monkeypatch.chdir(folder)
    made = Workspace.create(name="myws", subscription_id="sub", resource_group="rg")
    assert made.get_details()["url"] == (folder / ".shipway").as_uri()


def test_one_name_in_two_groups_is_asked_for(desk: Path, tmp_path: Path) -> None:
    for group in ("one", "two"):
        remember(Known(names=Names(**TRIPLE | {"resource_group": group}), url=place(tmp_path, group)))
    with pytest.raises(WorkspaceException, match="workspace myws is in several resource groups: one, two; say which"):
        Workspace.get("myws")
    assert Workspace.get("myws", resource_group="two").get_details()["url"].endswith("/two")


def test_list_has_those_of_a_group_by_name_and_says_which_cannot_be_opened(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    remember(Known(names=Names(**TRIPLE), url=place(tmp_path, "one")))
    remember(Known(names=Names(**TRIPLE | {"workspace_name": "gone"}), url=(tmp_path / "gone").as_uri()))
    remember(Known(names=Names(**TRIPLE | {"resource_group": "other"}), url=place(tmp_path, "two")))
    found = Workspace.list(subscription_id="sub", resource_group="rg")
    assert {name: len(each) for name, each in found.items()} == {"myws": 1}
    assert "workspace gone: " in capsys.readouterr().err


def test_what_is_written_is_found_again(desk: Path, tmp_path: Path) -> None:
    workspace = Workspace.create(name="myws", subscription_id="sub", resource_group="rg")
    project = tmp_path / "project"
    workspace.write_config(path=project)
    assert json.loads((project / ".azureml" / "config.json").read_text()) == TRIPLE
    assert Workspace.from_config(path=project) == workspace


def test_deleting_one_takes_its_names_only(desk: Path) -> None:
    Workspace.create(name="myws", subscription_id="sub", resource_group="rg").delete()
    assert known_workspaces() == ()
    assert (desk / ".shipway" / "workspace.json").is_file()


def test_what_azure_had_besides_says_what_there_is_instead(workspace: Workspace) -> None:
    with pytest.raises(UserErrorException, match=r"Workspace.get_default_datastore is not there: Shipway keeps models"):
        workspace.get_default_datastore()
    assert not hasattr(workspace, "no_such_thing")


def test_a_broken_list_of_workspaces_is_refused_by_its_file(tmp_path: Path) -> None:
    path = tmp_path / "config" / "shipway" / "workspaces.json"
    path.parent.mkdir(parents=True)
    path.write_text('{"workspaces": [{"url": "file:///x"}]}')
    with pytest.raises(WorkspaceException, match=f"{path}: is not a list of workspaces: 'subscription_id'; remove it"):
        Workspace(**TRIPLE)
