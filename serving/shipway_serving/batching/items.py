"""From the arguments of ``run`` to an item of ``run_batch``: what ``run`` itself would have seen of them."""

from typing import Any, Callable, Dict

from shipway_serving.contract.run_form import RunForm


def item_of(form: RunForm, run: Callable[..., Any], arguments: Dict[str, Any]) -> Any:
    """The item for a request: the one argument where there is no other, else all by name.

    Raises what the conversions of ``run``'s schema raise, as a call of ``run`` would.
    """
    seen = converted(run, arguments) if form.has_schema else arguments
    alone = len(form.parameters) == 1 and not form.wants_headers
    return seen[form.parameters[0]] if alone else seen


def converted(run: Callable[..., Any], arguments: Dict[str, Any]) -> Dict[str, Any]:
    """``arguments`` as the function inside the decorators of ``run`` gets them; that function is not called.

    The package ``inference_schema`` builds on wrapt, whose function wrappers call ``wrapper(wrapped, instance, args,
    kwargs)``: each is called like that here, with the next one's place taken by this function. It is the same in every
    release of both since 2018, and the only way to the converted values that every release offers.
    """
    wrapper = getattr(run, "_self_wrapper", None)
    if wrapper is None:
        return arguments
    inner: Any = getattr(run, "__wrapped__", None)

    def pass_on(**values: Any) -> Dict[str, Any]:
        return converted(inner, values)

    seen: Dict[str, Any] = wrapper(pass_on, None, (), dict(arguments))
    return seen
