from pathlib import Path

import pytest

from shipway.azureml import Workspace
from shipway.store.workspace import open_workspace


@pytest.fixture(autouse=True)
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder on a machine without any settings, with a workspace that is near."""
    folder = tmp_path / "here"
    folder.mkdir()
    for name in ("SHIPWAY_WORKSPACE", "SHIPWAY_AS_OF", "SHIPWAY_RELAX", "MLFLOW_TRACKING_URI", "AML_APP_ROOT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.chdir(folder)
    open_workspace(folder / ".shipway", create=True)
    return folder


@pytest.fixture
def workspace(desk: Path) -> Workspace:
    return Workspace.from_config()
