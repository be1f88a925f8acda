from collections.abc import Iterator
from pathlib import Path

import pytest

from shipway.registry.mlflow_tracking import Tracking
from shipway.registry.runs import open_tracking
from tests.runs.server import MLflow, mlflow_server

MODEL = bytes(range(256)) * 400


@pytest.fixture(scope="session", params=[2, 3], ids=["mlflow2", "mlflow3"])
def mlflow(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MLflow]:
    with mlflow_server(request.param, tmp_path_factory.mktemp("mlflow")) as server:
        yield server


@pytest.fixture
def tracking(mlflow: MLflow) -> Iterator[Tracking]:
    with open_tracking(mlflow.environment) as found:
        yield found


@pytest.fixture
def experiment(mlflow: MLflow, request: pytest.FixtureRequest) -> str:
    """Its name; a new one for each test."""
    return f"{request.node.originalname}-{mlflow.major}"


@pytest.fixture
def home(mlflow: MLflow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where commands are typed, with the tracking server's address set."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.delenv("SHIPWAY_WORKSPACE", raising=False)
    for name, value in mlflow.environment.items():
        monkeypatch.setenv(name, value)
    return tmp_path
