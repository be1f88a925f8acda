"""``@rawhttp``: the function is to get the request itself."""

from typing import Any, Callable, List, TypeVar

_Function = TypeVar("_Function", bound=Callable[..., Any])

_decorated: List[Any] = []
"""Every function decorated in this process. The functions themselves stay as they are: not every callable takes an
attribute."""


def rawhttp(func: _Function) -> _Function:
    """Marks ``run`` as one that takes the request itself, and returns it unchanged.

    In Microsoft's server this turned raw mode on for the whole process, whatever was decorated (R-1).
    """
    _decorated.append(func)
    return func


def is_raw(run: Any, *, process_wide: bool = False) -> bool:
    """Whether ``run`` is decorated, itself or below other decorators.

    A decorator above that hides what it wraps is seen through by the name: a decorated ``run`` of the same module.
    ``process_wide`` is Microsoft's way.
    """
    if process_wide:
        return bool(_decorated)
    module = getattr(run, "__module__", None)
    layers = _layers(run)
    return any(
        any(function is layer for layer in layers)
        or (getattr(function, "__name__", None) == "run" and getattr(function, "__module__", None) == module)
        for function in _decorated
    )


def _layers(function: Any) -> List[Any]:
    """``function`` and what it wraps, as far as its decorators say so."""
    layers = [function]
    while hasattr(layers[-1], "__wrapped__") and len(layers) < 100:
        layers.append(layers[-1].__wrapped__)
    return layers
