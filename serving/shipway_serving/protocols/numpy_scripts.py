"""An entry script as a service of tensors: every parameter of its ``run`` is declared as a NumPy array. Needs NumPy.

What ``inference_schema`` recorded has no dtypes, but its decorators hold the samples themselves. They build on wrapt: a
decorated function has the wrapper in ``_self_wrapper`` and the next function in ``__wrapped__``, and the wrapper's
closure has ``param_name`` and ``param_type``. It is so in every release from 1.0.2 to 1.8.
"""

import inspect
from typing import Any, Callable, Dict, Iterator, List, Optional, Tuple, cast

import numpy  # type: ignore

from shipway_serving.contract.arguments import title_cased
from shipway_serving.contract.messages import Request
from shipway_serving.contract.run_form import REQUEST_HEADERS, RunForm
from shipway_serving.protocols.arrays import guessed
from shipway_serving.protocols.datatypes import BY_NAME, DATATYPES, STRING, Datatype, TensorSpec
from shipway_serving.protocols.tensor_service import WANTED, TensorService
from shipway_serving.protocols.wanted import Outcome, Wanted
from shipway_serving.schema.registered import schemas_of

_np: Any = numpy

OUTPUT = "output"
"""The name of what ``run`` returns, when that is not a dict of arrays by name."""


def numpy_service(run: Callable[..., Any], form: RunForm) -> Optional[TensorService]:
    """``run`` as a service of tensors; None unless each parameter is declared as an array or has a default."""
    samples = dict(_numpy_samples(run))
    specs = [_spec(name, samples[name], form) for name in form.parameters if name in samples]
    others = [name for name in form.parameters if name not in samples and name not in form.defaults]
    if others or not specs or None in specs:
        return None
    inputs = tuple(cast("List[TensorSpec]", specs))

    def arguments(request: Request, arrays: Dict[str, Any], wanted: Wanted) -> Dict[str, Any]:
        # A parameter that is absent gets its default by name, as on /score (H-36): the decorators look for it.
        values = dict(form.defaults, **{name: samples[name].argument(array) for name, array in arrays.items()})
        if form.wants_headers:
            values[REQUEST_HEADERS] = title_cased(request.headers)
        values[WANTED] = wanted
        return values

    def run_with_tensors(**arguments: Any) -> Any:
        wanted = cast("Wanted", arguments.pop(WANTED))
        result = run(**arguments)
        return _outcome_of(result, wanted) if inspect.isawaitable(result) else Outcome(result, wanted)

    return TensorService("python", inputs, _declared_output(run), (), arguments, run_with_tensors, tensors_in)


async def _outcome_of(result: Any, wanted: Wanted) -> Outcome:
    return Outcome(await result, wanted)


class _Sample:
    """What a decorator says of one parameter."""

    def __init__(self, parameter_type: Any, is_optional: bool) -> None:
        self.input: Any = parameter_type.sample_input
        self.has_shape = bool(getattr(parameter_type, "enforce_shape", True))
        self._is_optional = is_optional

    def argument(self, array: Any) -> Any:
        """What ``run`` gets: an array passes its decorator as it is; text gets the width that it needs.

        The decorator of an optional parameter asks for the truth of its value, which only a list has.
        """
        if self._is_optional:
            return array.tolist()
        return array.astype(str) if self.input.dtype.kind == "U" else array


def _numpy_samples(run: Any) -> Iterator[Tuple[str, _Sample]]:
    while hasattr(run, "_self_wrapper"):
        wrapper: Any = run._self_wrapper
        cells: Any = getattr(wrapper, "__closure__", None) or ()
        code: Any = getattr(wrapper, "__code__", None)  # other decorators on wrapt may be objects
        held = dict(zip(code.co_freevars, (cell.cell_contents for cell in cells))) if code else {}
        declared: Any = held.get("param_type")
        if type(declared).__name__ == "NumpyParameterType":
            yield held["param_name"], _Sample(declared, bool(held.get("optional")))
        run = run.__wrapped__


def _spec(name: str, sample: _Sample, form: RunForm) -> Optional[TensorSpec]:
    """None for a dtype that the protocol does not have. The first dimension is of any size, as in conversion (6.2)."""
    datatype = _datatype(sample.input)
    if datatype is None:
        return None
    shape: Tuple[Optional[int], ...] = (None,) + tuple(sample.input.shape[1:]) if sample.input.shape else ()
    return TensorSpec(name, datatype, shape if sample.has_shape else None, name not in form.defaults)


def _datatype(sample: Any) -> Optional[Datatype]:
    if sample.dtype.kind == "O":
        return STRING if all(isinstance(element, str) for element in sample.flat) else None
    return STRING if sample.dtype.kind == "U" else BY_NAME.get(str(sample.dtype))


def _declared_output(run: Any) -> Tuple[TensorSpec, ...]:
    """From the schema that ``output_schema`` recorded, where that is of nested arrays."""
    schema: Any = schemas_of(run).returned
    shape: List[None] = []
    while schema.get("type") == "array":
        shape.append(None)
        schema = schema.get("items", {})
    leaf = (schema.get("type"), schema.get("format", ""))
    datatype = next((one for one in DATATYPES if one.schema == leaf), None)
    return (TensorSpec(OUTPUT, datatype, tuple(shape)),) if shape and datatype else ()


def tensors_in(outcome: Outcome) -> Dict[str, Any]:
    """The arrays in what ``run`` returned: a dict's by its keys, anything else as ``output``."""
    result = outcome.result
    if isinstance(result, dict) and result:
        return {str(name): _tensor(value) for name, value in cast("Dict[Any, Any]", result).items()}
    return {OUTPUT: _tensor(result)}


def _tensor(value: Any) -> Any:
    """An array of at least one dimension; raises ``TypeError`` for what is not rectangular and of one type."""
    try:
        array = _np.asarray(value) if hasattr(value, "dtype") else guessed(value)
    except ValueError as error:
        raise TypeError(f"run() returned what is no tensor: {error}") from None
    is_text = array.dtype.kind in "OU"
    if is_text and not hasattr(value, "dtype"):
        array = _np.array(value, dtype=object)  # beside text NumPy makes text of numbers too
    if array.dtype.kind not in "fiubOU" or (is_text and not all(isinstance(element, str) for element in array.flat)):
        raise TypeError(f"run() returned {type(value).__name__} with values that are no tensor's")
    return array if array.shape else array.reshape(1)
