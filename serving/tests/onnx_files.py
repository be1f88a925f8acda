"""Small ONNX models as bytes, written field by field: the ``onnx`` package has no release for every Python."""

import struct
from typing import Any, List, Sequence, Tuple, Union

Size = Union[int, str]

FLOAT, INT64, STRING, BOOL, FLOAT16, DOUBLE, INT8 = 1, 7, 8, 9, 10, 11, 3


def _varint(number: int) -> bytes:
    written = bytearray()
    while True:
        low, number = number & 0x7F, number >> 7
        written.append(low | (0x80 if number else 0))
        if not number:
            return bytes(written)


def _number(field: int, number: int) -> bytes:
    return _varint(field << 3) + _varint(number)


def _bytes(field: int, content: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(content)) + content


def _text(field: int, text: str) -> bytes:
    return _bytes(field, text.encode("utf-8"))


def _dimension(size: Size) -> bytes:
    return _bytes(1, _number(1, size) if isinstance(size, int) else _text(2, size))


def value(name: str, kind: int, shape: Sequence[Size]) -> bytes:
    """A ``ValueInfoProto`` for a tensor."""
    tensor = _number(1, kind) + _bytes(2, b"".join(map(_dimension, shape)))
    return _text(1, name) + _bytes(2, _bytes(1, tensor))


def node(operator: str, inputs: Sequence[str], outputs: Sequence[str], *attributes: bytes) -> bytes:
    """A ``NodeProto``."""
    named = b"".join(_text(1, name) for name in inputs) + b"".join(_text(2, name) for name in outputs)
    return named + _text(4, operator) + b"".join(_bytes(5, attribute) for attribute in attributes)


def whole_attribute(name: str, number: int) -> bytes:
    """An ``AttributeProto`` with an integer."""
    return _text(1, name) + _number(3, number) + _number(20, 2)


def floats(name: str, numbers: Sequence[float], shape: Sequence[int]) -> bytes:
    """A ``TensorProto`` of float32, for an initializer."""
    packed = struct.pack(f"<{len(numbers)}f", *numbers)
    return b"".join(_number(1, size) for size in shape) + _number(2, FLOAT) + _text(8, name) + _bytes(9, packed)


def model(
    nodes: Sequence[bytes],
    inputs: Sequence[Tuple[str, int, Sequence[Size]]],
    outputs: Sequence[Tuple[str, int, Sequence[Size]]],
    initializers: Sequence[bytes] = (),
) -> bytes:
    """A ``ModelProto`` of IR version 7 and opset 13, which onnxruntime 1.10 and all newer ones take."""
    parts: List[bytes] = [_bytes(1, one) for one in nodes] + [_text(2, "graph")]
    parts += [_bytes(5, one) for one in initializers]
    parts += [_bytes(11, value(*one)) for one in inputs] + [_bytes(12, value(*one)) for one in outputs]
    return _number(1, 7) + _bytes(7, b"".join(parts)) + _bytes(8, _number(2, 13))


def scaled(columns: int = 2) -> bytes:
    """``y = x * 2`` and ``total``, the sum of each row of ``x``; any number of rows of ``columns`` float32."""
    return model(
        [node("Mul", ["x", "two"], ["y"]), node("MatMul", ["x", "ones"], ["total"])],
        [("x", FLOAT, ["N", columns])],
        [("y", FLOAT, ["N", columns]), ("total", FLOAT, ["N", 1])],
        [floats("two", [2.0], [1]), floats("ones", [1.0] * columns, [columns, 1])],
    )


def echo(*tensors: Tuple[str, int, Sequence[Size]]) -> bytes:
    """Each of ``tensors`` comes back as ``<name>_out``."""
    nodes = [node("Identity", [name], [name + "_out"]) for name, _, _ in tensors]
    return model(nodes, tensors, [(name + "_out", kind, shape) for name, kind, shape in tensors])


def added() -> bytes:
    """``sum = a + b``; both have ``N`` float32."""
    return model(
        [node("Add", ["a", "b"], ["sum"])],
        [("a", FLOAT, ["N"]), ("b", FLOAT, ["N"])],
        [("sum", FLOAT, ["N"])],
    )


def written(folder: Any, content: bytes, name: str = "model.onnx") -> str:
    """The path of a file with ``content``."""
    path = folder / name
    path.write_bytes(content)
    return str(path)
