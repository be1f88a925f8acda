"""shipway init: a workspace and an example, and nothing overwritten."""

from pathlib import Path

from tests.unit.cli.conftest import Shipway


def test_it_makes_a_workspace_and_the_example_and_says_what_to_type_next(shipway: Shipway, folder: Path) -> None:
    said = shipway("init", "mine")
    assert said.code == 0
    assert (folder / "mine" / ".shipway").is_dir()
    assert (folder / "mine" / "digits" / "release.yaml").is_file()
    assert said.out.splitlines()[0] == f"workspace  {folder}/mine/.shipway"
    assert said.out.splitlines()[-1] == "  shipway release release.yaml"


def test_what_running_the_example_makes_does_not_come_along(shipway: Shipway, folder: Path) -> None:
    shipway("init")
    copied = {path.name for path in (folder / "digits").rglob("*")}
    assert not copied & {"models", "__pycache__", "train-env"}


def test_the_workspace_is_found_by_the_next_command(shipway: Shipway) -> None:
    shipway("init")
    assert shipway("model", "list").code == 0


def test_it_overwrites_no_example(shipway: Shipway, folder: Path) -> None:
    (folder / "digits").mkdir()
    said = shipway("init")
    assert said.code == 1
    assert said.error == (
        f"shipway: error: {folder}/digits exists already, and `shipway init` overwrites nothing; "
        "name another folder, or add --no-example"
    )
    assert not (folder / ".shipway").exists()


def test_a_workspace_alone_is_made_once(shipway: Shipway, folder: Path) -> None:
    assert shipway("init", "--no-example", "-o", "json").document == {
        "workspace": (folder / ".shipway").as_uri(),
        "example": None,
    }
    assert list(folder.iterdir()) == [folder / ".shipway"]
    assert shipway("init", "--no-example").error == (
        f"shipway: error: {folder}/.shipway is a workspace already; nothing was changed"
    )


def test_a_folder_that_cannot_be_made_is_one_line(shipway: Shipway, folder: Path) -> None:
    (folder / "file").write_text("in the way")
    assert shipway("init", "file/ws").error == (
        f"shipway: error: workspace {folder}/file/ws/.shipway could not be made: Not a directory; give another folder"
    )


def test_a_copy_that_was_killed_half_way_is_done_again(shipway: Shipway, folder: Path) -> None:
    (folder / ".digits.part").mkdir()
    (folder / ".digits.part" / "rest").write_text("")
    assert shipway("init").code == 0
    assert not (folder / "digits" / "rest").exists()
    assert not (folder / ".digits.part").exists()


def test_a_bucket_is_made_a_workspace_by_another_command(shipway: Shipway, folder: Path) -> None:
    assert shipway("init", "s3://models/team").error == (
        "shipway: error: s3://models/team is no folder; make a workspace in a bucket with "
        "`shipway workspace create s3://models/team`"
    )
    assert list(folder.iterdir()) == []
