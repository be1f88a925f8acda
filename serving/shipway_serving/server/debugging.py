"""Connects a worker to a debugger that waits for it (``AZUREML_DEBUG_PORT``), as v1's server did."""

import importlib
import logging
from typing import Any

_log = logging.getLogger("shipway_serving.debugging")


def connect_debugger(port: int) -> None:
    """Connect to a debugpy client on this machine's ``port``; without one, or without debugpy, say so and go on."""
    try:
        debugpy: Any = importlib.import_module("debugpy")
        debugpy.connect(port)
    except ImportError:
        _log.error("AZUREML_DEBUG_PORT is %d, but debugpy is not installed: pip install debugpy", port)
    except Exception as error:
        _log.error("No debugger listens on port %d (AZUREML_DEBUG_PORT): %s", port, error)
    else:
        _log.info("Connected to the debugger on port %d", port)
