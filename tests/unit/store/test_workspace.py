import json
import os
import re
from pathlib import Path

import pytest

from shipway.errors import StoreError
from shipway.store.workspace import Workspace, open_workspace


def test_a_workspace_is_made_once_and_opened_again(tmp_path: Path) -> None:
    made = open_workspace(tmp_path / "ws", create=True)
    again = open_workspace(tmp_path / "ws", create=True)
    opened = open_workspace(tmp_path / "ws")
    assert made.url == again.url == opened.url == (tmp_path / "ws").resolve().as_uri()
    assert made.records.read("workspace") == {"format": 1}


def test_a_path_and_its_url_and_a_detour_are_one_workspace(
    tmp_path: Path, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "ws")
    for name in ("ws", "./x/../ws", workspace.url, Path("ws"), link):
        assert open_workspace(name).url == workspace.url


def test_a_url_with_escapes_is_understood(tmp_path: Path) -> None:
    made = open_workspace(tmp_path / "my models", create=True)
    assert made.url.endswith("/my%20models")
    assert open_workspace(made.url).url == made.url


def test_a_folder_that_is_none_says_how_to_make_one(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "absent"):
        expected = f"{folder} is not a workspace; make one with `shipway init {folder}`"
        with pytest.raises(StoreError, match=rf"^{re.escape(expected)}$"):
            open_workspace(folder)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_on_another_machine_is_refused() -> None:
    expected = (
        r"^workspace file://elsewhere/models: the folder of a file:// URL is on this machine; write file:///PATH$"
    )
    with pytest.raises(StoreError, match=expected):
        open_workspace("file://elsewhere/models")


def test_an_empty_path_is_refused() -> None:
    with pytest.raises(StoreError, match=r"^the workspace's path is empty; give a folder or a URL$"):
        open_workspace("")


def test_a_newer_format_is_refused(workspace: Workspace, tmp_path: Path) -> None:
    (tmp_path / "ws" / "workspace.json").write_text(json.dumps({"format": 2}))
    with pytest.raises(StoreError, match=r"has format 2, and this shipway knows format 1; upgrade shipway$"):
        open_workspace(workspace.url)


def test_a_file_in_the_way_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match=rf"^workspace {tmp_path}/file could not be made: File exists; give another"):
        open_workspace(tmp_path / "file", create=True)


def test_a_folder_that_may_not_be_made_is_named(unwritable: Path) -> None:
    with pytest.raises(StoreError, match=rf"^workspace {unwritable}/mine could not be made: Permission denied; give"):
        open_workspace(unwritable / "mine", create=True)


def test_a_workspace_that_may_not_be_written_is_named_and_can_be_read(unwritable: Path) -> None:
    opened = open_workspace(unwritable / "ws")
    expected = rf"^workspace {unwritable}/ws does not let you read or write a.json; check who owns it and its mode"
    with pytest.raises(StoreError, match=expected):
        opened.records.create("a", 1)
    with pytest.raises(StoreError, match=r"does not let you read or write blobs/sha256"):
        opened.blobs.put_bytes(b"x")


def test_a_folder_that_may_not_be_entered_is_named(unwritable: Path) -> None:
    os.seteuid(0)
    unwritable.chmod(0o700)
    os.seteuid(65534)
    with pytest.raises(StoreError, match=rf"^workspace {unwritable}/ws could not be opened: Permission denied; check"):
        open_workspace(unwritable / "ws")
