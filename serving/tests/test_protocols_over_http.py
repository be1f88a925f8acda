"""Models without code, Open Inference v2 and SageMaker's paths, on a real server."""

import concurrent.futures
import json
from typing import Any, Callable

import onnx_files
import pytest
from server_process import Answer, Server

JSON = {"Content-Type": "application/json"}

ROWS = """
import numpy
from inference_schema.parameter_types.numpy_parameter_type import NumpyParameterType
from inference_schema.schema_decorators import input_schema

def init():
    pass

@input_schema("rows", NumpyParameterType(numpy.array([[1.0, 2.0]])))
def run(rows, request_headers):
    if rows.sum() < 0:
        raise ValueError("negative")
    if rows.sum() == 0:
        return {"a": {"b": 1}}
    return [request_headers.get("X-Amzn-Sagemaker-Custom-Attributes", ""), str(rows.sum())]
"""


@pytest.fixture
def model(serve: Callable[..., Server], tmp_path: Any) -> Server:
    """A server whose app root holds a registered model and nothing else."""
    folder = tmp_path / "azureml-models" / "scaled" / "3"
    folder.mkdir(parents=True)
    onnx_files.written(folder, onnx_files.scaled())
    return serve("--model_dir", "azureml-models/scaled/3").healthy()


def post(server: Server, path: str, body: Any, **headers: str) -> Answer:
    return server.request("POST", path, json.dumps(body).encode("ascii"), dict(JSON, **headers))


def test_a_registered_model_and_nothing_else_is_a_service(model: Server) -> None:
    """On ``/score``, with errors that name the input, and described by ``/swagger.json``."""
    answer = post(model, "/score", {"inputs": {"x": [[1, 2]]}, "outputs": ["y"]})
    assert (answer.status, answer.json()) == (200, {"outputs": {"y": [[2.0, 4.0]]}})
    assert "x-ms-run-fn-exec-ms" in answer.headers
    refused = post(model, "/score", {"inputs": {"x": [[1]]}})
    message = "Input 'x': expected float32 of shape [N, 2], got floats of shape [1, 1]."
    assert (refused.status, refused.json()) == (400, {"message": message})
    assert model.request("POST", "/score", b"{}", {"Content-Type": "text/csv"}).status == 415
    document = model.request("GET", "/swagger.json?version=3").json()
    assert "x" in document["components"]["schemas"]["ServiceInput"]["properties"]["inputs"]["properties"]


def test_the_same_model_is_served_by_v2(model: Server) -> None:
    """Under the name and version that it was registered with."""
    assert model.request("GET", "/v2/health/ready").json() == {"ready": True}
    described = model.request("GET", "/v2/models/scaled").json()
    assert (described["versions"], described["platform"]) == (["3"], "onnx_onnxv1")
    tensor = {"name": "x", "datatype": "FP32", "shape": [1, 2], "data": [1, 2]}
    answer = post(
        model, "/v2/models/scaled/versions/3/infer", {"id": "7", "inputs": [tensor], "outputs": [{"name": "y"}]}
    )
    assert answer.status == 200
    assert answer.json() == {
        "model_name": "scaled",
        "model_version": "3",
        "id": "7",
        "outputs": [{"name": "y", "datatype": "FP32", "shape": [1, 2], "data": [2.0, 4.0]}],
    }
    assert post(model, "/v2/models/scaled/infer", {"inputs": []}).json() == {
        "error": "'inputs' should be a list with an object for each input tensor."
    }
    assert post(model, "/v2/models/other/infer", {}).status == 404


def test_a_model_s_requests_share_batches_and_get_their_own_rows(serve: Callable[..., Server], tmp_path: Any) -> None:
    """On ``/score`` and ``/v2`` at once."""
    onnx_files.written(tmp_path, onnx_files.scaled())
    server = serve("--model_dir", ".", "--batch_max_rows", "8").healthy()

    def score(number: int) -> Any:
        rows = [[number, 0]] * (number % 3 + 1)
        if number % 4:
            return post(server, "/score", {"inputs": {"x": rows}, "outputs": ["total"]}).json()["outputs"]["total"]
        tensor = {"name": "x", "datatype": "FP32", "shape": [len(rows), 2], "data": rows}
        return [
            [one] for one in post(server, "/v2/models/model/infer", {"inputs": [tensor]}).json()["outputs"][1]["data"]
        ]

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(score, range(40)))
    assert answers == [[[float(number)]] * (number % 3 + 1) for number in range(40)]


