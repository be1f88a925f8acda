"""Runs whose files lie in a bucket that we reach ourselves, as MLflow's own client does."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from shipway.errors import RegistryError
from shipway.registry.mlflow_tracking import Tracking
from shipway.registry.run_files import files_at
from shipway.registry.runs import fetch_from_run, find_run
from tests.runs.conftest import MODEL
from tests.runs.server import MLflow
from tests.stores.servers import BUCKET, StoreServer, moto, s3_client

pytestmark = pytest.mark.parametrize("mlflow", [3], ids=["mlflow3"], indirect=True)
"""What is tried here is the same with either."""


@pytest.fixture(scope="module")
def s3() -> Iterator[StoreServer]:
    with moto() as server:
        for key in ("runs/r1/outputs/model.onnx", "runs/r1/outputs/labels/names ü 1.txt"):
            s3_client(server).put_object(Bucket=BUCKET, Key=key, Body=MODEL)
        yield server


@pytest.fixture
def settings(s3: StoreServer, mlflow: MLflow, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    found = {**s3.environment, **mlflow.environment}
    for name, value in found.items():
        monkeypatch.setenv(name, value)
    return found


def test_files_in_a_bucket_are_fetched_from_there(
    mlflow: MLflow, tracking: Tracking, experiment: str, settings: dict[str, str]
) -> None:
    place = mlflow.experiment(experiment, location=f"s3://{BUCKET}/runs")
    run = find_run(tracking, mlflow.run(place, {}))
    assert run.location == f"s3://{BUCKET}/runs/{run.run_id}/artifacts"
    run = replace(run, location=f"s3://{BUCKET}/runs/r1")
    with fetch_from_run(tracking, run, "outputs/model.onnx", settings) as fetched:
        assert fetched.path.read_bytes() == MODEL
    with fetch_from_run(tracking, run, "outputs", settings) as fetched:
        found = sorted(str(path.relative_to(fetched.path)) for path in fetched.path.rglob("*.*"))
    assert found == ["labels/names ü 1.txt", "model.onnx"]
    with pytest.raises(RegistryError, match=rf"^run {run.run_id} has no model.onnx; there is outputs/model.onnx, "):
        fetch_from_run(tracking, run, "model.onnx", settings).__enter__()


def test_a_bucket_that_is_not_there_is_named_and_is_no_workspace(tracking: Tracking, settings: dict[str, str]) -> None:
    files = files_at("s3://another-bucket/runs/r1", tracking.connection, settings)
    with pytest.raises(RegistryError) as caught:
        files.children("")
    assert "s3://another-bucket/runs/r1" in str(caught.value)
    assert "workspace" not in str(caught.value)
