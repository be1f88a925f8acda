"""Makes the modules of the table importable, by two finders on ``sys.meta_path``: one before all others, one behind.

A module of ours is made under its public name and filled with names from this package, so that pickling, reloading
and ``importlib.util.find_spec`` see an ordinary module. Names that the table lacks are never touched.
"""

import importlib
import sys
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, Dict, List, Optional, Sequence

from shipway_serving.shims import Offer, offered

ORIGIN = "stand-in of shipway-serving"

SHARED_PARENTS = ("azureml", "azureml.contrib", "azureml.automl", "azureml.train")
"""Packages that many distributions put modules into. Anywhere else a module is ours only when its parent is: half a
real package and half of ours would work worse than either."""

Shims = Dict[str, List[Offer]]


def install() -> None:
    """Make the stand-ins importable in this process; safe to repeat. To be called before the script is loaded."""
    if any(isinstance(finder, ShimFinder) for finder in sys.meta_path):
        return
    by_precedence: Dict[str, Shims] = {"first": {}, "last": {}}
    for offer in offered():
        by_precedence[offer.precedence].setdefault(offer.module, []).append(offer)
    sys.meta_path.insert(0, ShimFinder(by_precedence["first"]))
    sys.meta_path.append(ShimFinder(by_precedence["last"]))


class ShimFinder:
    """Finds the modules that it was made with, and no others.

    Not derived from ``importlib.abc``, whose import takes longer than all of this package (17 ms on 3.11).
    """

    def __init__(self, shims: Shims) -> None:
        self._shims = shims

    def find_spec(
        self, fullname: str, path: Optional[Sequence[Any]] = None, target: Optional[ModuleType] = None
    ) -> Optional[ModuleSpec]:
        """The spec of ``fullname``, when it is one of ours and belongs to a package that takes it."""
        offers = self._shims.get(fullname)
        if offers is None or not _parent_takes(fullname):
            return None
        children = [name for name in self._shims if name.rpartition(".")[0] == fullname]
        loader: Any = ShimLoader(offers, children)
        is_package = bool(children) or fullname in SHARED_PARENTS
        return ModuleSpec(fullname, loader, origin=ORIGIN, is_package=is_package)


class ShimLoader:
    """Fills a module with the names of its ``offers``."""

    def __init__(self, offers: List[Offer], children: List[str]) -> None:
        self._offers = offers
        self._children = children

    def create_module(self, spec: ModuleSpec) -> None:
        """None: the import system makes an ordinary module."""

    def exec_module(self, module: ModuleType) -> None:
        """Fill ``module``. The original packages import their own submodules, so ``import azureml.core`` is enough to
        use ``azureml.core.model``; packages shared with others do not.
        """
        names: List[str] = []
        for offer in self._offers:
            for name in offer.names:
                setattr(module, name, _value(offer, name))
            names.extend(offer.names)
        module.__doc__ = "; ".join(offer.works for offer in self._offers) + " (" + ORIGIN + ")"
        vars(module)["__all__"] = [name for name in names if not name.startswith("_")]
        if module.__name__ not in SHARED_PARENTS:
            for child in self._children:
                importlib.import_module(child)


def is_ours(module: Optional[ModuleType]) -> bool:
    """Whether ``module`` was made here."""
    spec = getattr(module, "__spec__", None)
    return isinstance(getattr(spec, "loader", None), ShimLoader)


def _parent_takes(fullname: str) -> bool:
    parent = fullname.rpartition(".")[0]
    return not parent or parent in SHARED_PARENTS or is_ours(sys.modules.get(parent))


def _value(offer: Offer, name: str) -> Any:
    source = importlib.import_module("shipway_serving.shims." + offer.source)
    if offer.source == "stand_ins":
        return source.stand_in(offer.module, name)
    return getattr(source, name)
