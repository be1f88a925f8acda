"""The server's own packages, where they stand in a folder of their own because the author's are of other releases.

They are imported before anything of the author's, and then put out of sight: the server goes on with what it holds,
and the author's ``import werkzeug`` finds the author's. Without ``SHIPWAY_OWN_PACKAGES`` nothing happens here.
"""

import importlib
import os
import sys
from types import ModuleType
from typing import Dict, List

VARIABLE = "SHIPWAY_OWN_PACKAGES"

NEEDED_BY = (
    "shipway_serving.server.http_parser",
    "shipway_serving.rawhttp",
    "shipway_serving.rawhttp.async_request",
)
"""The modules of ours that import what this folder holds."""

_BEFORE_NAMES = "_shipway_own."

_held: List[ModuleType] = []
"""What is out of sight lives on as long as the process."""


def take_own_packages(environment: Dict[str, str]) -> None:
    """Import what the server needs from the folder that ``environment`` names, if it does, and hide it.

    To be called before anything of the author's is imported; safe to repeat. Raises ``ImportError`` when the folder
    lacks something.
    """
    folder = environment.get(VARIABLE)
    if folder and not _held:
        try:
            _held.extend(_imported_from(os.path.realpath(folder)))
        except (ImportError, AttributeError) as error:  # the latter where an author's stands in for what is missing
            raise ImportError(f"{VARIABLE}: {folder} lacks what the server needs: {error}") from error


def _imported_from(folder: str) -> List[ModuleType]:
    before = set(sys.modules)
    sys.path.insert(0, folder)
    try:
        for name in NEEDED_BY:
            importlib.import_module(name)
    finally:
        sys.path.remove(folder)
        sys.path_importer_cache.pop(folder, None)
        hidden = [name for name in set(sys.modules) - before if _lies_below(sys.modules[name], folder)]
        taken = [_renamed(name) for name in hidden]
    importlib.invalidate_caches()
    return taken


def _renamed(name: str) -> ModuleType:
    """What it imports relative to itself later, in its functions, comes from where it lies, and not the author's."""
    module = sys.modules[_BEFORE_NAMES + name] = sys.modules.pop(name)
    spec = module.__spec__
    if spec is not None:
        spec.name = _BEFORE_NAMES + name
        module.__dict__["__package__"] = spec.parent
    return module


def _lies_below(module: ModuleType, folder: str) -> bool:
    path = getattr(module, "__file__", None)
    return bool(path) and os.path.realpath(path).startswith(folder + os.sep)
