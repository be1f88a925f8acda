import re
from datetime import datetime
from pathlib import Path

import pytest

from shipway.errors import MachineError, RegistryError, StoreCorrupt
from shipway.registry.models import Registry


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "net"
    (path / "sub").mkdir(parents=True)
    (path / "a.onnx").write_bytes(b"a")
    (path / "sub" / "b.txt").write_bytes(b"b")
    return path


def test_a_folder_comes_back_as_it_was(registry: Registry, folder: Path, tmp_path: Path, now: datetime) -> None:
    registry.register_path(folder, name="net", now=now)
    payload = registry.download("net:1", tmp_path / "new" / "out")
    assert payload == tmp_path / "new" / "out" / "net"
    assert (payload / "sub" / "b.txt").read_bytes() == b"b"
    assert [path.name for path in payload.parent.iterdir()] == ["net"]


def test_a_file_comes_back_as_it_was(registry: Registry, model: Path, tmp_path: Path, now: datetime) -> None:
    registry.register_path(model, name="digits", now=now)
    assert registry.download("digits", tmp_path / "out").read_bytes() == b"weights"


def test_what_stands_there_is_not_overwritten_unless_asked(
    registry: Registry, folder: Path, tmp_path: Path, now: datetime
) -> None:
    registry.register_path(folder, name="net", now=now)
    (folder / "a.onnx").write_bytes(b"changed")
    (folder / "mine").write_bytes(b"mine")
    expected = f"model net:1 was not downloaded: {folder} exists; give another folder, or allow it to be overwritten"
    with pytest.raises(RegistryError, match=f"^{re.escape(expected)}$"):
        registry.download("net", tmp_path)
    assert (folder / "a.onnx").read_bytes() == b"changed"
    registry.download("net", tmp_path, exist_ok=True)
    assert (folder / "a.onnx").read_bytes() == b"a"
    assert (folder / "mine").read_bytes() == b"mine"


def test_a_changed_blob_is_not_handed_out(registry: Registry, folder: Path, tmp_path: Path, now: datetime) -> None:
    """Nor is anything else of that model."""
    version = registry.register_path(folder, name="net", now=now)
    digest = version.tree.files[1].digest
    (tmp_path / "ws" / "blobs" / "sha256" / digest[:2] / digest).write_bytes(b"x")
    with pytest.raises(StoreCorrupt, match=rf"^blob {digest} in workspace "):
        registry.download("net", tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


def test_a_place_that_cannot_be_written_is_named(
    registry: Registry, model: Path, tmp_path: Path, now: datetime
) -> None:
    registry.register_path(model, name="digits", now=now)
    expected = rf"^model digits:1 could not be written to {model}/out: Not a directory$"
    with pytest.raises(MachineError, match=expected):
        registry.download("digits", model / "out")
