"""What an entry script needs around it: a Python, its packages, variables, and the source folder that travels."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from shipway.domain.model import Tree

UNNAMED = "environment"
"""The name of one whose author gave none."""


@dataclass(frozen=True, kw_only=True)
class Environment:
    """As the author declared it; the lock made from it belongs to the image.

    `python` is None when the author pins none: the target's own interpreter serves. `requirements` are pip requirement
    lines in the author's order; `conda_packages` are names that only conda has. No secret belongs in `variables`.
    """

    name: str
    python: str | None = None
    requirements: tuple[str, ...] = ()
    conda_packages: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def called(self) -> str:
        """For messages."""
        return "the environment" if self.name == UNNAMED else f"environment {self.name!r}"


@dataclass(frozen=True, kw_only=True)
class InferenceConfig:
    """How a model is served. Paths are the author's: nothing is read yet.

    `source_directory` is absolute; None means that only the entry script travels (contract C-4). `entry_script` is
    relative to it with forward slashes, or absolute when there is no source directory; None for an ONNX model that is
    served without code (Q-1).
    """

    entry_script: str | None
    source_directory: str | None
    environment: Environment


@dataclass(frozen=True, kw_only=True)
class Code:
    """The author's code once it has been read and kept: what goes into an image below the app root.

    `tree.name` is the basename of the source directory (contract C-3); `tree.is_folder` is False for a lone script
    (C-4). `entry_script` is relative to the tree.
    """

    tree: Tree
    entry_script: str

    @property
    def app_entry_script(self) -> str:
        """AZUREML_ENTRY_SCRIPT: relative to the app root."""
        return f"{self.tree.name}/{self.entry_script}" if self.tree.is_folder else self.tree.name

    @property
    def app_source_directory(self) -> str | None:
        """AZUREML_SOURCE_DIRECTORY; unset for a lone script."""
        return self.tree.name if self.tree.is_folder else None
