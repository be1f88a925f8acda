"""A registered ONNX model and nothing else: which model is served, what bodies it takes, and what it refuses."""

import base64
import json
from typing import Any, Dict, Optional, Tuple

import onnx_files
import pytest
from onnx_files import BOOL, DOUBLE, FLOAT16, INT8, INT64, STRING

from shipway_serving.asset.layout import Layout
from shipway_serving.batching.rows import size_of
from shipway_serving.contract.messages import JSON, Refusal, Request
from shipway_serving.protocols.onnx_choice import NothingToServe, model_instead_of_script
from shipway_serving.protocols.onnx_model import OnnxService
from shipway_serving.schema.documents import Documents
from shipway_serving.schema.openapi import ServiceIdentity
from shipway_serving.schema.registered import schemas_of


@pytest.fixture
def service(tmp_path: Any) -> OnnxService:
    return loaded(tmp_path, onnx_files.scaled())


def loaded(folder: Any, content: bytes) -> OnnxService:
    made = OnnxService(onnx_files.written(folder, content), threads=1)
    made.init()
    return made


def request(body: Any, content_type: str = "application/json") -> Request:
    content = body if isinstance(body, bytes) else json.dumps(body).encode("utf-8")
    return Request("POST", "/score", "", {"content-type": content_type}, content)


def scored(service: OnnxService, body: Any) -> Any:
    """The JSON of the answer, or the status and message of the refusal."""
    try:
        arguments = service.arguments(request(body))
    except Refusal as refusal:
        return refusal.status, refusal.message
    answer = service.dialect.answer(service.run(**arguments), 1.5)
    assert (answer.status, answer.content_type) == (200, JSON)
    assert answer.headers == (("x-ms-run-function-failed", "False"), ("x-ms-run-fn-exec-ms", "1.500"))
    return json.loads(answer.body.decode("ascii"))


def outputs(service: OnnxService, inputs: Dict[str, Any], names: Optional[Any] = None) -> Any:
    return scored(service, dict({"inputs": inputs}, **({"outputs": names} if names else {})))["outputs"]


# Bodies.


def test_outputs_come_by_name_and_only_those_that_are_asked_for(service: OnnxService) -> None:
    """Decision 11."""
    rows = [[1, 2], [3, 4.5]]
    assert outputs(service, {"x": rows}) == {"y": [[2.0, 4.0], [6.0, 9.0]], "total": [[3.0], [7.5]]}
    assert outputs(service, {"x": rows}, ["total"]) == {"total": [[3.0], [7.5]]}
    assert outputs(service, {"x": rows}, "total") == {"total": [[3.0], [7.5]]}


def test_every_type_of_element_goes_there_and_back(tmp_path: Any) -> None:
    """Text, half precision, 64-bit integers that floats would round, and shapes of any rank."""
    tensors = {
        "half": (FLOAT16, ["N"], [1.5, -2.0]),
        "double": (DOUBLE, [1], [0.1]),
        "text": (STRING, ["N", 1], [["é"], [""]]),
        "whole": (INT64, [2], [2**60 + 1, -1]),
        "flag": (BOOL, ["M", 1, 1], [[[True]], [[False]], [[True]]]),
        "small": (INT8, ["K"], [127, -128]),
    }
    service = loaded(tmp_path, onnx_files.echo(*((name, kind, shape) for name, (kind, shape, _) in tensors.items())))
    sent = {name: value for name, (_, _, value) in tensors.items()}
    assert outputs(service, sent) == {name + "_out": value for name, value in sent.items()}


def test_nan_is_a_literal_as_in_v1(service: OnnxService) -> None:
    """H-44."""
    arguments = service.arguments(request(b'{"inputs": {"x": [[NaN, Infinity]]}}'))
    body = service.dialect.answer(service.run(**arguments), 0.0).body
    assert body == b'{"outputs": {"y": [[NaN, Infinity]], "total": [[NaN]]}}'


