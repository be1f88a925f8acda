"""Loads the entry script under v1's module name and finds its ``init`` and ``run`` (E-1, C-10, E-13)."""

import importlib
import importlib.util
import inspect
import sys
from types import ModuleType
from typing import Any, Callable, List, NamedTuple, Optional

from shipway_serving.asset.awaiting import Awaiter
from shipway_serving.asset.layout import Layout
from shipway_serving.contract.profile import MODERN, Profile
from shipway_serving.contract.run_form import RunForm, form_of

MODULE_NAME = "entry_module"
"""Never ``__main__``, so that ``if __name__ == "__main__"`` blocks do not run (C-10)."""


class UnfitScript(Exception):
    """The script was loaded but cannot be served; the message says what is missing."""


class EntryScript(NamedTuple):
    """A loaded script."""

    init: Callable[[], Any]
    """Returns when ``init`` is done, also when that is a coroutine function."""
    run: Callable[..., Any]
    form: RunForm
    awaiter: Optional[Awaiter] = None
    """With the loop on which ``init`` was awaited."""
    run_batch: Optional[Callable[..., Any]] = None
    """For scripts that can score several requests at once."""


def load(layout: Layout, profile: Profile = MODERN, *, process_wide_raw: bool = False) -> EntryScript:
    """Import the script of ``layout`` into this process, once: ``sys.path`` grows and its import-time code runs.

    ``process_wide_raw`` is the switch ``rawhttp-global``. Raises ``UnfitScript`` or ``UnfitRun`` when it does not fit,
    and whatever the script itself raises at import.
    """
    extend_import_path(sys.path, layout.import_folders())
    return examined(_import(layout), profile, process_wide_raw=process_wide_raw)


def extend_import_path(path: List[str], folders: List[str]) -> None:
    """Append ``folders`` to ``path``: at the end, so that no file of the user's shadows an installed package (C-6)."""
    path.extend(folder for folder in folders if folder not in path)


def examined(module: ModuleType, profile: Profile = MODERN, *, process_wide_raw: bool = False) -> EntryScript:
    """The ``init`` and ``run`` of ``module``; raises ``UnfitScript`` when one is missing and ``UnfitRun`` on a bad one.

    A generated driver calls the user's script, its ``driver_module``, with wrong arguments when a schema decorates
    ``run``; so ``run`` is taken from there and ``init`` from the driver, which does more in it (E-13).
    """
    for name in ("init", "run"):
        if not callable(getattr(module, name, None)):
            place = getattr(module, "__file__", module.__name__)
            raise UnfitScript(f"The entry script {place} does not define a function {name}().")
    driven = getattr(module, "driver_module", None)
    scorer = driven if isinstance(driven, ModuleType) and hasattr(driven, "run") else module
    run = scorer.run
    raw = _is_raw(run, process_wide=process_wide_raw)
    form = form_of(inspect.signature(run), has_schema=_has_schema(run), is_raw=raw, profile=profile)
    awaiter = Awaiter()
    return EntryScript(_awaited(module.init, awaiter), run, form, awaiter, getattr(scorer, "run_batch", None))


def _awaited(init: Callable[[], Any], awaiter: Awaiter) -> Callable[[], Any]:
    def init_to_the_end() -> Any:
        result = init()
        return awaiter.result_of(result) if inspect.isawaitable(result) else result

    return init_to_the_end


def _import(layout: Layout) -> ModuleType:
    path = layout.script_path()
    if path is None:
        return importlib.import_module("main")
    spec = importlib.util.spec_from_file_location(MODULE_NAME, path)
    if spec is None or spec.loader is None:
        raise UnfitScript(f"The entry script {path} is not a Python file; its name has to end in .py.")
    module = importlib.util.module_from_spec(spec)
    # Registered, which v1 did not do: without it pickle and dataclasses fail on classes that the script defines.
    sys.modules[MODULE_NAME] = module
    loader: Any = spec.loader
    loader.exec_module(module)
    return module


def _has_schema(run: Callable[..., Any]) -> bool:
    """Whether ``inference_schema`` decorates ``run``: only a script that has imported it can have used it."""
    schema_util = sys.modules.get("inference_schema.schema_util")
    return schema_util is not None and bool(schema_util.is_schema_decorated(run))


def _is_raw(run: Callable[..., Any], *, process_wide: bool) -> bool:
    """Whether ``@rawhttp`` decorates ``run``; known, as above, only of a script that has imported it."""
    decorator = sys.modules.get("shipway_serving.rawhttp.decorator")
    return decorator is not None and bool(decorator.is_raw(run, process_wide=process_wide))


def imports_later(run: Callable[..., Any], package: str) -> bool:
    """Whether some function of the script that defines ``run`` imports ``package`` when it is called."""
    innermost = inspect.unwrap(run)
    script = sys.modules.get(getattr(innermost, "__module__", None) or "")
    values = list(vars(script).values()) if script else []
    functions = [value for value in [innermost, *values] if inspect.isfunction(value)]
    names = [name for function in functions for name in function.__code__.co_names]
    return any(name.partition(".")[0] == package for name in names)
