"""What works of ``azureml.core``: ``Model.get_model_path`` (C-30) and a run outside of any experiment."""

import os
from typing import Any, Optional

from shipway_serving.shims.azure_exceptions import (
    ModelNotFoundException,
    RunEnvironmentException,
    UserErrorException,
    WebserviceException,
)
from shipway_serving.shims.stand_ins import StandIn

__all__ = ["Model", "ModelNotFoundException", "Run", "RunEnvironmentException", "UserErrorException"]

VERSION = __version__ = "0.0.0+shipway"
"""Scripts print it."""

DEFAULT_CPU_IMAGE = "mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu20.04:20221101.v1"
DEFAULT_GPU_IMAGE = "mcr.microsoft.com/azureml/openmpi4.1.0-cuda11.3-cudnn8-ubuntu20.04:20221101.v1"
"""Both as in azureml-core 1.48."""

MODELS_DIR = os.path.join(os.environ.get("AML_APP_ROOT", ""), "azureml-models")
"""Settled when this is imported, as in the original; a script that sets the variable later changes nothing."""


class Model(metaclass=StandIn):
    """A registered model: only its path can be asked for here."""

    __module__ = "azureml.core.model"

    @staticmethod
    def get_model_path(model_name: str, version: Optional[int] = None, _workspace: Any = None) -> str:
        """Where the model lies in this container, by the steps and with the texts of the original.

        Raises ``WebserviceException`` for a version that is no int, an empty name or a folder without exactly one
        entry, ``ModelNotFoundException`` for an unknown model, ``ValueError`` for a version folder that is no number.
        """
        if version is None:
            return _local_path(model_name, None)
        try:
            return _local_path(model_name, version)
        except ModelNotFoundException as missing:
            raise WebserviceException(missing.message) from missing


def _local_path(model_name: str, version: Optional[int]) -> str:
    if version is not None and not isinstance(version, int):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise WebserviceException("version should be an int")
    if model_name is None:  # pyright: ignore[reportUnnecessaryComparison]
        raise WebserviceException("model_name is None")
    folder = os.path.join(MODELS_DIR, model_name)
    if not os.path.exists(folder):
        return _path_in_working_folder(model_name)
    version_folder = os.path.join(folder, str(_newest_version(folder) if version is None else version))
    if not os.path.exists(version_folder):
        return _path_in_working_folder(model_name)
    entries = os.listdir(version_folder)
    if len(entries) != 1:
        raise WebserviceException(f"Dir {version_folder} can contain only 1 file or folder. Found {entries}")
    return os.path.join(version_folder, entries[0])


def _newest_version(folder: str) -> int:
    versions = [int(name) for name in os.listdir(folder)]
    if not versions:
        raise WebserviceException("versions is empty")
    return max(versions)


def _path_in_working_folder(model_name: str) -> str:
    if os.path.exists(model_name):
        return model_name
    raise ModelNotFoundException(
        f"Model {model_name} not found in cache at {MODELS_DIR} or in current working directory {os.getcwd()}. "
        "For more info, set logging level to DEBUG."
    )


class _OfflineRun:
    """What ``Run.get_context()`` gives outside of a run: it prints what it is told to record."""

    __module__ = "azureml.core.run"

    def __init__(self) -> None:
        import uuid  # Slow to import on the older Pythons, for the few scripts that come here.

        self.id = "OfflineRun_" + str(uuid.uuid4())

    def log(self, name: str, value: Any, description: str = "", **kwargs: Any) -> None:
        print(f"Attempted to log scalar metric {name}:\n{value}")

    def log_list(self, name: str, value: Any, description: str = "", **kwargs: Any) -> None:
        print(f"Attempted to log list metric {name}:\n{value}")

    def log_row(self, name: str, description: str = "", **kwargs: Any) -> None:
        print(f"Attempted to log row metric {name}:\n{kwargs}")

    def log_table(self, name: str, value: Any, description: str = "") -> None:
        print(f"Attempted to log table metric {name}:\n{value}")

    def tag(self, key: str, value: Any = None) -> None:
        print(f"Attempted to add tag {key} with value {value}")

    def _recorded_nowhere(self, *args: Any, **kwargs: Any) -> None:
        """There is no run to record it in."""

    log_image = log_accuracy_table = log_confusion_matrix = log_predictions = log_residuals = _recorded_nowhere
    set_tags = add_properties = upload_file = upload_files = upload_folder = _recorded_nowhere
    complete = fail = cancel = flush = _recorded_nowhere


class Run(metaclass=StandIn):
    """A run of an experiment; in a scoring container there is none."""

    __module__ = "azureml.core.run"

    @classmethod
    def get_context(cls, allow_offline: bool = True, used_for_context_manager: bool = False, **kwargs: Any) -> Any:
        """An offline run. Raises ``RunEnvironmentException`` when the caller will not have one."""
        if not allow_offline:
            raise RunEnvironmentException()
        return _OfflineRun()


def get_run(experiment: Any, run_id: str, **kwargs: Any) -> Any:
    """Raises: there is no experiment to ask."""
    return Run.get(experiment, run_id)
