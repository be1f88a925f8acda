"""``azureml.telemetry`` as scripts made by AutoML use it, at import and outside any ``try``. Nothing is sent."""

import logging
from typing import Any, Dict, Tuple

INSTRUMENTATION_KEY = "00000000-0000-0000-0000-000000000000"


class UserErrorException(Exception):
    """Raised by nothing here."""

    __module__ = "azureml.telemetry"


def set_diagnostics_collection(send_diagnostics: bool = True, *args: Any, **kwargs: Any) -> None:
    """Nothing is collected, whatever is asked."""


def get_diagnostics_collection_info(*args: Any, **kwargs: Any) -> Tuple[bool, str]:
    """What the original says when collection is off."""
    return False, "NOTSET"


def is_diagnostics_collection_info_available() -> bool:
    """No."""
    return False


def add_diagnostics_properties(properties: Dict[str, Any]) -> None:
    """Nothing to add them to."""


def set_diagnostics_properties(properties: Dict[str, Any]) -> None:
    """Nothing to set them on."""


def get_telemetry_log_handler(*args: Any, **kwargs: Any) -> logging.Handler:
    """A handler that drops everything, as the original's does when collection is off."""
    return logging.NullHandler()