def test_clients_of_onnx_runtime_server_go_on_working(service: OnnxService) -> None:
    """Tensors as protobuf's JSON writes them, and the outputs in the same form."""
    one = {"dims": ["1", "2"], "dataType": 1, "floatData": [1.0, "2.5"]}
    raw = {"dims": [1, 2], "dataType": "FLOAT", "rawData": base64.b64encode(b"\x00\x00\x80?\x00\x00 @").decode("ascii")}
    wanted = {"y": {"dims": ["1", "2"], "dataType": 1, "floatData": [2.0, 5.0]}}
    for tensor in (one, raw):
        assert scored(service, {"inputs": {"x": tensor}, "outputFilter": ["y"]}) == {"outputs": wanted}


def test_protobuf_s_json_has_its_own_ways_with_integers_text_and_half_precision(tmp_path: Any) -> None:
    """64-bit integers are text, text is base64, half precision is bits."""
    content = onnx_files.echo(("i", INT64, ["N"]), ("s", STRING, ["N"]), ("h", FLOAT16, ["N"]), ("b", BOOL, ["N"]))
    tensors = {
        "i": {"dims": ["1"], "dataType": 7, "int64Data": [str(2**60 + 1)]},
        "s": {"dims": ["1"], "dataType": 8, "stringData": [base64.b64encode("é".encode("utf-8")).decode("ascii")]},
        "h": {"dims": ["1"], "dataType": 10, "int32Data": [0x3E00]},
        "b": {"dims": ["1"], "dataType": 9, "int32Data": [1]},
    }
    answer = outputs(loaded(tmp_path, content), tensors)
    assert answer == {name + "_out": tensor for name, tensor in tensors.items()}


@pytest.mark.parametrize(
    "tensor, seen",
    [
        ([[1, 2, 3]], "floats of shape [1, 3]"),
        ([1.0, 2.0], "floats of shape [2]"),
        ([], "floats of shape [0]"),
        (1.0, "floats of shape []"),
        ([["1", "2"]], "text of shape [1, 2]"),
        ([[True, False]], "booleans of shape [1, 2]"),
        ([[None, 1.0]], "mixed, null or ragged values of shape [1, 2]"),
        (None, "mixed, null or ragged values of shape []"),
    ],
)
def test_a_tensor_that_does_not_fit_is_refused_with_what_was_expected_and_seen(
    service: OnnxService, tensor: Any, seen: str
) -> None:
    """400, and the model is not called."""
    message = f"Input 'x': expected float32 of shape [N, 2], got {seen}."
    assert scored(service, {"inputs": {"x": tensor}}) == (400, message)


def test_ragged_and_bottomless_lists_are_refused(service: OnnxService) -> None:
    """NumPy's releases differ in what they make of them."""
    for tensor in ([[1.0, 2.0], [3.0]], json.loads("[" * 100 + "]" * 100)):
        status, message = scored(service, {"inputs": {"x": tensor}})
        assert status == 400
        assert message.startswith("Input 'x': expected float32 of shape [N, 2], got ")


@pytest.mark.parametrize(
    "kind, value, seen",
    [
        (INT8, [128], "the number 128"),
        (INT8, [-129], "the number -129"),
        (INT8, [1.0], "floats of shape [1]"),
        (INT64, [2**63], "the number 9223372036854775808"),
        (BOOL, [1], "integers of shape [1]"),
        (STRING, [1], "elements that are not text, or a ragged list"),
        (STRING, [["a"], []], "elements that are not text, or a ragged list"),
    ],
)
def test_nothing_is_cast_silently(tmp_path: Any, kind: int, value: Any, seen: str) -> None:
    """A client that is off by a type gets an error instead of another number."""
    status, message = scored(loaded(tmp_path, onnx_files.echo(("t", kind, ["N"]))), {"inputs": {"t": value}})
    assert (status, message.partition(", got ")[2]) == (400, seen + ".")


