"""JSON values and arrays: nothing is cast, rounded or cut silently. Needs NumPy."""

import warnings
from typing import Any, Dict, List, Sequence, Tuple, cast

import numpy  # type: ignore

from shipway_serving.contract.messages import Refusal
from shipway_serving.protocols.datatypes import STRING, TensorSpec

_np: Any = numpy
_TAKEN = {"f": "fiu", "i": "iu", "u": "iu", "b": "b"}
"""By the kind of dtype wanted, the kinds that JSON values may have: an integer is a good float, text is no number."""

_SEEN = {"f": "floats", "i": "integers", "u": "integers", "b": "booleans", "U": "text"}

_RAGGED_WARNS = tuple(int(part) for part in _np.__version__.split(".")[:2]) < (1, 24)
"""Older NumPy makes an array of lists of a ragged list, and warns; newer raises."""


def array_of(spec: TensorSpec, value: Any) -> Any:
    """The array for ``value``, nested lists from JSON; raises ``Refusal`` 400 when it does not fit ``spec``."""
    array = elements_of(spec, value)
    check_shape(spec, array)
    return array


def elements_of(spec: TensorSpec, value: Any) -> Any:
    """The array for ``value`` with its elements checked and its shape as it came."""
    if spec.datatype is STRING:
        return _texts(spec, value)
    try:
        raw = guessed(value)
    except ValueError:
        raise _unfit(spec, "a ragged or too deeply nested list") from None
    wanted = _np.dtype(spec.datatype.name)
    if raw.dtype.kind not in _TAKEN[wanted.kind] and raw.size:
        raise _unfit(spec, _seen(raw))
    if raw.dtype == wanted:
        return raw
    if wanted.kind in "iu":
        _check_range(spec, raw, wanted)
    with _np.errstate(over="ignore"):  # a number beyond a float type is infinite in it, and no warning is due
        return raw.astype(wanted)


def check_shape(spec: TensorSpec, array: Any) -> None:
    """Raise ``Refusal`` 400 unless ``array`` has the rank and the fixed dimensions of ``spec``."""
    if spec.shape is None:
        return
    fits = len(array.shape) == len(spec.shape) and all(
        not isinstance(wanted, int) or wanted == size for wanted, size in zip(spec.shape, array.shape)
    )
    if not fits:
        raise _unfit(spec, _seen(array))


def check_names(specs: Sequence[TensorSpec], given: Dict[str, Any]) -> None:
    """Raise ``Refusal`` 400 for a name that is no input's, or a required input that is missing."""
    if len(given) == len(specs) and all(spec.name in given for spec in specs):
        return
    known = {spec.name for spec in specs}
    for name in given:
        if name not in known:
            listed = ", ".join(repr(spec.name) for spec in specs)
            raise Refusal(400, f"Input {name!r} is unknown; the inputs are: {listed}.")
    for spec in specs:
        if spec.required and spec.name not in given:
            raise Refusal(400, f"Input {spec.name!r} is missing: expected {spec.described()}.")


def shared_dimensions(specs: Sequence[TensorSpec]) -> Dict[str, List[Tuple[str, int]]]:
    """By its name, the inputs and axes that have one and the same dimension."""
    places: Dict[str, List[Tuple[str, int]]] = {}
    for spec in specs:
        for axis, size in enumerate(spec.shape or ()):
            if isinstance(size, str):
                places.setdefault(size, []).append((spec.name, axis))
    return {name: where for name, where in places.items() if len(where) > 1}


def check_shared_dimensions(shared: Dict[str, List[Tuple[str, int]]], arrays: Dict[str, Any]) -> None:
    """Raise ``Refusal`` 400 when one dimension has two sizes: the runtime would fail on it."""
    for name, places in shared.items():
        sizes = [(where, axis, arrays[where].shape[axis]) for where, axis in places if where in arrays]
        first, _, size = sizes[0]
        for where, axis, other in sizes:
            if other != size:
                raise Refusal(400, f"Input {where!r}: dimension {axis} ({name}) is {other}, and {first!r} has {size}.")


def guessed(value: Any) -> Any:
    """The array of the dtype that NumPy chooses for ``value``, nested lists of numbers, flags or text.

    Raises ``ValueError`` for a ragged list; older releases make an array of objects of it.
    """
    try:
        if not _RAGGED_WARNS:
            return _np.array(value)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _np.array(value)
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        raise ValueError(str(error)) from None


def _texts(spec: TensorSpec, value: Any) -> Any:
    """An array of objects, since text has no common size."""
    try:
        array = _np.array(value, dtype=object)
    except (ValueError, TypeError, RecursionError):
        raise _unfit(spec, "a ragged or too deeply nested list") from None
    if not all(isinstance(element, str) for element in array.flat):
        raise _unfit(spec, "elements that are not text, or a ragged list")
    return array


def _check_range(spec: TensorSpec, raw: Any, wanted: Any) -> None:
    limits = _np.iinfo(wanted)
    if raw.size == 0:
        return
    for extreme in (int(raw.min()), int(raw.max())):
        if not limits.min <= extreme <= limits.max:
            raise _unfit(spec, f"the number {extreme}")


def _seen(array: Any) -> str:
    kind = cast("str", array.dtype.kind)
    words = _SEEN.get(kind, "text" if array.size and isinstance(array.flat[0], str) else "mixed, null or ragged values")
    return "{} of shape [{}]".format(words, ", ".join(str(size) for size in array.shape))


def _unfit(spec: TensorSpec, seen: str) -> Refusal:
    return Refusal(400, f"Input {spec.name!r}: expected {spec.described()}, got {seen}.")
