"""Names of v1's that import, and say what to do instead when they are used: docs/reference/azureml-sdk.md."""

from shipway.azureml._stand_ins import stand_ins

__getattr__ = stand_ins(__name__)
