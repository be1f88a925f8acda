"""v1's Run and Experiment where there is none: outside of a run, and without a tracking server."""

import pytest

from shipway.azureml import Experiment, Run, Workspace
from shipway.azureml.exceptions import ExperimentExecutionException, RunEnvironmentException, UserErrorException


def test_a_run_outside_of_any_prints_what_it_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    run = Run.get_context()
    assert run.id.startswith("OfflineRun_")
    run.log("accuracy", 0.5)
    run.log_list("losses", [1, 2])
    run.log_row("row", x=1)
    run.tag("a", "b")
    run.upload_file("outputs/model.pkl", "model.pkl")
    run.complete()
    assert capsys.readouterr().out == (
        "Attempted to log scalar metric accuracy:\n0.5\nAttempted to log list metric losses:\n[1, 2]\n"
        "Attempted to log row metric row:\n{'x': 1}\nAttempted to add tag a with value b\n"
    )


def test_who_wants_a_real_run_is_told_that_there_is_none() -> None:
    with pytest.raises(RunEnvironmentException, match="Shipway runs no training, so there is none that this script"):
        Run.get_context(allow_offline=False)


def test_without_a_tracking_server_the_variable_is_named(workspace: Workspace) -> None:
    experiment = Experiment(workspace=workspace, name="myexperiment")
    with pytest.raises(ExperimentExecutionException, match="MLFLOW_TRACKING_URI is not set"):
        Run(experiment, "myrunid")
    with pytest.raises(ExperimentExecutionException, match="MLFLOW_TRACKING_URI is not set"):
        next(iter(experiment.get_runs()))
    with pytest.raises(UserErrorException, match="MLFLOW_TRACKING_URI is not set"):
        workspace.get_mlflow_tracking_uri()


@pytest.mark.parametrize("verb", ["submit", "start_logging"])
def test_beginning_one_says_where_training_belongs(workspace: Workspace, verb: str) -> None:
    text = rf"^Experiment\.{verb}\(\) is not there: Shipway brings models into service, and runs no training; train "
    with pytest.raises(UserErrorException, match=text):
        getattr(Experiment(workspace, "myexperiment"), verb)("config")
