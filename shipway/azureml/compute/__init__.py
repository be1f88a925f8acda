"""v1's compute targets: clusters that services would run on. They are planned and checked; there are none yet."""

from typing import Any

from shipway.azureml._stand_ins import stand_ins
from shipway.azureml.compute.aks import AksCompute
from shipway.azureml.compute.compute import ComputeTarget
from shipway.azureml.exceptions import ComputeTargetException

__all__ = ["AksCompute", "ComputeTarget", "ComputeTargetException"]

_stand_in = stand_ins(__name__)


def __getattr__(name: str) -> Any:
    return _stand_in(name)
