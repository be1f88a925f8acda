"""The JSON bodies of a model that is served without code (decision 11): a request's arrays, a result's JSON.

A tensor is a nested list; or, for clients of ONNX Runtime Server, an object as protobuf writes a ``TensorProto`` in
JSON. The outputs come in the form in which the first input came.
"""

import base64
from typing import Any, Dict, List, Optional, Sequence, Tuple, cast

import numpy  # type: ignore

from shipway_serving.contract.arguments import arguments_for
from shipway_serving.contract.messages import Refusal, Request
from shipway_serving.contract.run_form import RunForm
from shipway_serving.protocols.arrays import array_of, check_names
from shipway_serving.protocols.datatypes import BY_NAME, STRING, TensorSpec
from shipway_serving.protocols.wanted import Wanted

_np: Any = numpy
ENVELOPE = RunForm(("inputs", "outputs", "outputFilter"), {"outputs": None, "outputFilter": None}, False, True)
"""The body is read, and refused, like that of a script whose ``run`` has these parameters and a schema."""


def read(request: Request, specs: Sequence[TensorSpec], outputs: Sequence[str]) -> Tuple[Dict[str, Any], Wanted]:
    """The arrays by name, and what is wanted; raises ``Refusal`` 400 or 415 with the reason."""
    body = arguments_for(ENVELOPE, request)
    given: Any = body["inputs"]
    if not isinstance(given, dict):
        raise Refusal(400, "'inputs' should be an object with a tensor for each input name.")
    tensors = cast("Dict[str, Any]", given)
    check_names(specs, tensors)
    arrays = {spec.name: _array(spec, tensors[spec.name]) for spec in specs if spec.name in tensors}
    names = selection(body["outputs"] or body["outputFilter"], outputs)
    return arrays, Wanted(names, any(isinstance(tensor, dict) for tensor in tensors.values()))


def selection(asked: Any, outputs: Sequence[str]) -> Optional[List[str]]:
    """The output names that are ``asked`` for, None for all; raises ``Refusal`` 400 for a name that is no output's."""
    if not asked:
        return None
    names: List[Any] = cast("List[Any]", asked) if isinstance(asked, list) else [asked]
    for name in names:
        if name not in outputs:
            listed = ", ".join(repr(output) for output in outputs)
            raise Refusal(400, f"Output {name!r} is unknown; the outputs are: {listed}.")
    return cast("List[str]", names)


def written(result: Dict[str, Any], wanted: Wanted) -> Dict[str, Any]:
    """The body's value for ``result``, arrays (or lists of maps, which ONNX's classifiers return) by output name."""
    names = result if wanted.names is None else wanted.names
    write = _tensor_proto if wanted.protobuf else _nested
    return {"outputs": {name: write(result[name]) for name in names}}


def _array(spec: TensorSpec, value: Any) -> Any:
    return array_of(spec, _elements(spec, cast("Dict[str, Any]", value)) if isinstance(value, dict) else value)


def _nested(value: Any) -> Any:
    return value.tolist() if hasattr(value, "tolist") else value


# Tensors as objects.


def _elements(spec: TensorSpec, tensor: Dict[str, Any]) -> Any:
    """What a tensor object holds, in its shape; ``array_of`` checks the rest."""
    _check_datatype(spec, tensor.get("dataType"))
    try:
        shape = [int(size) for size in tensor.get("dims", ())]
        return _flat(spec, tensor).reshape(shape).tolist()
    except (ValueError, TypeError, OverflowError) as error:
        raise Refusal(400, f"Input {spec.name!r}: the tensor object cannot be read: {error}.") from None


def _check_datatype(spec: TensorSpec, stated: Any) -> None:
    if stated in (spec.datatype.number, _PROTO_NAMES.get(spec.datatype.number)):
        return
    wanted = spec.datatype.number
    raise Refusal(400, f"Input {spec.name!r}: expected dataType {wanted} ({spec.described()}), got {stated!r}.")


def _flat(spec: TensorSpec, tensor: Dict[str, Any]) -> Any:
    """Protobuf's JSON writes 64-bit integers, NaN and infinities as text, and bytes in base64."""
    name = spec.datatype.name
    if "rawData" in tensor and spec.datatype is not STRING:
        return _np.frombuffer(base64.b64decode(tensor["rawData"]), dtype=_np.dtype(name).newbyteorder("<"))
    listed: Any = tensor.get(spec.datatype.field, ())
    if spec.datatype is STRING:
        return _np.array([base64.b64decode(text).decode("utf-8") for text in listed], dtype=object)
    if name == "float16":
        packed = b"".join(int(bits).to_bytes(2, "little") for bits in listed)
        return _np.frombuffer(packed, dtype="<f2")
    if name == "bool":
        return _np.array([bool(int(element)) for element in listed], dtype=bool)
    number = float if name.startswith("float") else int
    return _np.array([number(element) for element in listed], dtype="float64" if number is float else None)


def _tensor_proto(value: Any) -> Any:
    if not hasattr(value, "tolist"):
        return value
    datatype = BY_NAME.get(str(value.dtype), STRING)
    return {
        "dims": [str(size) for size in value.shape],
        "dataType": datatype.number,
        datatype.field: _proto_elements(datatype.name, value.ravel()),
    }


def _proto_elements(name: str, flat: Any) -> List[Any]:
    if name == "string":
        return [base64.b64encode(str(element).encode("utf-8")).decode("ascii") for element in flat]
    if name == "float16":
        return cast("List[Any]", flat.view("uint16").tolist())
    if name == "bool":
        return cast("List[Any]", flat.astype("int32").tolist())
    if name in ("int64", "uint32", "uint64"):
        return [str(element) for element in flat.tolist()]
    return cast("List[Any]", flat.tolist())


_PROTO_NAMES = {
    1: "FLOAT",
    2: "UINT8",
    3: "INT8",
    4: "UINT16",
    5: "INT16",
    6: "INT32",
    7: "INT64",
    8: "STRING",
    9: "BOOL",
    10: "FLOAT16",
    11: "DOUBLE",
    12: "UINT32",
    13: "UINT64",
}
"""Protobuf's JSON may name an enum's value instead of numbering it."""
