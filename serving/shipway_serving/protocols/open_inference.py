"""Inference by the Open Inference Protocol, version 2: from a request to arrays, from arrays to a response.

Errors are ``{"error": "..."}``. Needs NumPy; the other calls of the protocol are in ``answers``.
"""

import json
from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Tuple, cast

from shipway_serving.contract.json_values import loads
from shipway_serving.contract.messages import JSON, RUN_FAILED, Refusal, Request, Response
from shipway_serving.contract.results import RUN_MS
from shipway_serving.protocols.arrays import check_names, check_shape, elements_of
from shipway_serving.protocols.datatypes import BY_NAME, STRING, Datatype, TensorSpec
from shipway_serving.protocols.dialect import Dialect
from shipway_serving.protocols.model_identity import ModelIdentity
from shipway_serving.protocols.open_inference_binary import HEADER, array_from, content_of, parts_of
from shipway_serving.protocols.tensor_service import TensorService
from shipway_serving.protocols.v2_errors import failed, not_written, refused
from shipway_serving.protocols.wanted import WantedByV2

_Json = Dict[str, Any]

OCTETS = "application/octet-stream"


def v2_dialect(service: TensorService, model: ModelIdentity) -> Dialect:
    """How inference requests speak with ``service``."""

    def arguments(request: Request) -> Dict[str, Any]:
        arrays, wanted = read(request, service.inputs, service.output_names)
        return service.arguments(request, arrays, wanted)

    def answer(result: Any, run_ms: float) -> Response:
        return written(service.tensors(result), result.wanted, model, run_ms)

    return Dialect(arguments, service.run, answer, refused, failed, not_written)


# From a request.


def read(request: Request, specs: Sequence[TensorSpec], outputs: Sequence[str]) -> Tuple[Dict[str, Any], WantedByV2]:
    """The arrays by name, and what is wanted; raises ``Refusal`` 400 with the reason."""
    text, binary = parts_of(request)
    body = _object(text)
    tensors = _objects(body, "inputs")
    if not tensors:
        raise Refusal(400, "'inputs' should be a list with an object for each input tensor.")
    check_names(specs, dict.fromkeys(_names(tensors, "input")))
    return _arrays(specs, tensors, binary), _wanted(body, outputs)


def _object(text: bytes) -> _Json:
    try:
        body: Any = loads(text.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise Refusal(400, f"The inference request cannot be read as JSON: {error}") from None
    if not isinstance(body, dict):
        raise Refusal(400, "The inference request should be a JSON object.")
    return cast("_Json", body)


def _objects(body: _Json, key: str) -> List[_Json]:
    listed: Any = body.get(key) or []
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in cast("List[Any]", listed)):
        raise Refusal(400, f"{key!r} should be a list of objects.")
    return cast("List[_Json]", listed)


def _names(tensors: Sequence[_Json], what: str) -> List[str]:
    names: List[str] = []
    for tensor in tensors:
        name: Any = tensor.get("name")
        if not isinstance(name, str) or name in names:
            raise Refusal(400, f"Every {what} needs a 'name' of its own, and one has {name!r}.")
        names.append(name)
    return names


def _parameters(holder: _Json) -> _Json:
    parameters: Any = holder.get("parameters")
    return cast("_Json", parameters) if isinstance(parameters, dict) else {}


def _arrays(specs: Sequence[TensorSpec], tensors: Sequence[_Json], binary: bytes) -> Dict[str, Any]:
    by_name = {spec.name: spec for spec in specs}
    arrays: Dict[str, Any] = {}
    place = 0
    for tensor in tensors:
        spec = by_name[tensor["name"]]
        size: Any = _parameters(tensor).get("binary_data_size")
        if size is None:
            arrays[spec.name] = _from_json(spec, tensor)
            continue
        if not _is_count(size):
            raise Refusal(400, f"Input {spec.name!r}: binary_data_size should be a number of bytes and is {size!r}.")
        arrays[spec.name] = array_from(spec, _shape(spec, tensor), binary[place : place + size])
        check_shape(spec, arrays[spec.name])
        place += size
    if place != len(binary):
        raise Refusal(400, f"The inputs have {place} bytes of binary data in all, and the body has {len(binary)}.")
    return arrays


