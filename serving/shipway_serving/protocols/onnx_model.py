"""An ONNX model as a service without code: what an entry script is to the server, by onnxruntime (Q-1, Q-4).

Its ``run`` takes an array for each input, and what the request wants; the body is read before, so that a request that
does not fit gets 400 and never reaches the model, and requests that fit can share a batch.
"""

from typing import Any, Dict, List, Tuple, cast

import onnxruntime  # type: ignore

from shipway_serving.batching.stack import split, stack
from shipway_serving.contract.messages import RUN_FAILED, Request, Response, failure, json_response
from shipway_serving.contract.results import RUN_MS, not_json, refused
from shipway_serving.contract.run_form import RunForm
from shipway_serving.protocols import onnx_bodies
from shipway_serving.protocols.arrays import check_shared_dimensions, shared_dimensions
from shipway_serving.protocols.datatypes import BY_RUNTIME, TensorSpec
from shipway_serving.protocols.dialect import Dialect
from shipway_serving.protocols.tensor_schemas import onnx_schemas
from shipway_serving.protocols.tensor_service import WANTED, TensorService
from shipway_serving.protocols.wanted import Outputs, Wanted
from shipway_serving.schema.registered import DeclaresSchemas, Schemas

PLATFORM = "onnx_onnxv1"
"""As the Open Inference Protocol names it."""

PROVIDERS = ("CUDAExecutionProvider", "CPUExecutionProvider")
"""In order of preference, where the installed onnxruntime has them."""


class UnfitModel(Exception):
    """The ONNX model can be loaded but not served; the message says why."""


class OnnxService(DeclaresSchemas):
    """One model. ``init`` loads it; ``form``, ``inputs`` and all that follows from them exist from then on."""

    def __init__(self, model_path: str, threads: int = 0) -> None:
        self.model_path = model_path
        self.threads = threads
        """That compute one result together. 0 leaves it to onnxruntime, which takes every core that it sees: too many
        beside other workers or under a container's limit."""
        self.inputs: Tuple[TensorSpec, ...] = ()
        self.outputs: Tuple[TensorSpec, ...] = ()
        """Those that are tensors."""
        self.output_names: Tuple[str, ...] = ()
        self.can_batch = False
        """Rows of several requests can be scored together: every tensor's first dimension is of any size."""
        self.form = RunForm((WANTED,), {}, False, True)
        self.awaiter = None
        """Nothing is ever awaited here; entry scripts have this, too."""
        self.dialect = Dialect(self.arguments, self.run, _answer, refused, _failed, not_json)
        self._session: Any = None
        self._shared: Dict[str, List[Tuple[str, int]]] = {}

    def init(self) -> None:
        """Load the model into memory; raises what onnxruntime raises, or ``UnfitModel``."""
        runtime: Any = onnxruntime
        available = runtime.get_available_providers()
        providers = [provider for provider in PROVIDERS if provider in available]
        options = runtime.SessionOptions()
        options.intra_op_num_threads = self.threads
        self._session = runtime.InferenceSession(self.model_path, options, providers=providers)
        self.inputs = tuple(_input_spec(node) for node in self._session.get_inputs())
        nodes = self._session.get_outputs()
        self.output_names = tuple(node.name for node in nodes)
        self.outputs = tuple(_spec(node) for node in nodes if node.type in BY_RUNTIME)
        self.form = RunForm(tuple(spec.name for spec in self.inputs) + (WANTED,), {}, False, True)
        self.can_batch = len(self.outputs) == len(nodes) and all(map(_has_rows, self.inputs + self.outputs))
        self._shared = shared_dimensions(self.inputs)

    def run(self, **arguments: Any) -> Outputs:
        """The wanted outputs by name, for ``arguments`` as ``arguments`` gives them."""
        wanted = cast("Wanted", arguments.pop(WANTED))
        names = wanted.names or self.output_names
        return Outputs(dict(zip(names, self._session.run(names, arguments))), wanted)

    def run_batch(self, batch: List[Dict[str, Any]]) -> List[Outputs]:
        """The results of ``run`` for several requests with equal ``Wanted`` and rows of the same form, in one call.

        Raises ``batching.stack.RowsLost`` when the model returns another number of rows than it got.
        """
        rows, counts = stack([{name: part[name] for name in part if name != WANTED} for part in batch])
        parts = split(self.run(**dict(rows, **{WANTED: batch[0][WANTED]})), counts)
        return [Outputs(part, item[WANTED]) for part, item in zip(parts, batch)]

    def arguments(self, request: Request) -> Dict[str, Any]:
        """The arguments of ``run`` for a request to ``/score``; raises ``Refusal`` 400 or 415."""
        arrays, wanted = onnx_bodies.read(request, self.inputs, self.output_names)
        return self._together(request, arrays, wanted)

    def tensor_service(self) -> TensorService:
        """The model for protocols of tensors."""
        names = tuple(spec.name for spec in self.outputs)
        return TensorService(PLATFORM, self.inputs, self.outputs, names, self._together, self.run, self._tensors)

    def _together(self, request: Request, arrays: Dict[str, Any], wanted: Wanted) -> Dict[str, Any]:
        """The arguments of ``run`` for ``arrays`` that fit one by one; raises ``Refusal`` 400 if not together."""
        if self._shared:
            check_shared_dimensions(self._shared, arrays)
        arrays[WANTED] = wanted
        return arrays

    def _tensors(self, result: Dict[str, Any]) -> Dict[str, Any]:
        """Without the outputs that are maps."""
        return {spec.name: result[spec.name] for spec in self.outputs if spec.name in result}

    def schemas(self) -> Schemas:
        """Of the bodies, for ``/swagger.json``."""
        return onnx_schemas(self.inputs, self.outputs, self.output_names)


def _answer(result: Outputs, run_ms: float) -> Response:
    value = onnx_bodies.written(result, result.wanted)
    return json_response(200, value, (RUN_FAILED, "False"), (RUN_MS, f"{run_ms:.3f}"))


def _failed(message: str) -> Response:
    return failure(500, message, run_failed=True)


def _input_spec(node: Any) -> TensorSpec:
    if node.type not in BY_RUNTIME:
        kind = f"Input {node.name!r} of the model is {node.type}"
        raise UnfitModel(f"{kind}, which no JSON body can carry; serve the model with an entry script.")
    return _spec(node)


def _spec(node: Any) -> TensorSpec:
    """A negative dimension, which old exporters write, is of any size like one without a number."""
    sizes = [size if not isinstance(size, int) or size >= 0 else None for size in node.shape]
    # onnxruntime says [] both for a scalar and for a tensor whose rank the model does not give.
    return TensorSpec(node.name, BY_RUNTIME[node.type], tuple(sizes) or None)


def _has_rows(spec: TensorSpec) -> bool:
    return bool(spec.shape) and not isinstance(spec.shape[0], int)  # type: ignore[index]
