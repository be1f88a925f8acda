"""v1's run configurations, of which environments and the names of images are of use here; the rest was for training."""

from typing import Any

from shipway.azureml._stand_ins import stand_ins
from shipway.azureml.conda_dependencies import CondaDependencies
from shipway.azureml.container_registry import ContainerRegistry
from shipway.azureml.environment import DEFAULT_CPU_IMAGE, DEFAULT_GPU_IMAGE, DockerSection, Environment, PythonSection

MPI_CPU_IMAGE = DEFAULT_CPU_IMAGE
MPI_GPU_IMAGE = DEFAULT_GPU_IMAGE

__all__ = [
    "DEFAULT_CPU_IMAGE",
    "DEFAULT_GPU_IMAGE",
    "MPI_CPU_IMAGE",
    "MPI_GPU_IMAGE",
    "CondaDependencies",
    "ContainerRegistry",
    "DockerSection",
    "Environment",
    "PythonSection",
]

_stand_in = stand_ins(__name__)


def __getattr__(name: str) -> Any:
    return _stand_in(name)