def _from_json(spec: TensorSpec, tensor: _Json) -> Any:
    """``data`` may be flat or nested."""
    shape = _shape(spec, tensor)
    if "data" not in tensor:
        raise Refusal(400, f"Input {spec.name!r} has no 'data'.")
    array = elements_of(spec, tensor["data"])
    expected = 1
    for size in shape:
        expected *= size
    if array.size != expected or (len(array.shape) > 1 and list(array.shape) != shape):
        raise Refusal(400, f"Input {spec.name!r}: shape {shape} needs {expected} elements, data has {_count(array)}.")
    array = array.reshape(shape)
    check_shape(spec, array)
    return array


def _count(array: Any) -> str:
    return str(array.size) if len(array.shape) <= 1 else f"the shape {list(array.shape)}"


def _shape(spec: TensorSpec, tensor: _Json) -> List[int]:
    """The shape that the client states, after its datatype."""
    datatype: Any = tensor.get("datatype")
    if datatype != spec.datatype.v2:
        raise Refusal(400, f"Input {spec.name!r}: expected datatype {spec.datatype.v2}, got {datatype!r}.")
    shape: Any = tensor.get("shape")
    if not isinstance(shape, list) or not all(map(_is_count, cast("List[Any]", shape))):
        raise Refusal(400, f"Input {spec.name!r}: 'shape' should be a list of sizes and is {shape!r}.")
    return cast("List[int]", shape)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _wanted(body: _Json, outputs: Sequence[str]) -> WantedByV2:
    asked = _objects(body, "outputs")
    names = _names(asked, "output")
    for name in names:
        if outputs and name not in outputs:
            listed = ", ".join(repr(output) for output in outputs)
            raise Refusal(400, f"Output {name!r} is unknown; the outputs are: {listed}.")
    request_id: Any = body.get("id")
    if request_id is not None and not isinstance(request_id, str):
        raise Refusal(400, f"'id' should be a string and is {request_id!r}.")
    return WantedByV2(names or None, request_id, _Binary(body, asked))


class _Binary:
    """Names of outputs that are to be sent as bytes."""

    __slots__ = ("_by_name", "_rest")

    def __init__(self, body: _Json, asked: Sequence[_Json]) -> None:
        self._rest = _parameters(body).get("binary_data_output") is True
        stated = ((output["name"], _parameters(output).get("binary_data")) for output in asked)
        self._by_name = {name: bool(is_binary) for name, is_binary in stated if is_binary is not None}

    def __contains__(self, name: object) -> bool:
        return self._by_name.get(cast("str", name), self._rest)


# To a response.


class _Written(NamedTuple):
    tensor: _Json
    content: Optional[bytes]


def written(tensors: Dict[str, Any], wanted: WantedByV2, model: ModelIdentity, run_ms: float) -> Response:
    """The response with ``tensors``; raises ``Refusal`` 400 for a wanted one that ``run`` did not return."""
    outputs = [_output(name, _chosen(tensors, name), wanted) for name in wanted.names or tensors]
    body: _Json = {"model_name": model.name}
    if model.version:
        body["model_version"] = model.version
    if wanted.request_id is not None:
        body["id"] = wanted.request_id
    body["outputs"] = [output.tensor for output in outputs]
    text = json.dumps(body).encode("ascii")
    headers = ((RUN_FAILED, "False"), (RUN_MS, f"{run_ms:.3f}"))
    contents = [output.content for output in outputs if output.content is not None]
    if not contents:
        return Response(200, text, JSON, headers)
    return Response(200, text + b"".join(contents), OCTETS, headers + ((HEADER, str(len(text))),))


def _chosen(tensors: Dict[str, Any], name: str) -> Any:
    if name not in tensors:
        listed = ", ".join(repr(output) for output in tensors)
        raise Refusal(400, f"Output {name!r} is unknown; the outputs are: {listed}.")
    return tensors[name]


def _output(name: str, array: Any, wanted: WantedByV2) -> _Written:
    tensor: _Json = {"name": name, "datatype": datatype_of(array).v2, "shape": list(array.shape)}
    if name in wanted.binary:
        content = content_of(array)
        tensor["parameters"] = {"binary_data_size": len(content)}
        return _Written(tensor, content)
    tensor["data"] = array.ravel().tolist()
    return _Written(tensor, None)


def datatype_of(array: Any) -> Datatype:
    """Of an array that is going out; raises ``TypeError`` for one that no tensor is like."""
    if array.dtype.kind in "OU":
        return STRING
    datatype = BY_NAME.get(str(array.dtype))
    if datatype is None:
        raise TypeError(f"an array of {array.dtype} is no tensor of this protocol")
    return datatype