@pytest.mark.parametrize(
    "body, message",
    [
        (b"", "POST body is empty. Expecting a JSON dictionary."),
        ([1], "POST body should be a JSON dictionary."),
        ({"x": [[1, 2]]}, "A value is not provided for the 'inputs' parameter."),
        ({"inputs": [[1, 2]]}, "'inputs' should be an object with a tensor for each input name."),
        ({"inputs": {}}, "Input 'x' is missing: expected float32 of shape [N, 2]."),
        ({"inputs": {"x": [[1, 2]], "z": 0}}, "Input 'z' is unknown; the inputs are: 'x'."),
        ({"inputs": {"x": [[1, 2]]}, "outputs": ["z"]}, "Output 'z' is unknown; the outputs are: 'y', 'total'."),
        ({"inputs": {"x": [[1, 2]]}, "outputs": [["y"]]}, "Output ['y'] is unknown; the outputs are: 'y', 'total'."),
        (
            {"inputs": {"x": {"dims": [1, 2], "dataType": 7, "int64Data": ["1", "2"]}}},
            "Input 'x': expected dataType 1 (float32 of shape [N, 2]), got 7.",
        ),
        (
            {"inputs": {"x": {"dims": [1, 2], "dataType": 1, "floatData": [1.0]}}},
            "Input 'x': the tensor object cannot be read: cannot reshape array of size 1 into shape (1,2).",
        ),
    ],
)
def test_a_body_that_does_not_hold_the_inputs_is_refused(service: OnnxService, body: Any, message: str) -> None:
    """As that of a script with a schema (H-31 to H-34)."""
    assert scored(service, body) == (400, message)


def test_another_content_type_is_refused(service: OnnxService) -> None:
    """H-30."""
    with pytest.raises(Refusal) as caught:
        service.arguments(request({"inputs": {"x": [[1, 2]]}}, "text/plain"))
    assert (caught.value.status, caught.value.message) == (415, "Expects Content-Type to be application/json")


def test_a_dimension_that_inputs_share_has_one_size(tmp_path: Any) -> None:
    """onnxruntime would fail, or broadcast one over the other."""
    service = loaded(tmp_path, onnx_files.added())
    assert outputs(service, {"a": [1, 2], "b": [3, 4]}) == {"sum": [4.0, 6.0]}
    message = "Input 'b': dimension 0 (N) is 1, and 'a' has 2."
    assert scored(service, {"inputs": {"a": [1, 2], "b": [3]}}) == (400, message)


# Batches.


def arguments_of(service: OnnxService, rows: Any, *names: str) -> Dict[str, Any]:
    return service.arguments(request({"inputs": {"x": rows}, "outputs": list(names)}))


def test_rows_of_several_requests_are_scored_together_and_come_back_apart(service: OnnxService) -> None:
    """Each gets what ``run`` alone would give it."""
    parts = [arguments_of(service, rows) for rows in ([[1, 2]], [[3, 4], [5, 6]], [[7, 8]])]
    alone = [service.run(**part) for part in parts]
    together = service.run_batch(parts)
    assert service.can_batch
    assert [{name: value.tolist() for name, value in one.items()} for one in together] == [
        {name: value.tolist() for name, value in one.items()} for one in alone
    ]


def test_requests_that_want_other_outputs_do_not_share_a_batch(service: OnnxService) -> None:
    """Their keys differ; the rows are counted."""
    sizes = [size_of(service.form, arguments_of(service, [[1, 2], [3, 4]], *names)) for names in ((), (), ("y",))]
    assert [(size.rows, size.known) for size in sizes] == [(2, True)] * 3
    assert sizes[0].key == sizes[1].key != sizes[2].key


@pytest.mark.parametrize("shape, can_batch", [(["N", 2], True), ([1, 2], False), ([], False), (["N", "M"], True)])
def test_only_a_model_with_rows_of_any_number_can_batch(tmp_path: Any, shape: Any, can_batch: bool) -> None:
    """In every input and output."""
    assert loaded(tmp_path, onnx_files.echo(("t", BOOL, shape))).can_batch is can_batch


