"""The names of the Azure ML SDK v1, over Shipway: a v1 script runs when `azureml.core` becomes `shipway.azureml`.

Nothing is loaded before it is asked for. What Shipway cannot do imports all the same, and says so when it is used:
docs/reference/azureml-sdk.md has the list. Nothing of a release happens in the process of such a script.
"""

import importlib
from typing import TYPE_CHECKING, Any

from shipway import __version__

if TYPE_CHECKING:
    from shipway.azureml.compute import ComputeTarget as ComputeTarget
    from shipway.azureml.container_registry import ContainerRegistry as ContainerRegistry
    from shipway.azureml.environment import Environment as Environment
    from shipway.azureml.experiment import Experiment as Experiment
    from shipway.azureml.model import Model as Model
    from shipway.azureml.run import Run as Run
    from shipway.azureml.run import get_run as get_run
    from shipway.azureml.runconfig import RunConfiguration as RunConfiguration
    from shipway.azureml.webservice import Webservice as Webservice
    from shipway.azureml.workspace import Workspace as Workspace

VERSION = __version__
"""Scripts print it."""

_MODULES = {
    "ComputeTarget": "compute",
    "ContainerRegistry": "container_registry",
    "Dataset": "dataset",
    "Datastore": "datastore",
    "Environment": "environment",
    "Experiment": "experiment",
    "Image": "image",
    "Keyvault": "keyvault",
    "Model": "model",
    "Run": "run",
    "RunConfiguration": "runconfig",
    "ScriptRun": "script_run",
    "ScriptRunConfig": "script_run_config",
    "Webservice": "webservice",
    "Workspace": "workspace",
    "get_run": "run",
}
"""Which module has each name that `azureml.core` itself had."""

__all__ = ["VERSION", "__version__", *_MODULES]  # noqa: PLE0604 - names, every one


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULES})
