"""Inference by the Open Inference Protocol v2: tensors in JSON and in binary, of models and of scripts, and errors."""

import inspect
import json
import struct
from typing import Any, Dict, Iterator, List, Tuple

import numpy
import onnx_files
import pytest
import wrapt
from inference_schema.parameter_types.numpy_parameter_type import NumpyParameterType
from inference_schema.parameter_types.standard_py_parameter_type import StandardPythonParameterType
from inference_schema.schema_decorators import input_schema, output_schema

from shipway_serving.asset.entry_script import EntryScript
from shipway_serving.contract.messages import JSON, Refusal, Request, Response
from shipway_serving.contract.run_form import RunForm
from shipway_serving.protocols.answers import Protocols
from shipway_serving.protocols.loading import tensor_service_of
from shipway_serving.protocols.model_identity import ModelIdentity
from shipway_serving.protocols.onnx_model import OnnxService

CHURN = ModelIdentity("churn", "3")

INFER = "/v2/models/churn/infer"


class Client:
    """Asks one service as the scorer does."""

    def __init__(self, service: Any, model: ModelIdentity = CHURN) -> None:
        self.protocols = Protocols(model)
        self.protocols.loaded(service)

    def metadata(self, path: str = "/v2/models/churn") -> Any:
        answer = self.protocols.beyond(Request("GET", path, "", {}, b""), ready=True)
        assert isinstance(answer, Response) and (answer.status, answer.content_type) == (200, JSON)
        return json.loads(answer.body.decode("ascii"))

    def infer(self, body: Any, *binary: bytes, **headers: str) -> Response:
        text = body if isinstance(body, bytes) else json.dumps(body).encode("utf-8")
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if binary:
            named["inference-header-content-length"] = str(len(text))
        request = Request("POST", INFER, "", named, text + b"".join(binary))
        assert self.protocols.beyond(request, ready=True) == request
        dialect = self.protocols.dialect
        assert dialect is not None
        try:
            arguments = dialect.arguments(request)
        except Refusal as refusal:
            return dialect.refused(refusal)
        return dialect.answer(dialect.run(**arguments), 2.0)

    def outputs(self, inputs: List[Any], **more: Any) -> Dict[str, Any]:
        """By name, as (datatype, shape, data)."""
        answer = self.infer(dict({"inputs": inputs}, **more))
        assert (answer.status, answer.content_type) == (200, JSON), answer.body
        listed = json.loads(answer.body.decode("ascii"))["outputs"]
        return {one["name"]: (one["datatype"], one["shape"], one["data"]) for one in listed}

    def refused(self, body: Any, *binary: bytes) -> str:
        answer = self.infer(body, *binary)
        assert answer.status == 400
        assert answer.headers == (("x-ms-run-function-failed", "False"),)
        message: str = json.loads(answer.body.decode("ascii"))["error"]
        return message


def tensor(name: str, datatype: str, shape: Any, data: Any, **more: Any) -> Dict[str, Any]:
    return dict({"name": name, "datatype": datatype, "shape": shape, "data": data}, **more)


ROW = tensor("x", "FP32", [1, 2], [1, 2.5])


@pytest.fixture
def onnx(tmp_path: Any) -> Client:
    service = OnnxService(onnx_files.written(tmp_path, onnx_files.scaled()), threads=1)
    service.init()
    return Client(service.tensor_service())


def test_a_model_is_described_by_its_tensors(onnx: Client) -> None:
    """-1 stands for any size."""
    described = {
        "name": "churn",
        "versions": ["3"],
        "platform": "onnx_onnxv1",
        "inputs": [{"name": "x", "datatype": "FP32", "shape": [-1, 2]}],
        "outputs": [
            {"name": "y", "datatype": "FP32", "shape": [-1, 2]},
            {"name": "total", "datatype": "FP32", "shape": [-1, 1]},
        ],
    }
    for path in ("/v2/models/churn", "/v2/models/churn/versions/3"):
        assert onnx.metadata(path) == described


def test_inference_takes_flat_and_nested_data_and_answers_flat(onnx: Client) -> None:
    """With the request's id, and nothing else that it did not have to say."""
    flat = {"id": "42", "inputs": [tensor("x", "FP32", [2, 2], [1, 2, 3, 4.5])], "parameters": {"anything": 1}}
    answer = onnx.infer(flat)
    assert json.loads(answer.body.decode("ascii")) == {
        "model_name": "churn",
        "model_version": "3",
        "id": "42",
        "outputs": [
            {"name": "y", "datatype": "FP32", "shape": [2, 2], "data": [2.0, 4.0, 6.0, 9.0]},
            {"name": "total", "datatype": "FP32", "shape": [2, 1], "data": [3.0, 7.5]},
        ],
    }
    assert answer.headers == (("x-ms-run-function-failed", "False"), ("x-ms-run-fn-exec-ms", "2.000"))
    nested = onnx.outputs([tensor("x", "FP32", [2, 2], [[1, 2], [3, 4.5]])])
    assert nested["total"] == ("FP32", [2, 1], [3.0, 7.5])


