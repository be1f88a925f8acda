"""The types that tensors have, under the names that each world gives them, and what is known of one tensor. Pure."""

from typing import NamedTuple, Optional, Tuple, Union


class Datatype(NamedTuple):
    """One element type."""

    name: str
    """NumPy's name; ``string`` for text, which NumPy holds as objects."""
    v2: str
    """Of the Open Inference Protocol."""
    number: int
    """In ONNX's ``TensorProto.DataType``."""
    field: str
    """Where ONNX's protobuf keeps such elements, as its JSON form spells it."""
    onnxruntime: str
    """As ``NodeArg.type`` gives it."""
    schema: Tuple[str, str]
    """JSON schema's type and format."""


def _whole(bits: int, number: int, field: str) -> Datatype:
    return Datatype(f"int{bits}", f"INT{bits}", number, field, f"tensor(int{bits})", ("integer", f"int{bits}"))


def _unsigned(bits: int, number: int, field: str) -> Datatype:
    return Datatype(f"uint{bits}", f"UINT{bits}", number, field, f"tensor(uint{bits})", ("integer", f"uint{bits}"))


STRING = Datatype("string", "BYTES", 8, "stringData", "tensor(string)", ("string", ""))

DATATYPES = (
    Datatype("float32", "FP32", 1, "floatData", "tensor(float)", ("number", "float")),
    Datatype("float64", "FP64", 11, "doubleData", "tensor(double)", ("number", "double")),
    Datatype("float16", "FP16", 10, "int32Data", "tensor(float16)", ("number", "float")),
    Datatype("bool", "BOOL", 9, "int32Data", "tensor(bool)", ("boolean", "")),
    _whole(8, 3, "int32Data"),
    _whole(16, 5, "int32Data"),
    _whole(32, 6, "int32Data"),
    _whole(64, 7, "int64Data"),
    _unsigned(8, 2, "int32Data"),
    _unsigned(16, 4, "int32Data"),
    _unsigned(32, 12, "uint64Data"),
    _unsigned(64, 13, "uint64Data"),
    STRING,
)

BY_NAME = {datatype.name: datatype for datatype in DATATYPES}
BY_V2 = {datatype.v2: datatype for datatype in DATATYPES}
BY_RUNTIME = {datatype.onnxruntime: datatype for datatype in DATATYPES}

Dimension = Union[int, str, None]


class TensorSpec(NamedTuple):
    """What is known beforehand of a tensor."""

    name: str
    datatype: Datatype
    shape: Optional[Tuple[Dimension, ...]]
    """A number is fixed; a name or None is any size; no shape at all is any rank."""
    required: bool = True

    def described(self) -> str:
        """As errors name it: ``float32 of shape [N, 4]``."""
        if self.shape is None:
            return f"{self.datatype.name} of any shape"
        return "{} of shape [{}]".format(self.datatype.name, ", ".join(_dimension(size) for size in self.shape))

    def v2_shape(self) -> Tuple[int, ...]:
        """With -1 for any size."""
        return tuple(size if isinstance(size, int) else -1 for size in self.shape or ())


def _dimension(size: Dimension) -> str:
    return "any" if size is None else str(size)
