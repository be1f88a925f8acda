"""v1's Run and Experiment over a tracking server: what a script registers from a run."""

from pathlib import Path

import pytest

from shipway.azureml import Experiment, Run, Workspace, get_run
from shipway.azureml.exceptions import ExperimentExecutionException, ModelPathNotFoundException, UserErrorException
from shipway.azureml.model import Model
from shipway.store.workspace import open_workspace
from tests.runs.conftest import MODEL
from tests.runs.server import MLflow

pytestmark = pytest.mark.parametrize("mlflow", [3], ids=["mlflow3"], indirect=True)
"""One server: which MLflow it is makes no difference to what is above the registry."""


@pytest.fixture
def workspace(home: Path) -> Workspace:
    open_workspace(home / ".shipway", create=True)
    return Workspace.from_config()


def test_a_run_registers_what_it_left_under_a_path(
    mlflow: MLflow, workspace: Workspace, experiment: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run_id = mlflow.run(mlflow.experiment(experiment), {"outputs/model.onnx": MODEL}, metrics={"f1": 0.9})
    run = Run(Experiment(workspace=workspace, name=experiment), run_id)
    assert (run.id, run.status, run.get_metrics()) == (run_id, "Completed", {"f1": 0.9})
    assert run.get_file_names() == ["outputs/model.onnx"]
    run.download_file("outputs/model.onnx", output_file_path="down/mine.onnx")
    assert (home / "down" / "mine.onnx").read_bytes() == MODEL
    capsys.readouterr()
    model = run.register_model(
        model_name="bidaf_onnx", tags={"area": "qna"}, model_path="outputs/model.onnx", description="answers"
    )
    assert capsys.readouterr().out == "Registering model bidaf_onnx\n"
    assert (model.name, model.id, model.version, model.tags) == ("bidaf_onnx", "bidaf_onnx:1", 1, {"area": "qna"})
    assert (model.run_id, model.experiment_name) == (run_id, experiment)
    assert Path(model.download(target_dir=home / "again")).read_bytes() == MODEL
    assert [each.id for each in Model.list(workspace, run_id=run_id)] == ["bidaf_onnx:1"]
    assert model.run.id == get_run(run.experiment, run_id).id == Run.get(workspace, run_id).id


def test_automls_form_takes_the_iteration_with_the_best_primary_metric(
    mlflow: MLflow, workspace: Workspace, experiment: str
) -> None:
    place = mlflow.experiment(experiment)
    parent = mlflow.run(place, {"log.txt": b"x"})
    mlflow.call("runs/set-tag", {"run_id": parent, "key": "primary_metric", "value": "AUC"})
    best, other = (
        mlflow.run(place, {"outputs/model.pkl": value}, metrics={"AUC": auc}, parent=parent)
        for auc, value in ((0.9, b"best"), (0.2, b"other"))
    )
    run = Run(Experiment(workspace, experiment), parent)
    assert {child.id for child in run.get_children()} == {best, other}
    assert run.get_output()[0].id == best
    model = run.register_model(description="AutoML", tags={"area": "mnist"})
    assert run.model_id == model.name
    assert (model.run_id, model.description) == (best, "AutoML")
    assert {each.id for each in Experiment(workspace, experiment).get_runs()} == {parent}
    assert {each.id for each in Experiment(workspace, experiment).get_runs(include_children=True)} == {
        parent,
        best,
        other,
    }
    with pytest.raises(UserErrorException, match="does not say by which metric its iterations are compared"):
        Run(Experiment(workspace, experiment), best).register_model()


def test_nothing_is_registered_where_nothing_lies(mlflow: MLflow, workspace: Workspace, experiment: str) -> None:
    run_id = mlflow.run(mlflow.experiment(experiment), {"outputs/model.onnx": MODEL})
    run = Run(Experiment(workspace, experiment), run_id)
    with pytest.raises(
        ModelPathNotFoundException, match=rf"run {run_id} has no outputs/model.pkl; there is outputs/model.onnx"
    ):
        run.register_model(model_name="m", model_path="outputs/model.pkl")
    assert Model.list(workspace) == []
    with pytest.raises(ExperimentExecutionException, match="run absent is not on the tracking server"):
        Run(Experiment(workspace, experiment), "absent")
    assert experiment in [each.name for each in Experiment.list(workspace)]
