"""``azureml_user.parallel_run``, which Azure's batch platform put beside a script (N-5)."""

import logging
import os
from typing import Any, Optional


class EntryScript:
    """What a batch script may know of where it runs: one object a process.

    The platform says it in ``SHIPWAY_BATCH_OUTPUT_DIR``, ``SHIPWAY_BATCH_LOG_DIR`` and ``SHIPWAY_BATCH_AGENT``; without
    them the folders lie in the working folder, as they did on Azure.
    """

    __module__ = "azureml_user.parallel_run"
    _only: Optional["EntryScript"] = None

    def __new__(cls, *args: Any, **kwargs: Any) -> "EntryScript":
        """Make the one object, or give it again."""
        if cls._only is None:
            cls._only = super().__new__(cls)
        return cls._only

    @property
    def logger(self) -> logging.Logger:
        """Its records go where the server's do, debugging ones too, which Azure kept for the user."""
        logger = logging.getLogger("azureml_user.parallel_run")
        if logger.level == logging.NOTSET:
            logger.setLevel(logging.DEBUG)
        return logger

    @property
    def output_dir(self) -> str:
        """A folder for what the script writes itself; made when asked for."""
        return _folder("SHIPWAY_BATCH_OUTPUT_DIR", "outputs")

    @property
    def log_dir(self) -> str:
        """A folder for the script's own logs; made when asked for."""
        return _folder("SHIPWAY_BATCH_LOG_DIR", os.path.join("logs", "user", "entry_script_log"))

    @property
    def agent_name(self) -> str:
        """``processNNN``, different in each process of a node."""
        return os.environ.get("SHIPWAY_BATCH_AGENT", "process000")


def _folder(variable: str, default: str) -> str:
    path = os.environ.get(variable) or os.path.abspath(default)
    os.makedirs(path, exist_ok=True)
    return path
