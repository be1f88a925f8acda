"""What a request wants back, as an argument of the call. Pure."""

from typing import Any, Container, Dict, List, Optional


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


class Outcome:
    """A result of ``run`` with what its request wants of it, for whoever writes the answer."""

    __slots__ = ("result", "wanted")

    def __init__(self, result: Any, wanted: Wanted) -> None:
        self.result = result
        self.wanted = wanted


class Outputs(Dict[str, Any]):
    """Arrays by output name, with what their request wants of them; a dict, so that batches can count its rows."""

    __slots__ = ("wanted",)

    def __init__(self, arrays: Dict[str, Any], wanted: Wanted) -> None:
        super().__init__(arrays)
        self.wanted = wanted
