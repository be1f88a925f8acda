import hashlib
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from shipway.errors import MachineError, RecordMissing, StoreCorrupt, StoreError, StoreFull
from shipway.store.objects import Objects
from shipway.store.workspace import Workspace, open_workspace

_MB = 1024 * 1024


def _sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize("size_bytes", [0, 1, _MB, _MB + 1, 11 * _MB])
def test_a_file_comes_back_whatever_its_size(workspace: Workspace, tmp_path: Path, size_bytes: int) -> None:
    data = os.urandom(size_bytes)
    (tmp_path / "in").write_bytes(data)
    assert workspace.blobs.put_file(tmp_path / "in") == (_sha(data), size_bytes)
    workspace.blobs.fetch(_sha(data), tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == data
    assert workspace.blobs.read_bytes(_sha(data)) == data


def test_blobs_lie_by_digest(workspace: Workspace, tmp_path: Path) -> None:
    digest = workspace.blobs.put_bytes(b"abc")
    assert digest == _sha(b"abc")
    assert (tmp_path / "ws" / "blobs" / "sha256" / digest[:2] / digest).read_bytes() == b"abc"


def test_equal_bytes_are_kept_once(workspace: Workspace, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    workspace.blobs.put_file(tmp_path / "a")
    [(digest, size_bytes, first)] = workspace.blobs.listing()
    workspace.blobs.put_file(tmp_path / "a")
    workspace.blobs.put_bytes(b"abc")
    assert list(workspace.blobs.listing()) == [(digest, size_bytes, first)]
    assert (digest, size_bytes) == (_sha(b"abc"), 3)


def test_deleting_twice_is_fine(workspace: Workspace) -> None:
    digest = workspace.blobs.put_bytes(b"abc")
    assert workspace.blobs.has(digest)
    workspace.blobs.delete(digest)
    workspace.blobs.delete(digest)
    assert not workspace.blobs.has(digest)
    with pytest.raises(RecordMissing):
        workspace.blobs.read_bytes(digest)


def test_changed_bytes_are_never_handed_out(workspace: Workspace, tmp_path: Path) -> None:
    digest = workspace.blobs.put_bytes(b"abc")
    (tmp_path / "ws" / "blobs" / "sha256" / digest[:2] / digest).write_bytes(b"abd")
    expected = (
        f"^blob {digest} in workspace {tmp_path}/ws does not hold the bytes of its digest; delete it and register"
    )
    with pytest.raises(StoreCorrupt, match=expected):
        workspace.blobs.read_bytes(digest)
    with pytest.raises(StoreCorrupt, match=expected):
        workspace.blobs.fetch(digest, tmp_path / "out")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ws"]


def test_a_place_that_cannot_be_written_is_named(workspace: Workspace, tmp_path: Path) -> None:
    digest = workspace.blobs.put_bytes(b"abc")
    with pytest.raises(MachineError, match=rf"^{tmp_path}/no/out could not be written: No such file or directory$"):
        workspace.blobs.fetch(digest, tmp_path / "no" / "out")


def test_a_file_that_cannot_be_read_is_named(workspace: Workspace, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=rf"^{tmp_path}/absent could not be read: No such file or directory$"):
        workspace.blobs.put_file(tmp_path / "absent")


class _ChangesUnderneath(Objects):
    """Writes to the file when its upload begins."""

    changing: Path

    def require_room(self, wanted_bytes: int) -> None:
        with self.changing.open("r+b") as file:
            file.write(b"changed")
        super().require_room(wanted_bytes)


@pytest.mark.parametrize("size_bytes", [100, 11 * _MB])
def test_a_file_that_changes_while_it_is_read_is_refused_and_nothing_kept(
    workspace: Workspace, tmp_path: Path, size_bytes: int
) -> None:
    path = tmp_path / "model"
    path.write_bytes(bytes(size_bytes))
    objects = workspace.blobs._objects
    changing = _ChangesUnderneath(objects._store, where=objects.where, folder=objects.folder)
    changing.changing = path
    with pytest.raises(StoreError, match=rf"^{path} changed while it was read; try again when nothing writes to it$"):
        type(workspace.blobs)(changing).put_file(path)
    assert list(workspace.blobs.listing()) == []
    assert _files_below(tmp_path / "ws" / "blobs") == []


def test_a_file_that_does_not_fit_is_refused_before_anything_is_written(small_disk: Path, tmp_path: Path) -> None:
    workspace = open_workspace(small_disk, create=True)
    (tmp_path / "model").write_bytes(bytes(30 * _MB))
    expected = (
        rf"^no room left in workspace {small_disk}: wanted 31\.5 MB, 16\.\d MB free; free some or move the workspace$"
    )
    with pytest.raises(StoreFull, match=expected):
        workspace.blobs.put_file(tmp_path / "model")
    assert _files_below(small_disk) == ["workspace.json"]


def test_a_disk_that_fills_up_meanwhile_is_left_as_it_was(small_disk: Path, tmp_path: Path) -> None:
    workspace = open_workspace(small_disk, create=True)
    objects = workspace.blobs._objects
    hopeful = Objects(objects._store, where=objects.where, folder=None)
    (tmp_path / "model").write_bytes(bytes(30 * _MB))
    with pytest.raises(StoreFull, match=r"^no room left in workspace .*: wanted 31\.5 MB; free some or move"):
        type(workspace.blobs)(hopeful).put_file(tmp_path / "model")
    assert _files_below(small_disk) == ["workspace.json"]


def test_a_process_killed_while_it_uploads_leaves_no_blob(workspace: Workspace, tmp_path: Path) -> None:
    (tmp_path / "model").write_bytes(bytes(30 * _MB))
    uploading = """
import os, signal, sys
from pathlib import Path
from shipway.store import blobs
from shipway.store.workspace import open_workspace
chunks = blobs._chunks_if_unchanged
def dies(path, *rest):
    for number, chunk in enumerate(chunks(path, *rest)):
        if number == 60:
            os.kill(os.getpid(), signal.SIGKILL)
        yield chunk
blobs._chunks_if_unchanged = dies
open_workspace(sys.argv[1]).blobs.put_file(Path(sys.argv[2]))
"""
    done = subprocess.run([sys.executable, "-c", uploading, workspace.url, tmp_path / "model"], check=False)
    assert done.returncode == -signal.SIGKILL
    assert list(workspace.blobs.listing()) == []
    assert not workspace.blobs.has(_sha(bytes(30 * _MB)))
    digest, _ = workspace.blobs.put_file(tmp_path / "model")
    assert workspace.blobs.read_bytes(digest) == bytes(30 * _MB)
    assert workspace.blobs.remove_unfinished(before=datetime.fromtimestamp(0, UTC)) == 0
    assert workspace.blobs.remove_unfinished(before=datetime.now(UTC) + timedelta(hours=1)) > 0
    assert len(_files_below(tmp_path / "ws" / "blobs")) == 1
    assert workspace.blobs.has(digest)


def _files_below(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
