"""The old place of a compute target's exception."""

from shipway.azureml.compute import ComputeTarget
from shipway.azureml.exceptions import ComputeTargetException

__all__ = ["ComputeTarget", "ComputeTargetException"]
