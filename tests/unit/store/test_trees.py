import os
from pathlib import Path

import pytest

from shipway.domain.model import FileEntry, Tree
from shipway.errors import StoreCorrupt, StoreError
from shipway.store.workspace import Workspace


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    (folder / "sub").mkdir(parents=True)
    (folder / "b.onnx").write_bytes(b"weights")
    (folder / "sub" / "a.txt").write_bytes(b"labels")
    (folder / "sub" / "run.sh").write_bytes(b"#!/bin/sh")
    (folder / "sub" / "run.sh").chmod(0o755)
    return folder


def test_a_folder_comes_back_below_its_name(workspace: Workspace, model: Path, tmp_path: Path) -> None:
    tree = workspace.blobs.put_tree(model)
    assert (tree.name, tree.is_folder) == ("model", True)
    assert [file.path for file in tree.files] == ["b.onnx", "sub/a.txt", "sub/run.sh"]
    payload = workspace.blobs.fetch_tree(tree, tmp_path / "out")
    assert payload == tmp_path / "out" / "model"
    assert (payload / "sub" / "a.txt").read_bytes() == b"labels"
    assert os.access(payload / "sub" / "run.sh", os.X_OK)
    assert not (payload / "b.onnx").stat().st_mode & 0o111


def test_a_lone_file_comes_back_as_itself(workspace: Workspace, model: Path, tmp_path: Path) -> None:
    tree = workspace.blobs.put_tree(model / "b.onnx")
    assert (tree.name, tree.is_folder, tree.size_bytes) == ("b.onnx", False, 7)
    assert [file.path for file in tree.files] == ["b.onnx"]
    assert workspace.blobs.fetch_tree(tree, tmp_path / "out").read_bytes() == b"weights"
    assert (tmp_path / "out" / "b.onnx").is_file()


def test_a_tree_put_again_has_the_same_digest(workspace: Workspace, model: Path, tmp_path: Path) -> None:
    tree = workspace.blobs.put_tree(model)
    back = workspace.blobs.fetch_tree(tree, tmp_path / "out")
    assert workspace.blobs.put_tree(back).digest == tree.digest


def test_ignore_files_are_files_like_others(workspace: Workspace, model: Path) -> None:
    """v1 shipped everything in a source directory (C-7)."""
    for name in (".gitignore", ".amlignore"):
        (model / name).write_text("*.onnx\n")
    tree = workspace.blobs.put_tree(model)
    assert {".amlignore", ".gitignore", "b.onnx"} < {file.path for file in tree.files}


def test_a_name_can_stand_in_for_the_base_name(workspace: Workspace, model: Path) -> None:
    assert workspace.blobs.put_tree(model, name="other").name == "other"


def test_the_folder_at_hand_has_its_own_name(
    workspace: Workspace, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(model / "sub")
    assert workspace.blobs.put_tree(Path()).name == "sub"
    assert workspace.blobs.put_tree(Path("..")).name == "model"


def test_what_is_skipped_is_not_entered(workspace: Workspace, model: Path) -> None:
    asked: list[str] = []

    def skip(path: str) -> bool:
        asked.append(path)
        return path == "sub"

    assert [file.path for file in workspace.blobs.put_tree(model, skip=skip).files] == ["b.onnx"]
    assert asked == ["b.onnx", "sub"]


def test_links_inside_are_followed(workspace: Workspace, model: Path) -> None:
    (model / "link.onnx").symlink_to("b.onnx")
    (model / "also").symlink_to("sub")
    tree = workspace.blobs.put_tree(model)
    assert [file.path for file in tree.files] == [
        "also/a.txt", "also/run.sh", "b.onnx", "link.onnx", "sub/a.txt", "sub/run.sh",
    ]  # fmt: skip


def test_a_dangling_link_is_named(workspace: Workspace, model: Path) -> None:
    (model / "sub" / "gone").symlink_to("nowhere")
    with pytest.raises(StoreError, match=rf"^model path {model}: sub/gone is a link to nowhere, which does not exist$"):
        workspace.blobs.put_tree(model)


def test_a_link_to_the_outside_is_named(workspace: Workspace, model: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("s")
    (model / "out").symlink_to(tmp_path / "secret")
    expected = (
        f"^model path {model}: out is a link to {tmp_path}/secret, outside the folder; copy what it needs into it$"
    )
    with pytest.raises(StoreError, match=expected):
        workspace.blobs.put_tree(model)


def test_a_link_that_never_ends_is_named(workspace: Workspace, model: Path) -> None:
    (model / "sub" / "again").symlink_to("..")
    with pytest.raises(StoreError, match=r": sub/again is a link to a folder that it lies in$"):
        workspace.blobs.put_tree(model)


def test_what_is_neither_file_nor_folder_is_named(workspace: Workspace, model: Path) -> None:
    os.mkfifo(model / "pipe")
    with pytest.raises(StoreError, match=r": pipe is neither a file nor a folder$"):
        workspace.blobs.put_tree(model)


def test_a_name_that_is_not_text_is_refused(workspace: Workspace, model: Path) -> None:
    Path(os.fsdecode(os.fsencode(model) + b"/\xff")).touch()
    with pytest.raises(StoreError, match=r": '\\udcff' has a name that is not UTF-8; rename it$"):
        workspace.blobs.put_tree(model)


def test_an_absent_path_is_refused(workspace: Workspace, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=rf"^model path {tmp_path}/absent does not exist$"):
        workspace.blobs.put_tree(tmp_path / "absent")


def test_an_empty_folder_and_an_empty_file_are_refused(workspace: Workspace, tmp_path: Path) -> None:
    (tmp_path / "empty" / "sub").mkdir(parents=True)
    (tmp_path / "zero").touch()
    for name in ("empty", "zero"):
        with pytest.raises(StoreError, match=rf"^code folder {tmp_path}/{name} is empty: there is nothing to keep$"):
            workspace.blobs.put_tree(tmp_path / name, what="code folder")


@pytest.mark.parametrize("path", ["../evil", "/etc/evil", "a/../../evil", ""])
def test_a_record_cannot_write_outside_its_folder(workspace: Workspace, tmp_path: Path, path: str) -> None:
    digest = workspace.blobs.put_bytes(b"x")
    file = FileEntry(path=path, digest=digest, size_bytes=1)
    for tree in (Tree(name="t", is_folder=True, files=(file,)), Tree(name=path, is_folder=False, files=(file,))):
        with pytest.raises(StoreCorrupt, match=r"cannot be written: it leads outside its folder$"):
            workspace.blobs.fetch_tree(tree, tmp_path / "out")
    assert not (tmp_path / "evil").exists()