def test_the_document_describes_the_tensors(service: OnnxService, tmp_path: Any) -> None:
    """With a sample that the model takes."""
    answer = Documents(schemas_of(service.run), ServiceIdentity(), str(tmp_path)).answer("2")
    made = json.loads(answer.body.decode("ascii"))["definitions"]["ServiceInput"]
    row = {"type": "array", "items": {"type": "number", "format": "float"}, "minItems": 2, "maxItems": 2}
    assert made["properties"]["inputs"]["properties"] == {"x": {"type": "array", "items": row}}
    assert made["example"] == {"inputs": {"x": [[0.0, 0.0]]}}
    assert scored(service, made["example"])["outputs"]["y"] == [[0.0, 0.0]]


def test_a_large_sample_is_left_out(tmp_path: Any) -> None:
    """A picture's would make the document megabytes."""
    picture = loaded(tmp_path, onnx_files.echo(("picture", BOOL, ["N", 3, 224, 224])))
    assert "example" not in picture.schemas().given


# Which model.


def layout(root: Any, script: Optional[str] = None, model_dir: Optional[str] = "azureml-models/m/1") -> Layout:
    return Layout(str(root), None, script, model_dir)


def with_files(root: Any, *names: str) -> Any:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    return root


@pytest.mark.parametrize("name", ["azureml-models/m/1/a.onnx", "azureml-models/m/1/folder/deep/b.ONNX"])
def test_one_onnx_file_and_no_script_is_served(tmp_path: Any, name: str) -> None:
    """Registered as a file or as a folder, with whatever lies beside it."""
    with_files(tmp_path, name, "azureml-models/m/1/weights.bin")
    assert model_instead_of_script(layout(tmp_path)) == str(tmp_path / name)


def test_hidden_files_are_no_models(tmp_path: Any) -> None:
    """What macOS, notebooks and mounts leave beside a model."""
    with_files(tmp_path, *("azureml-models/m/1/" + name for name in ("a.onnx", "._a.onnx", "..data/a.onnx")))
    assert model_instead_of_script(layout(tmp_path)) == str(tmp_path / "azureml-models/m/1/a.onnx")


def test_a_script_goes_before_a_model(tmp_path: Any) -> None:
    """Named, or a ``main.py``; whether a named one exists is for the loader to say."""
    with_files(tmp_path, "azureml-models/m/1/a.onnx")
    assert model_instead_of_script(layout(tmp_path, script="score.py")) is None
    with_files(tmp_path, "main.py")
    assert model_instead_of_script(layout(tmp_path)) is None


@pytest.mark.parametrize(
    "files, model_dir, reason",
    [
        ((), None, "AZUREML_MODEL_DIR is not set"),
        ((), "azureml-models/", "AZUREML_MODEL_DIR (azureml-models/) holds no .onnx file"),
        (
            ("azureml-models/m/1/a.pkl",),
            "azureml-models/m/1",
            "AZUREML_MODEL_DIR (azureml-models/m/1) holds no .onnx file",
        ),
        (
            ("azureml-models/b/1/b.onnx", "azureml-models/a/1/a.onnx"),
            "azureml-models/",
            "AZUREML_MODEL_DIR (azureml-models/) holds 2 .onnx files (a.onnx, b.onnx)",
        ),
    ],
)
def test_without_a_script_and_one_model_there_is_nothing_to_serve(
    tmp_path: Any, files: Tuple[str, ...], model_dir: Optional[str], reason: str
) -> None:
    """The error says which of the two is missing (Q-1)."""
    with_files(tmp_path, *files)
    with pytest.raises(NothingToServe) as caught:
        model_instead_of_script(layout(tmp_path, model_dir=model_dir))
    assert str(caught.value) == (
        "There is nothing to serve: no entry script is named (AZUREML_ENTRY_SCRIPT, --entry_script), "
        f"there is no main.py in {tmp_path}, and {reason}. Name a script, or register one ONNX model."
    )
