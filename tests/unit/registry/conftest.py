from datetime import UTC, datetime
from pathlib import Path

import pytest

from shipway.registry.models import Registry
from shipway.store.workspace import Workspace, open_workspace


@pytest.fixture
def now() -> datetime:
    return datetime(2026, 7, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return open_workspace(tmp_path / "ws", create=True)


@pytest.fixture
def registry(workspace: Workspace) -> Registry:
    return Registry(workspace)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "digits.onnx"
    path.write_bytes(b"weights")
    return path