def test_a_model_without_version_or_id_says_neither(tmp_path: Any) -> None:
    """Optional fields are left out."""
    service = OnnxService(onnx_files.written(tmp_path, onnx_files.scaled()), threads=1)
    service.init()
    unnamed = Client(service.tensor_service(), ModelIdentity())
    assert "versions" not in unnamed.metadata("/v2/models/model")
    dialect = unnamed.protocols.dialect
    assert dialect is not None
    request = Request("POST", "/v2/models/model/infer", "", {}, json.dumps({"inputs": [ROW]}).encode("ascii"))
    answer = dialect.answer(dialect.run(**dialect.arguments(request)), 0.0)
    assert list(json.loads(answer.body.decode("ascii"))) == ["model_name", "outputs"]


def test_only_the_outputs_that_are_asked_for_are_sent(onnx: Client) -> None:
    """In the order of the request."""
    assert list(onnx.outputs([ROW], outputs=[{"name": "total"}])) == ["total"]
    assert list(onnx.outputs([ROW], outputs=[{"name": "total"}, {"name": "y"}])) == ["total", "y"]


def test_tensors_travel_as_bytes_behind_the_json(onnx: Client) -> None:
    """The binary extension, both ways, asked for by output or for all."""
    shaped = {"name": "x", "datatype": "FP32", "shape": [1, 2], "parameters": {"binary_data_size": 8}}
    content = struct.pack("<2f", 1.0, 2.5)
    one = {"inputs": [shaped], "outputs": [{"name": "y", "parameters": {"binary_data": True}}, {"name": "total"}]}
    answer = onnx.infer(one, content)
    length = int(dict(answer.headers)["Inference-Header-Content-Length"])
    assert answer.content_type == "application/octet-stream"
    assert json.loads(answer.body[:length].decode("ascii"))["outputs"] == [
        {"name": "y", "datatype": "FP32", "shape": [1, 2], "parameters": {"binary_data_size": 8}},
        {"name": "total", "datatype": "FP32", "shape": [1, 1], "data": [3.5]},
    ]
    assert struct.unpack("<2f", answer.body[length:]) == (2.0, 5.0)
    everything = {"inputs": [ROW], "parameters": {"binary_data_output": True}}
    assert onnx.infer(everything).body.endswith(struct.pack("<3f", 2.0, 5.0, 3.5))


def test_text_and_flags_travel_as_bytes_too(tmp_path: Any) -> None:
    """Text has its length before it."""
    shapes: List[Tuple[str, int, Any]] = [("s", onnx_files.STRING, ["N"]), ("b", onnx_files.BOOL, ["N"])]
    service = OnnxService(onnx_files.written(tmp_path, onnx_files.echo(*shapes)), threads=1)
    service.init()
    text = b"\x02\x00\x00\x00\xc3\xa9\x00\x00\x00\x00"
    inputs = [
        {"name": "s", "datatype": "BYTES", "shape": [2], "parameters": {"binary_data_size": len(text)}},
        {"name": "b", "datatype": "BOOL", "shape": [2], "parameters": {"binary_data_size": 2}},
    ]
    client = Client(service.tensor_service())
    answer = client.infer({"inputs": inputs, "parameters": {"binary_data_output": True}}, text, b"\x01\x00")
    assert answer.body.endswith(text + b"\x01\x00")
    cut = [dict(inputs[0], parameters={"binary_data_size": 5}), inputs[1]]
    message = "Input 's': 5 bytes of binary data do not fit: an element of 2 bytes is cut off."
    assert client.refused({"inputs": cut}, text[:5], b"\x01\x00") == message


