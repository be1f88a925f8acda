"""JSON schemas of tensors, for the document of a model that is served without code. Pure."""

from typing import Any, Dict, Optional, Sequence

from shipway_serving.protocols.datatypes import TensorSpec
from shipway_serving.schema.registered import Schemas

LARGEST_SAMPLE = 256
"""Elements; a picture would make a document of megabytes."""


def onnx_schemas(inputs: Sequence[TensorSpec], outputs: Sequence[TensorSpec], output_names: Sequence[str]) -> Schemas:
    """Of the bodies that ``onnx_bodies`` reads and writes, in its nested form."""
    given: Dict[str, Any] = {"inputs": _object(inputs), "outputs": _names(output_names)}
    sample = {spec.name: _sample(spec) for spec in inputs}
    request: Dict[str, Any] = {"type": "object", "properties": given, "required": ["inputs"]}
    if all(value is not None for value in sample.values()):
        request["example"] = {"inputs": sample}
    returned = {"outputs": _object(outputs)}
    return Schemas(request, {"type": "object", "properties": returned, "required": ["outputs"]})


def _object(specs: Sequence[TensorSpec]) -> Dict[str, Any]:
    properties = {spec.name: _tensor(spec) for spec in specs}
    required = [spec.name for spec in specs if spec.required]
    return dict({"type": "object", "properties": properties}, **({"required": required} if required else {}))


def _names(output_names: Sequence[str]) -> Dict[str, Any]:
    items = {"type": "string", "enum": list(output_names)}
    return {"type": "array", "items": items, "description": "The outputs to return; all of them when it is left out."}


def _tensor(spec: TensorSpec) -> Dict[str, Any]:
    kind, form = spec.datatype.schema
    schema: Dict[str, Any] = {"type": kind, "format": form} if form else {"type": kind}
    for size in reversed(spec.shape or (None,)):
        schema = {"type": "array", "items": schema}
        if isinstance(size, int):
            schema.update(minItems=size, maxItems=size)
    return schema


def _sample(spec: TensorSpec) -> Optional[Any]:
    """Zeros in the shape of ``spec``, one for a dimension of any size; None when they would be too many."""
    value: Any = {"string": "", "bool": False}.get(spec.datatype.name, 0.0 if "float" in spec.datatype.name else 0)
    elements = 1
    for size in reversed(spec.shape or (None,)):
        count = size if isinstance(size, int) else 1
        elements *= count
        if elements > LARGEST_SAMPLE:
            return None
        value = [value] * count
    return value