def test_without_a_script_or_a_model_the_server_says_what_is_missing(serve: Callable[..., Server]) -> None:
    """And ends with 3 (E-3)."""
    server = serve()
    assert server.exit_code() == 3
    assert "AZUREML_MODEL_DIR is not set. Name a script, or register one ONNX model." in "".join(server.messages())


def test_a_script_with_arrays_is_served_by_v2_and_on_score(serve: Callable[..., Server]) -> None:
    """Failures are errors of the protocol; the log has their reasons."""
    server = serve(script=ROWS).healthy()
    assert post(server, "/score", {"rows": [[1, 2]]}).json() == ["", "3.0"]

    def infer(*data: float) -> Answer:
        tensor = {"name": "rows", "datatype": "FP64", "shape": [1, 2], "data": data}
        return post(server, "/v2/models/model/infer", {"inputs": [tensor]})

    assert infer(1, 2).json()["outputs"] == [
        {"name": "output", "datatype": "BYTES", "shape": [2], "data": ["", "3.0"]},
    ]
    failed = infer(-1, 0)
    message = "An unexpected error occurred in scoring script. Check the logs for more info."
    assert (failed.status, failed.json()) == (500, {"error": message})
    assert failed.headers["x-ms-run-function-failed"] == "True"
    server.logged("ValueError: negative")
    message = "The scoring script returned a value that is no tensor. Check the logs for more info."
    assert (infer(0, 0).status, infer(0, 0).json()) == (500, {"error": message})
    server.logged("TypeError: run() returned dict with values that are no tensor's")


def test_an_output_that_a_script_does_not_return_is_the_client_s_mistake(serve: Callable[..., Server]) -> None:
    """Only the result says which there are; the script has not failed."""
    server = serve(script=ROWS).healthy()
    rows = {"name": "rows", "datatype": "FP64", "shape": [1, 2], "data": [1, 2]}
    refused = post(server, "/v2/models/model/infer", {"inputs": [rows], "outputs": [{"name": "other"}]})
    assert (refused.status, refused.json()) == (400, {"error": "Output 'other' is unknown; the outputs are: 'output'."})
    assert refused.headers["x-ms-run-function-failed"] == "False"


def test_refusals_before_the_model_are_the_protocol_s_errors_too(model: Server) -> None:
    """Such as a body that cannot be opened."""
    refused = post(model, "/v2/models/scaled/infer", {}, **{"Content-Encoding": "br"})
    message = "Content-Encoding 'br' is not understood here; send gzip or no coding."
    assert (refused.status, refused.json()) == (415, {"error": message})
    assert post(model, "/invocations", {}, **{"Content-Encoding": "br"}).json() == {"message": message}


def test_sagemaker_s_paths_score_as_score_does(serve: Callable[..., Server]) -> None:
    """Its attributes are request headers; statuses are the same."""
    server = serve(script=ROWS).healthy()
    assert (server.request("GET", "/ping").status, server.request("GET", "/ping").body) == (200, b"")
    headers = {"X-Amzn-SageMaker-Custom-Attributes": "trace=1"}
    assert post(server, "/invocations", {"rows": [[1, 2]]}, **headers).json() == ["trace=1", "3.0"]
    for body in ({"rows": [[-1, 0]]}, {}, []):
        one, other = post(server, "/invocations", body), post(server, "/score", body)
        assert (one.status, one.body) == (other.status, other.body)


def test_a_script_without_arrays_keeps_v1_s_404_on_unknown_paths(serve: Callable[..., Server]) -> None:
    """And its v2 says what it would need."""
    server = serve(script="def init():\n    pass\n\ndef run(data):\n    return data\n").healthy()
    assert server.request("GET", "/v2/models/").status == 404
    assert server.request("GET", "/v3").status == 404
    assert b"NumpyParameterType" in post(server, "/v2/models/model/infer", {"inputs": []}).body
    assert server.request("PUT", "/invocations", b"").status == 405
