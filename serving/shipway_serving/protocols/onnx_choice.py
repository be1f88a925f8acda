"""Whether there is an entry script or, in its place, one ONNX model to serve (Q-1)."""

import os
from typing import List, Optional

from shipway_serving.asset.layout import Layout


class NothingToServe(Exception):
    """There is neither a script nor exactly one ONNX model; the message says what is missing."""


def model_instead_of_script(layout: Layout) -> Optional[str]:
    """The path of the ONNX model to serve, or None when there is a script; reads folders only.

    Raises ``NothingToServe``. A model counts only where no entry script is named and no ``main.py`` could be meant.
    """
    mains = (os.path.join(folder, "main.py") for folder in layout.import_folders())
    if layout.entry_script or any(map(os.path.isfile, mains)):
        return None
    found = _onnx_files(os.path.join(layout.app_root, layout.model_dir)) if layout.model_dir else []
    if len(found) == 1:
        return found[0]
    raise NothingToServe(
        "There is nothing to serve: no entry script is named (AZUREML_ENTRY_SCRIPT, --entry_script), "
        f"there is no main.py in {layout.app_root}, and {_what_is_there(layout.model_dir, found)}. "
        "Name a script, or register one ONNX model."
    )


def _onnx_files(place: str) -> List[str]:
    """Files whose names end in .onnx, at any depth: a model may be registered as a folder, its weights beside it.

    What is hidden does not count: macOS leaves ``._model.onnx`` beside a model, notebooks and mounts leave folders.
    """
    if os.path.isfile(place):
        return [place] if place.lower().endswith(".onnx") else []
    found: List[str] = []
    for folder, folders, names in os.walk(place):
        folders[:] = [name for name in folders if not name.startswith(".")]
        onnx = (name for name in names if name.lower().endswith(".onnx") and not name.startswith("."))
        found.extend(os.path.join(folder, name) for name in onnx)
    return sorted(found)


def _what_is_there(model_dir: Optional[str], found: List[str]) -> str:
    if not model_dir:
        return "AZUREML_MODEL_DIR is not set"
    if not found:
        return f"AZUREML_MODEL_DIR ({model_dir}) holds no .onnx file"
    names = ", ".join(os.path.basename(path) for path in found[:5])
    return f"AZUREML_MODEL_DIR ({model_dir}) holds {len(found)} .onnx files ({names})"
