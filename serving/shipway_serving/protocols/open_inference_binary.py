"""The binary tensor data extension of the Open Inference Protocol: bytes behind the JSON object. Needs NumPy.

Little-endian, rows first; an element of text is its length in four bytes and then UTF-8.
"""

import struct
from typing import Any, List, Sequence, Tuple

import numpy  # type: ignore

from shipway_serving.contract.messages import Refusal, Request
from shipway_serving.protocols.datatypes import STRING, TensorSpec

_np: Any = numpy

EXTENSION = "binary_tensor_data"
HEADER = "Inference-Header-Content-Length"
"""The bytes of the JSON object; whatever follows is tensors."""

_LENGTH = struct.Struct("<I")


def parts_of(request: Request) -> Tuple[bytes, bytes]:
    """The JSON object and the tensors of a body; raises ``Refusal`` 400 when the header does not fit it."""
    stated = request.headers.get("inference-header-content-length")
    if stated is None:
        return request.body, b""
    if not stated.isdigit() or int(stated) > len(request.body):
        length = len(request.body)
        raise Refusal(400, f"{HEADER} should be a number up to {length}, the length of the body, and is {stated!r}.")
    return request.body[: int(stated)], request.body[int(stated) :]


def array_from(spec: TensorSpec, shape: Sequence[int], content: bytes) -> Any:
    """The array of ``shape`` that ``content`` holds; raises ``Refusal`` 400 when it is too short or too long."""
    try:
        if spec.datatype is STRING:
            return _np.array(_texts(content), dtype=object).reshape(shape)
        dtype = _np.dtype(spec.datatype.name)
        # A copy: the body's memory is not writable, and scripts write into their arguments.
        return _np.frombuffer(content, dtype=dtype.newbyteorder("<")).reshape(shape).astype(dtype)
    except (ValueError, struct.error) as error:
        raise Refusal(400, f"Input {spec.name!r}: {len(content)} bytes of binary data do not fit: {error}.") from None


def content_of(array: Any) -> bytes:
    """The bytes of an array that is going out."""
    if array.dtype.kind in "OU":
        encoded = [str(element).encode("utf-8") for element in array.ravel()]
        return b"".join(_LENGTH.pack(len(text)) + text for text in encoded)
    content: bytes = array.astype(array.dtype.newbyteorder("<")).tobytes()
    return content


def _texts(content: bytes) -> List[str]:
    texts: List[str] = []
    place = 0
    while place < len(content):
        (length,) = _LENGTH.unpack_from(content, place)
        place += _LENGTH.size
        if place + length > len(content):
            raise ValueError(f"an element of {length} bytes is cut off")
        texts.append(content[place : place + length].decode("utf-8"))
        place += length
    return texts
