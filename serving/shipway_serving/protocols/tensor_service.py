"""What a service that takes and returns tensors looks like to a protocol of tensors. Pure."""

from typing import Any, Callable, Dict, NamedTuple, Tuple

from shipway_serving.contract.messages import Request
from shipway_serving.protocols.datatypes import TensorSpec
from shipway_serving.protocols.wanted import Wanted

WANTED = "wanted outputs"
"""The argument of ``run`` beside the tensors, a ``Wanted``. Its blanks keep it apart from names that inputs have."""


class TensorService(NamedTuple):
    """A no-code model, or a script whose parameters are all declared as NumPy arrays."""

    platform: str
    inputs: Tuple[TensorSpec, ...]
    outputs: Tuple[TensorSpec, ...]
    """As far as they are known beforehand."""
    output_names: Tuple[str, ...]
    """What may be asked for; empty when only ``run`` knows."""
    arguments: Callable[[Request, Dict[str, Any], Wanted], Dict[str, Any]]
    """The arguments of ``run`` for arrays that fit one by one; raises ``Refusal`` when they do not fit together."""
    run: Callable[..., Any]
    """Takes those arguments; what it returns has the ``Wanted`` among them as its ``wanted``."""
    tensors: Callable[[Any], Dict[str, Any]]
    """The arrays in what it returned, by output name; raises ``TypeError`` when it holds none."""
