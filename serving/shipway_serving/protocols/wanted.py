"""What a request wants back, as an argument of the call. Pure."""

from typing import Container, List, Optional


class Wanted:
    """Which outputs, and in which form. Requests whose ``Wanted`` have the same text may share a batch."""

    __slots__ = ("names", "protobuf")

    def __init__(self, names: Optional[List[str]], protobuf: bool = False) -> None:
        self.names = names
        """None: all of them."""
        self.protobuf = protobuf
        """As objects after ONNX's ``TensorProto`` instead of nested lists."""

    def __repr__(self) -> str:
        return f"Wanted({self.names}, {self.protobuf})"


class WantedByV2(Wanted):
    """What an inference request of the Open Inference Protocol wants; its id is its own affair in a batch."""

    __slots__ = ("binary", "request_id")

    def __init__(self, names: Optional[List[str]], request_id: Optional[str], binary: Container[str]) -> None:
        super().__init__(names)
        self.request_id = request_id
        """None when the client sent none."""
        self.binary = binary
        """Names of the outputs to be sent as bytes."""
