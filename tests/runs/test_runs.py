"""Runs as a real tracking server tells them, of MLflow 2 and of MLflow 3."""

import math
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shipway.errors import RegistryError
from shipway.registry.mlflow_tracking import Tracking
from shipway.registry.runs import best_run, fetch_from_run, find_run, finished_runs, newest_run
from tests.runs.conftest import MODEL
from tests.runs.server import MLflow

FILES = {"outputs/model.onnx": MODEL, "outputs/labels/names ü 1.txt": b"a,b\n", "conda.yaml": b"name: x\n"}


def test_a_run_is_found_with_what_it_says_of_itself(mlflow: MLflow, tracking: Tracking, experiment: str) -> None:
    run_id = mlflow.run(mlflow.experiment(experiment), FILES, metrics={"accuracy": 0.5}, started=60)
    run = find_run(tracking, run_id, experiment=experiment)
    assert (run.experiment, run.status, run.metrics) == (experiment, "FINISHED", {"accuracy": 0.5})
    assert run.ended_at == datetime(2021, 3, 1, 0, 1, 1, tzinfo=UTC)
    facts = run.facts("outputs/model.onnx")
    assert (facts.run_id, facts.path, facts.server) == (run_id, "outputs/model.onnx", mlflow.url)


def test_a_file_and_a_folder_of_a_run_are_fetched(mlflow: MLflow, tracking: Tracking, experiment: str) -> None:
    run = find_run(tracking, mlflow.run(mlflow.experiment(experiment), FILES))
    with fetch_from_run(tracking, run, "outputs/model.onnx") as fetched:
        assert (fetched.path.name, fetched.path.read_bytes()) == ("model.onnx", MODEL)
    assert not fetched.path.exists()
    with fetch_from_run(tracking, run, "./outputs/") as fetched:
        found = {str(path.relative_to(fetched.path)): path.read_bytes() for path in fetched.path.rglob("*.*")}
    assert fetched.path.name == "outputs"
    assert found == {"model.onnx": MODEL, "labels/names ü 1.txt": b"a,b\n"}


def test_the_best_run_has_the_highest_number_or_the_lowest(mlflow: MLflow, tracking: Tracking, experiment: str) -> None:
    place = mlflow.experiment(experiment)
    runs = [
        mlflow.run(place, {}, metrics={"log loss": loss} if loss is not None else None, started=number)
        for number, loss in enumerate((0.3, math.nan, 0.9, None, 0.1, 0.9))
    ]
    mlflow.run(place, {}, metrics={"log loss": 5.0}, status="FAILED")
    child = mlflow.run(place, {}, metrics={"log loss": 0.2}, parent=runs[0])
    assert best_run(tracking, experiment, "log loss").run_id == runs[5], "of equals the newest"
    assert best_run(tracking, experiment, "log loss", lowest=True).run_id == runs[4]
    assert best_run(tracking, experiment, "log loss", parent=runs[0]).run_id == child


def test_without_a_run_the_newest_finished_one_with_the_path_is_meant(
    mlflow: MLflow, tracking: Tracking, experiment: str
) -> None:
    place = mlflow.experiment(experiment)
    wanted = mlflow.run(place, FILES, started=1)
    mlflow.run(place, {"notes.txt": b"x"}, started=2)
    mlflow.run(place, FILES, started=3, status="RUNNING")
    assert newest_run(tracking, experiment, "outputs/model.onnx").run_id == wanted


def test_more_runs_than_one_page_holds_are_all_seen(mlflow: MLflow, tracking: Tracking, experiment: str) -> None:
    place = mlflow.experiment(experiment)
    runs = [mlflow.run(place, {}, started=number) for number in range(5)]
    by_twos = Tracking(tracking.connection, page_size=2)
    assert [run.run_id for run in finished_runs(by_twos, experiment)] == runs[::-1]


