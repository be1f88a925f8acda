"""`shipway workspace list, show, attach, create -w` and `shipway folder attach`: what the SDK finds afterwards."""

import json
from pathlib import Path
from typing import Any

import pytest

from shipway.azureml import Workspace
from shipway.cli.main import main
from shipway.store.workspace import open_workspace

NAMES = ("-w", "myws", "-g", "rg", "--subscription-id", "sub")


@pytest.fixture
def typed(capsys: pytest.CaptureFixture[str]) -> Any:
    def types(*words: str) -> tuple[int, str, str]:
        code = main(words)
        said = capsys.readouterr()
        return code, said.out, said.err

    return types


def test_attached_names_are_listed_shown_and_found_by_the_sdk(desk: Path, tmp_path: Path, typed: Any) -> None:
    url = open_workspace(tmp_path / "elsewhere", create=True).url
    assert typed("workspace", "attach", *NAMES, str(tmp_path / "elsewhere")) == (
        0, f"myws of resource group rg is {url}\n", "",
    )  # fmt: skip
    code, out, _ = typed("workspace", "list", "--resource-group=rg", "-o", "json")
    assert (code, json.loads(out)) == (
        0,
        [{"workspace_name": "myws", "resource_group": "rg", "subscription_id": "sub", "location": "", "url": url}],
    )
    code, out, _ = typed("workspace", "show", "-w", "myws", "-g", "rg", "-o", "json")
    assert json.loads(out)["url"] == url
    assert Workspace(subscription_id="sub", resource_group="rg", workspace_name="myws").get_details()["url"] == url


def test_without_any_names_the_list_says_how_to_give_some(typed: Any) -> None:
    assert typed("workspace", "list")[1] == (
        "no workspace has names of v1's here; give it some with `shipway workspace attach -w NAME -g GROUP [URL]`\n"
    )
    assert typed("workspace", "list", "-g", "rg")[1].startswith("no workspace has such names here; ")


def test_create_with_names_is_az_mls(desk: Path, typed: Any) -> None:
    code, out, _ = typed("workspace", "create", *NAMES, "-l", "westeurope")
    assert (code, out) == (0, f"myws of resource group rg is {(desk / '.shipway').as_uri()}\n")
    assert Workspace.get("myws").location == "westeurope"
    code, _, err = typed("workspace", "create", *NAMES)
    assert code == 1
    assert err.startswith("shipway: error: -w myws: a workspace has that name already, file://")
    assert typed("workspace", "create", *NAMES, "--exist-ok")[0] == 0


def test_create_without_url_and_names_is_a_usage_error(typed: Any) -> None:
    code, _, err = typed("workspace", "create")
    assert (code, err.split(";")[0]) == (2, "shipway: error: give the URL of the place, or v1's names with -w and -g")


def test_show_says_which_is_near_and_refuses_names_that_mean_nothing(desk: Path, typed: Any) -> None:
    code, out, _ = typed("workspace", "show", "-o", "json")
    assert (code, json.loads(out)["url"]) == (0, (desk / ".shipway").as_uri())
    code, _, err = typed("workspace", "show", "-w", "absent")
    assert code == 1
    assert err == (
        "shipway: error: -w absent: no workspace has that name here; give it to one with `shipway workspace attach "
        "-w absent -g GROUP [URL]`\n"
    )


def test_a_folder_that_is_attached_is_found_from_below_it(
    desk: Path, tmp_path: Path, typed: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = tmp_path / "project"
    (project / "notebooks").mkdir(parents=True)
    code, out, _ = typed("folder", "attach", *NAMES, "--path", str(project), "-e", "myexperiment")
    file = project / ".azureml" / "config.json"
    assert (code, out) == (0, f"{project} is attached to {(desk / '.shipway').as_uri()}\n  by {file}\n")
    assert json.loads(file.read_text()) == {
        "subscription_id": "sub", "resource_group": "rg", "workspace_name": "myws",
    }  # fmt: skip
    monkeypatch.chdir(project / "notebooks")
    assert Workspace.from_config().get_details()["url"] == (desk / ".shipway").as_uri()


def test_a_name_in_two_groups_has_to_be_told_apart(desk: Path, tmp_path: Path, typed: Any) -> None:
    for group in ("one", "two"):
        open_workspace(tmp_path / group, create=True)
        assert typed("workspace", "attach", "-w", "myws", "-g", group, str(tmp_path / group))[0] == 0
    said = "-w myws: means several workspaces here: -w myws -g one, -w myws -g two; say which"
    assert typed("folder", "attach", "-w", "myws") == (1, "", f"shipway: error: {said}\n")
    assert typed("workspace", "show", "-w", "myws") == (1, "", f"shipway: error: {said}\n")
    assert typed("folder", "attach", "-w", "myws", "-g", "two")[0] == 0


def test_a_folder_that_is_not_there_is_refused(desk: Path, typed: Any) -> None:
    code, _, err = typed("folder", "attach", *NAMES, "--path", "nowhere")
    assert (code, err) == (1, f"shipway: error: --path nowhere: no such folder: {desk / 'nowhere'}\n")
    assert not (desk / ".azureml").exists()


def test_what_is_no_workspace_gets_no_names(desk: Path, tmp_path: Path, typed: Any) -> None:
    (tmp_path / "empty").mkdir()
    code, _, err = typed("workspace", "attach", *NAMES, str(tmp_path / "empty"))
    assert code == 1
    assert "is not a workspace; make one with `shipway init" in err
    assert typed("workspace", "list")[1].startswith("no workspace has names")
