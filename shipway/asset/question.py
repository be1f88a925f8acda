"""What is to be looked at: v1's assets as a person names them, and where they are to run."""

from dataclasses import dataclass
from pathlib import Path

from shipway.config.documents import Document
from shipway.domain.environment import InferenceConfig
from shipway.errors import ConfigError
from shipway.store.workspace import Workspace

Said = Document | InferenceConfig | ConfigError | None
"""A config that was read, or why it could not be; an InferenceConfig where its environment was named beside it."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """`inference_file` and `deployment_file` are what was named, for calling it what it is.

    `target` is one of Shipway's kinds, or None for what the deployment config says. `workspace` is None where there is
    none: models cannot be looked up then. `python` is an interpreter of the user's choice.
    """

    working_directory: Path
    inference: Said = None
    deployment: Document | ConfigError | None = None
    inference_file: Path | None = None
    deployment_file: Path | None = None
    models: tuple[str, ...] = ()
    target: str | None = None
    as_of: str | None = None
    python: Path | None = None
    relax: bool = False
    workspace: Workspace | None = None
