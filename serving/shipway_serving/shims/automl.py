"""What scripts made by AutoML call of ``azureml.automl.core.shared``: telemetry that goes nowhere, errors to the log.

The model itself needs the real packages to be loaded; the error of that names them (``remedies``).
"""

import logging
from typing import Any, Dict, Optional

VERSION = __version__ = "0.0.0+shipway"

custom_dimensions: Dict[str, Any] = {}
"""What ``update_custom_dimensions`` was told."""


def update_custom_dimensions(new_dimensions: Dict[str, Any]) -> None:
    """Remember ``new_dimensions``."""
    custom_dimensions.update(new_dimensions)


def update_custom_dimension(**kwargs: Any) -> None:
    """Remember ``kwargs``."""
    custom_dimensions.update(kwargs)


def enable_telemetry(*args: Any, **kwargs: Any) -> None:
    """Nothing is sent."""


def set_verbosity(*args: Any, **kwargs: Any) -> None:
    """The server's log level decides."""


def set_log_file(*args: Any, **kwargs: Any) -> None:
    """Everything goes to the server's log."""


def install_handler(name: str) -> None:
    """The server's handler takes every logger."""


def add_handler(name: str, handler: Any = None, overwrite: bool = True) -> None:
    """The server's handler takes every logger."""


def remove_handler(name: str) -> None:
    """There is none to remove."""


def get_logger(namespace: Optional[str] = None, *args: Any, **kwargs: Any) -> logging.Logger:
    """The logger of that name."""
    return logging.getLogger(namespace)


def log_traceback(
    exception: BaseException,
    logger: Optional[Any] = None,
    override_error_msg: Optional[str] = None,
    is_critical: Optional[bool] = True,
    tb: Any = None,
) -> None:
    """Log ``exception`` with its traceback."""
    if logger is None:
        return
    level = logging.CRITICAL if is_critical else logging.ERROR
    message = override_error_msg or str(exception)
    logger.log(
        level,
        "%s: %s",
        type(exception).__name__,
        message,
        exc_info=(type(exception), exception, tb or exception.__traceback__),
    )
