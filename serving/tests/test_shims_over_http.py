"""Scripts that import Azure ML's packages, served where none is installed."""

import csv
import json
import pathlib
from typing import Any, Callable, Dict, List

import pytest
from server_process import Server
from shim_process import write

Serve = Callable[..., Server]

SCORE = """
import json
from azureml.contrib.services.aml_response import AMLResponse
from azureml.core import Workspace
from azureml.core.model import Model
from azureml.monitoring import ModelDataCollector

def init():
    global path, inputs, predictions
    path = Model.get_model_path("churn")
    inputs = ModelDataCollector("churn", designation="inputs", feature_names=["a", "b"])
    predictions = ModelDataCollector("churn", designation="predictions", feature_names=["y"])

def run(data):
    rows = json.loads(data)
    ties = inputs.collect(rows)
    predictions.collect(predictions.add_correlations([0.5], ties))
    return AMLResponse(json.dumps([path, ties["$aml_request_id"]]), 201)
"""


def collected(root: pathlib.Path, designation: str) -> List[Dict[str, str]]:
    (path,) = root.glob(f"modeldata/default/default/default/default/churn/4/{designation}/*/*/*/{designation}.csv")
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_a_script_finds_its_model_and_its_rows_are_filed_under_its_requests(serve: Serve, tmp_path: Any) -> None:
    """C-30, R-8, O-4; what is collected is in its file when the server has ended."""
    pytest.importorskip("werkzeug")
    write(tmp_path, {"azureml-models/churn/4/model.pkl": ""})
    variables = {"AML_MODEL_DC_STORAGE_ENABLED": "true", "SHIPWAY_DATA_COLLECTION_DIR": str(tmp_path / "collected")}
    server = serve("--worker_count", "2", script=SCORE, environment=variables).healthy()
    for number in range(6):
        headers = {"Content-Type": "application/json", "x-request-id": f"request-{number}"}
        answer = server.request("POST", "/score", json.dumps([number, 0]).encode(), headers)
        path = str(tmp_path / "azureml-models/churn/4/model.pkl")
        assert (answer.status, answer.json()) == (201, [path, f"request-{number}"])
    server.terminate()
    assert server.exit_code() == 0
    expected = [(str(number), f"request-{number}") for number in range(6)]
    inputs = collected(tmp_path / "collected", "inputs")
    assert sorted((row["a"], row["$aml_request_id"]) for row in inputs) == expected
    predictions = collected(tmp_path / "collected", "predictions")
    assert sorted(row["$aml_request_id"] for row in predictions) == [request for _, request in expected]


def test_using_what_is_not_installed_fails_that_request_and_says_why(serve: Serve) -> None:
    """The service goes on."""
    script = """
from azureml.core import Workspace

def init():
    pass

def run(data):
    return Workspace.from_config().name if data == "use" else data
"""
    server = serve(script=script).healthy()
    assert (server.score("use").status, server.score("x").json()) == (500, "x")
    said = "azureml.core.Workspace.from_config() was called, but the real azureml.core is not installed"
    assert said in server.logged("run() raised an exception")["message"]


LATE = """
def init():
    pass

def run(data):
    from azureml.monitoring import ModelDataCollector
    return ModelDataCollector("m", designation="inputs").collect([1])["$aml_request_id"]
"""


def test_a_collector_made_as_late_as_in_run_knows_its_request(serve: Serve) -> None:
    """Rows are keyed by the request's id (O-4)."""
    server = serve(script=LATE, environment={"AML_MODEL_DC_STORAGE_ENABLED": "true"}).healthy()
    assert server.request("POST", "/score", b"x", {"x-request-id": "own"}).json() == "own"