def test_what_is_not_there_is_named_with_what_is(mlflow: MLflow, tracking: Tracking, experiment: str) -> None:
    place = mlflow.experiment(experiment)
    run_id = mlflow.run(place, {"outputs/model.onnx": MODEL}, metrics={"accuracy": 1})

    def said(act: object) -> str:
        with pytest.raises(RegistryError) as caught:
            act()  # type: ignore[operator]
        return str(caught.value).replace(mlflow.url, "SERVER").replace(run_id, "RUN").replace(experiment, "EXP")

    run = find_run(tracking, run_id)
    assert said(lambda: find_run(tracking, "nope", experiment=experiment)) == (
        "run nope is not on the tracking server SERVER; the newest of experiment EXP: RUN"
    )
    assert said(lambda: find_run(tracking, run_id, experiment="other")) == (
        "run RUN belongs to experiment 'EXP', not to 'other'; "
        "leave --experiment-name out, or give the run that you mean"
    )
    assert said(lambda: fetch_from_run(tracking, run, "model.onnx").__enter__()) == (
        "run RUN has no model.onnx; there is outputs/model.onnx"
    )
    assert said(lambda: newest_run(tracking, experiment, "out")) == (
        "none of the 1 newest finished runs of experiment EXP has out; the newest (RUN) has outputs/model.onnx"
    )
    assert said(lambda: best_run(tracking, experiment, "acuracy")) == (
        "none of the 1 finished runs of experiment EXP has the metric acuracy (did you mean accuracy?); "
        "there is accuracy"
    )
    assert said(lambda: newest_run(tracking, experiment[:-1], "out")).startswith(
        f"experiment '{experiment[:-1]}' is not on the tracking server SERVER (did you mean EXP?); there is "
    )


def test_a_deleted_run_is_said_to_be_one(mlflow: MLflow, tracking: Tracking, experiment: str) -> None:
    run_id = mlflow.run(mlflow.experiment(experiment), {})
    mlflow.call("runs/delete", {"run_id": run_id})
    with pytest.raises(RegistryError, match=rf"^run {run_id} was deleted on {mlflow.url}; restore it there first$"):
        find_run(tracking, run_id)


def test_files_in_a_folder_of_this_machine_are_taken_from_there(
    mlflow: MLflow, tracking: Tracking, experiment: str, tmp_path: Path
) -> None:
    place = mlflow.experiment(experiment, location=(tmp_path / "files").as_uri())
    run = find_run(tracking, mlflow.run(place, FILES))
    assert run.location.startswith("file:")
    with fetch_from_run(tracking, run, "outputs/labels") as fetched:
        assert [path.name for path in fetched.path.iterdir()] == ["names ü 1.txt"]


def test_files_that_only_the_server_sees_are_taken_through_it(
    mlflow: MLflow, tracking: Tracking, experiment: str, tmp_path: Path
) -> None:
    """To us they lie in a folder that is not there; the server has it under the same name."""
    place = mlflow.experiment(experiment, location=(tmp_path / "files").as_uri())
    run = find_run(tracking, mlflow.run(place, FILES))
    away = replace(run, location="dbfs:/somewhere")
    with fetch_from_run(tracking, away, "outputs") as fetched:
        assert (fetched.path / "labels" / "names ü 1.txt").read_bytes() == b"a,b\n"


@pytest.mark.parametrize("mlflow", [3], ids=["mlflow3"], indirect=True)
def test_the_models_that_mlflow_3_keeps_beside_a_run_are_found_by_name(
    mlflow: MLflow, tracking: Tracking, experiment: str
) -> None:
    place = mlflow.experiment(experiment)
    run_id = mlflow.run(place, {"notes.txt": b"x"})
    mlflow.log_model(place, run_id, "classifier", {"MLmodel": b"flavors: {}\n", "model.pkl": MODEL})
    run = find_run(tracking, run_id)
    with fetch_from_run(tracking, run, "classifier") as fetched:
        assert (fetched.path.name, (fetched.path / "model.pkl").read_bytes()) == ("classifier", MODEL)
    with fetch_from_run(tracking, run, "classifier/MLmodel") as fetched:
        assert fetched.path.read_bytes() == b"flavors: {}\n"
    with pytest.raises(RegistryError, match=r"has no model; there is notes.txt, and the logged models classifier$"):
        fetch_from_run(tracking, run, "model").__enter__()