@pytest.mark.parametrize(
    "body, message",
    [
        (b"{", "The inference request cannot be read as JSON: Expecting property name enclosed in double quotes"),
        (b"\xff", "The inference request cannot be read as JSON: 'utf-8' codec can't decode byte 0xff"),
        ([], "The inference request should be a JSON object."),
        ({}, "'inputs' should be a list with an object for each input tensor."),
        ({"inputs": {"x": 1}}, "'inputs' should be a list of objects."),
        ({"inputs": [{}]}, "Every input needs a 'name' of its own, and one has None."),
        ({"inputs": [ROW, ROW]}, "Every input needs a 'name' of its own, and one has 'x'."),
        ({"inputs": [dict(ROW, name="z")]}, "Input 'z' is unknown; the inputs are: 'x'."),
        ({"inputs": [dict(ROW, datatype="FP64")]}, "Input 'x': expected datatype FP32, got 'FP64'."),
        ({"inputs": [dict(ROW, shape=[-1, 2])]}, "Input 'x': 'shape' should be a list of sizes and is [-1, 2]."),
        ({"inputs": [dict(ROW, shape=[2, 2])]}, "Input 'x': shape [2, 2] needs 4 elements, data has 2."),
        (
            {"inputs": [dict(ROW, data=[[1], [2]])]},
            "Input 'x': shape [1, 2] needs 2 elements, data has the shape [2, 1].",
        ),
        (
            {"inputs": [dict(ROW, shape=[2, 1])]},
            "Input 'x': expected float32 of shape [N, 2], got floats of shape [2, 1].",
        ),
        (
            {"inputs": [dict(ROW, data=["1", "2"])]},
            "Input 'x': expected float32 of shape [N, 2], got text of shape [2].",
        ),
        ({"inputs": [{"name": "x", "datatype": "FP32", "shape": [1, 2]}]}, "Input 'x' has no 'data'."),
        ({"inputs": [ROW], "outputs": [{"name": "z"}]}, "Output 'z' is unknown; the outputs are: 'y', 'total'."),
        ({"inputs": [ROW], "outputs": ["y"]}, "'outputs' should be a list of objects."),
        ({"inputs": [ROW], "id": 7}, "'id' should be a string and is 7."),
        (
            {"inputs": [dict(ROW, parameters={"binary_data_size": -1})]},
            "Input 'x': binary_data_size should be a number of bytes and is -1.",
        ),
    ],
)
def test_a_request_that_does_not_fit_is_an_error_that_says_why(onnx: Client, body: Any, message: str) -> None:
    """400 and one line."""
    assert onnx.refused(body).startswith(message)


def test_bytes_have_to_fit_what_the_json_says(onnx: Client) -> None:
    """Too few, too many, and a length that is none."""
    shaped = {"name": "x", "datatype": "FP32", "shape": [1, 2], "parameters": {"binary_data_size": 8}}
    too_few = "Input 'x': 7 bytes of binary data do not fit: "
    assert onnx.refused({"inputs": [shaped]}, b"1234567").startswith(too_few)
    too_many = "The inputs have 8 bytes of binary data in all, and the body has 9."
    assert onnx.refused({"inputs": [shaped]}, b"123456789") == too_many
    for length in ("-1", "x", "9999"):
        answer = onnx.infer({"inputs": [ROW]}, inference_header_content_length=length)
        assert answer.status == 400
        assert b"Inference-Header-Content-Length should be a number up to" in answer.body


# Entry scripts.

SAMPLE = numpy.array([[1.5, 2.5]])


@input_schema("rows", NumpyParameterType(SAMPLE))
@input_schema("names", NumpyParameterType(numpy.array(["ab"])))
@output_schema(NumpyParameterType(numpy.array(["c"])))
def decorated(rows: Any, request_headers: Any, names: Any, unit: str = "m") -> Any:
    assert isinstance(rows, numpy.ndarray)
    return [f"{name} {row.sum()} {unit} {request_headers['X-Tag']}" for name, row in zip(names, rows)]


DECORATED = RunForm(("rows", "names", "unit"), {"unit": "m"}, True, True)

ROWS = RunForm(("rows",), {}, False, True)


class Returns:
    """What ``returning`` returns: inference_schema cannot look into a function that encloses other values."""

    result: Any = None


@input_schema("rows", NumpyParameterType(SAMPLE))
def returning(rows: Any) -> Any:
    return Returns.result


class Counting:
    """Another decorator's wrapper on wrapt, which is an object."""

    def __call__(self, wrapped: Any, instance: Any, args: Any, kwargs: Any) -> Any:
        return wrapped(*args, **kwargs)


def test_other_decorators_on_wrapt_are_passed_over() -> None:
    """They may be objects and enclose nothing."""
    client = script(wrapt.FunctionWrapper(returning, Counting()))
    assert client.metadata()["inputs"][0]["name"] == "rows"


def summed(rows: Any = None) -> float:
    return 0.0 if rows is None else float(rows.sum())


if "optional" in inspect.signature(input_schema).parameters:
    summed = input_schema("rows", NumpyParameterType(SAMPLE), optional=True)(summed)


def script(run: Any, form: RunForm = ROWS) -> Client:
    service = tensor_service_of(EntryScript(lambda: None, run, form))
    assert service is not None
    return Client(service)


