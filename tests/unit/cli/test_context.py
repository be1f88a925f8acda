"""Which workspace a command works in."""

from pathlib import Path

import pytest

from shipway.cli.context import Context
from shipway.cli.output import Output
from shipway.errors import StoreError
from shipway.store.finding import find_workspace
from shipway.store.workspace import open_workspace


@pytest.fixture
def made(folder: Path) -> Path:
    open_workspace(folder / ".shipway", create=True)
    return folder


def test_it_is_found_from_any_folder_below(made: Path) -> None:
    deep = made / "models" / "digits"
    deep.mkdir(parents=True)
    assert find_workspace(None, deep) == (made / ".shipway").as_uri()


def test_the_nearest_one_above_wins(made: Path) -> None:
    inner = made / "inner"
    open_workspace(inner / ".shipway", create=True)
    assert find_workspace(None, inner) == (inner / ".shipway").as_uri()


def test_the_option_goes_before_the_environment_and_both_before_the_search(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("by-option", "by-variable"):
        (tmp_path / name).mkdir()
    monkeypatch.setenv("SHIPWAY_WORKSPACE", str(tmp_path / "by-variable"))
    assert find_workspace(None, made) == (tmp_path / "by-variable").as_uri()
    assert find_workspace(str(tmp_path / "by-option"), made) == (tmp_path / "by-option").as_uri()


@pytest.mark.parametrize("form", ["{}", "file://{}", "{}/.shipway"])
def test_it_may_be_named_by_its_folder_its_url_or_the_folder_that_holds_it(
    made: Path, form: str, tmp_path: Path
) -> None:
    assert find_workspace(form.format(made), tmp_path) == (made / ".shipway").as_uri()


def test_a_named_folder_must_exist(folder: Path) -> None:
    with pytest.raises(StoreError) as error:
        find_workspace("nope", folder)
    assert str(error.value) == f"{folder}/nope is not a workspace; make one with `shipway init {folder}/nope`"


def test_it_may_be_in_a_bucket_which_is_not_asked_yet(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert find_workspace("S3://bucket/team//models/", folder) == "s3://bucket/team/models"
    monkeypatch.setenv("SHIPWAY_WORKSPACE", "az://container/models")
    context = Context(given=None, output=Output(), folder=folder)
    assert context.workspace_url == "az://container/models"
    assert context.workspace_folder is None


def test_a_store_that_nobody_knows_is_refused(folder: Path) -> None:
    with pytest.raises(
        StoreError, match=r"^workspace ftp://host/x: a workspace is a folder, s3://BUCKET/PREFIX, az://"
    ):
        find_workspace("ftp://host/x", folder)


def test_a_folder_of_another_host_is_refused(folder: Path) -> None:
    with pytest.raises(StoreError, match=r"the folder of a file:// URL is on this machine; write file:///PATH"):
        find_workspace("file://elsewhere/tmp", folder)


def test_the_url_that_names_the_state_folder_is_the_opened_workspace_s(tmp_path: Path) -> None:
    strange = tmp_path / "a b%20ü"
    open_workspace(strange, create=True)
    context = Context(given=str(strange), output=Output(), folder=tmp_path)
    assert context.workspace().url == context.workspace_url
    assert context.workspace_folder == strange
