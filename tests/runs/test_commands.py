"""What people type to register what a run left."""

import json
from pathlib import Path

import pytest

from shipway.cli.main import main
from tests.runs.conftest import MODEL
from tests.runs.server import MLflow

pytestmark = pytest.mark.parametrize("mlflow", [3], ids=["mlflow3"], indirect=True)
"""What is tried here is the same with either."""


def test_a_model_is_registered_from_a_run_by_id_by_metric_and_by_experiment(
    mlflow: MLflow, home: Path, experiment: str, capsys: pytest.CaptureFixture[str]
) -> None:
    place = mlflow.experiment(experiment)
    good, newest = (
        mlflow.run(place, {"outputs/model.onnx": MODEL}, metrics={"f1": f1}, started=at)
        for f1, at in ((0.9, 1), (0.2, 2))
    )
    (home / "run.json").write_text(json.dumps({"run_id": good, "_experiment_name": experiment}))
    assert main(["init", "--no-example"]) == 0
    start = ["model", "register", "-n", "bidaf_onnx", "--asset-path", "outputs/model.onnx", "-o", "json"]
    said = []
    for more in (
        ["--experiment-name", experiment, "--run-id", good, "--tag", "area=qna"],
        ["--experiment-name", experiment, "--best", "f1"],
        ["--experiment-name", experiment],
        ["-f", "run.json"],
    ):
        capsys.readouterr()
        assert main([*start, *more]) == 0
        said.append(capsys.readouterr())
    documents = [json.loads(one.out) for one in said]
    assert [one["run_id"] for one in documents] == [good, good, newest, good]
    assert documents[0] | {"id": "bidaf_onnx:1", "tags": {"area": "qna"}} == documents[0]
    assert documents[0]["experiment_name"] == experiment
    assert documents[0]["run_ended"] == "2021-03-01T00:00:02Z"
    assert said[1].err.startswith(f"the highest f1, 0.9: run {good} (")
    assert said[2].err.startswith(f"no run was named: the newest finished one of experiment {experiment} is {newest}")
    capsys.readouterr()
    assert main(["model", "list", "--run-id", good, "-o", "json"]) == 0
    assert [one["version"] for one in json.loads(capsys.readouterr().out)] == [4, 2, 1]
    assert main(["model", "show", "-n", "bidaf_onnx", "--run-id", newest, "-o", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["id"] == "bidaf_onnx:3"


def test_nothing_is_registered_from_a_run_that_has_no_such_path(
    mlflow: MLflow, home: Path, experiment: str, capsys: pytest.CaptureFixture[str]
) -> None:
    run_id = mlflow.run(mlflow.experiment(experiment), {"outputs/model.onnx": MODEL})
    assert main(["init", "--no-example"]) == 0
    assert main(["model", "register", "-n", "m", "--asset-path", "outputs/model.pkl", "--run-id", run_id]) == 1
    error = capsys.readouterr().err.splitlines()[-1]
    assert error == f"shipway: error: run {run_id} has no outputs/model.pkl; there is outputs/model.onnx"
    assert main(["model", "list", "-o", "json"]) == 0
    assert json.loads(capsys.readouterr().out) == []
