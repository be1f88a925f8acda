"""`Model.get_model_path`, by the steps and with the texts of the original (C-30): in a folder of models as a container
has it, and, on a desk, in a workspace."""

import os
from collections.abc import Callable
from pathlib import Path

from shipway.azureml.exceptions import ModelNotFoundException, WebserviceException

MODELS_DIR = os.path.join(os.environ.get("AML_APP_ROOT", ""), "azureml-models")  # noqa: PTH118 - relative, as v1 has it
"""Settled when this is imported, as in the original; a script that sets the variable later changes nothing."""

Fetch = Callable[[str, int | None], str]
"""Downloads a model of a workspace, by name and version, to MODELS_DIR and returns its path."""


def model_path(name: str, version: int | None, fetch: Fetch | None) -> str:
    """Without a version the workspace is asked first, if there is one to ask; with one, this folder.

    Raises WebserviceException for a version that is no int, and a folder without exactly one entry;
    ModelNotFoundException; ValueError for a version folder that is no number.
    """
    if version is not None and (not isinstance(version, int) or isinstance(version, bool)):
        raise WebserviceException("version should be an int")
    if name is None:
        raise WebserviceException("model_name is None")
    if fetch is not None and version is None:
        return fetch(name, None)
    try:
        return _local_path(name, version)
    except ModelNotFoundException:
        if fetch is None:
            raise
    return fetch(name, version)


def fetched_to(name: str, version: int) -> Path:
    """Where a download belongs, so that the next call finds it."""
    return Path(MODELS_DIR) / name / str(version)


def _local_path(name: str, version: int | None) -> str:
    folder = os.path.join(MODELS_DIR, name)  # noqa: PTH118 - scripts compare the text
    if not os.path.exists(folder):  # noqa: PTH110
        return _in_working_folder(name)
    newest = _newest_version(folder) if version is None else version
    versioned = os.path.join(folder, str(newest))  # noqa: PTH118
    if not os.path.exists(versioned):  # noqa: PTH110
        return _in_working_folder(name)
    entries = os.listdir(versioned)  # noqa: PTH208
    if len(entries) != 1:
        raise WebserviceException(f"Dir {versioned} can contain only 1 file or folder. Found {entries}")
    return os.path.join(versioned, entries[0])  # noqa: PTH118


def _newest_version(folder: str) -> int:
    versions = [int(name) for name in os.listdir(folder)]  # noqa: PTH208
    if not versions:
        raise WebserviceException("versions is empty")
    return max(versions)


def _in_working_folder(name: str) -> str:
    if Path(name).exists():
        return name
    raise ModelNotFoundException(
        f"ModelNotFound: Model {name} not found in cache at {MODELS_DIR} or in current working directory {Path.cwd()}; "
        "register it, or pass _workspace to have it downloaded"
    )