def test_a_script_with_arrays_is_described_by_its_samples() -> None:
    """Names are those of its parameters; what it returns is ``output``."""
    described = script(decorated, DECORATED).metadata()
    assert described["platform"] == "python"
    assert described["inputs"] == [
        {"name": "rows", "datatype": "FP64", "shape": [-1, 2]},
        {"name": "names", "datatype": "BYTES", "shape": [-1]},
    ]
    assert described["outputs"] == [{"name": "output", "datatype": "BYTES", "shape": [-1]}]


def test_a_script_is_called_with_arrays_defaults_and_headers() -> None:
    """As ``/score`` would call it, but that text may be longer than the sample's."""
    client = script(decorated, DECORATED)
    rows = tensor("rows", "FP64", [2, 2], [1, 2, 3, 4])
    names = tensor("names", "BYTES", [2], ["long name", "b"])
    answer = client.infer({"inputs": [rows, names]}, x_tag="t")
    assert json.loads(answer.body.decode("ascii"))["outputs"] == [
        tensor("output", "BYTES", [2], ["long name 3.0 m t", "b 7.0 m t"])
    ]
    assert client.refused({"inputs": [names]}) == "Input 'rows' is missing: expected float64 of shape [any, 2]."


@pytest.mark.skipif("optional" not in inspect.signature(input_schema).parameters, reason="newer releases only")
def test_an_optional_array_passes_its_decorator() -> None:
    """Which asks for the truth of its value, and an array has none."""
    client = script(summed, RunForm(("rows",), {"rows": None}, False, True))
    rows = tensor("rows", "FP64", [2, 2], [1, 2, 3, 4])
    assert client.outputs([rows]) == {"output": ("FP64", [1], [10.0])}


@pytest.mark.parametrize(
    "result, outputs",
    [
        ([1, 2.5], {"output": ("FP64", [2], [1.0, 2.5])}),
        ([[1], [2]], {"output": ("INT64", [2, 1], [1, 2])}),
        (True, {"output": ("BOOL", [1], [True])}),
        ("text", {"output": ("BYTES", [1], ["text"])}),
        ([["a", "b"]], {"output": ("BYTES", [1, 2], ["a", "b"])}),
        (numpy.float32(2.5), {"output": ("FP32", [1], [2.5])}),
        ({"a": [1], "b": ["x"]}, {"a": ("INT64", [1], [1]), "b": ("BYTES", [1], ["x"])}),
    ],
)
def test_what_a_script_returns_becomes_tensors(result: Any, outputs: Any, monkeypatch: Any) -> None:
    """A dict has an output for each key."""
    monkeypatch.setattr(Returns, "result", result)
    assert script(returning).outputs([tensor("rows", "FP64", [1, 2], [1, 2])]) == outputs


@pytest.mark.parametrize(
    "result", [None, [1, "a"], [[1], [2, 3]], {"a": {"b": 1}}, [None], b"bytes", numpy.zeros(1, "c8")]
)
def test_what_is_no_tensor_is_a_failure(result: Any, monkeypatch: Any) -> None:
    """The scorer logs the reason and answers 500."""
    monkeypatch.setattr(Returns, "result", result)
    client = script(returning)
    with pytest.raises(TypeError):
        client.infer({"inputs": [tensor("rows", "FP64", [1, 2], [1, 2])]})
    dialect = client.protocols.dialect
    assert dialect is not None
    assert dialect.not_written().status == 500
    failure = dialect.failed("An unexpected error.")
    assert (failure.status, json.loads(failure.body.decode("ascii"))) == (500, {"error": "An unexpected error."})
    assert failure.headers == (("x-ms-run-function-failed", "True"),)


def unfit_scripts() -> Iterator[Tuple[str, Any, RunForm]]:
    @input_schema("rows", NumpyParameterType(SAMPLE))
    def with_another(rows: Any, other: Any) -> Any:
        return rows

    yield "a parameter without a declaration", with_another, RunForm(("rows", "other"), {}, False, True)

    @input_schema("rows", StandardPythonParameterType([1]))
    def without_arrays(rows: Any) -> Any:
        return rows

    yield "no array", without_arrays, RunForm(("rows",), {}, False, True)

    @input_schema("rows", NumpyParameterType(numpy.array(["2020-01-01"], dtype="datetime64[D]")))
    def with_dates(rows: Any) -> Any:
        return rows

    yield "dates", with_dates, RunForm(("rows",), {}, False, True)
    yield "no decorator", lambda rows: rows, RunForm(("rows",), {}, False, False)


@pytest.mark.parametrize("why, run, form", list(unfit_scripts()))
def test_a_script_with_anything_else_does_not_take_tensors(why: str, run: Any, form: RunForm) -> None:
    """``/score`` serves it as ever."""
    assert tensor_service_of(EntryScript(lambda: None, run, form)) is None, why
