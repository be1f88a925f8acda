"""Names that scripts of 2018 import, from before ``inference_schema``; used only below their ``__main__`` guard."""

import logging
from typing import Any


class DataTypes:
    """Kinds of samples."""

    NUMPY = "numpy"
    PANDAS = "pandas"
    SPARK = "spark"
    STANDARD = "standard"


class SampleDefinition:
    """A sample of an input or an output."""

    def __init__(self, input_type: str, sample_data: Any) -> None:
        self.type = input_type
        self.sample_data = sample_data


class SchemaNotMade(ImportError):
    """``generate_schema`` has no counterpart."""


def generate_schema(*args: Any, **kwargs: Any) -> Any:
    """Raises ``SchemaNotMade``: a service's schema comes from decorators now."""
    raise SchemaNotMade(
        "generate_schema() of 2018 is not available; describe the inputs of run() with the decorators of "
        "inference-schema (inference_schema.schema_decorators.input_schema) instead"
    )


class _AzureMLLogger:
    def log(self, name: str, value: Any = "") -> None:
        logging.getLogger("azureml.logging").info("%s: %s", name, value)


def get_azureml_logger() -> Any:
    """A logger of metrics with ``log(name, value)``."""
    return _AzureMLLogger()
