"""What an entry script needs around it: a Python, its packages, variables, and the source folder that travels."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from shipway.domain.model import Tree
from shipway.domain.secret import Secret

UNNAMED = "environment"
"""The name of one whose author gave none."""


@dataclass(frozen=True, kw_only=True)
class PinChange:
    """One line of an environment that was mended: `before` is empty for an addition, `after` for what was left out."""

    before: str
    after: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class AuthorsBase:
    """What an author says of the image below the environment (v1's docker section, and its legacy keys).

    `image` as it was written, `dockerfile` the text of one; never both (contract I-7). `steps` is the text of extra
    Docker steps. `registry` is the address of a private registry and `username` who logs in there: the password is
    none of an environment's business. `platform` such as linux/amd64; `shm_bytes` is the size of shared memory.
    """

    image: str | None = None
    dockerfile: str | None = None
    steps: str = ""
    registry: str | None = None
    username: str | None = None
    gpu: bool = False
    platform: str | None = None
    shm_bytes: int | None = None


NO_BASE = AuthorsBase()


@dataclass(frozen=True, kw_only=True)
class Environment:
    """As the author declared it; the lock made from it belongs to the image.

    `python` is None when the author pins none: the target's own interpreter serves. `requirements` are pip requirement
    lines in the author's order; `conda_packages` are conda's own entries, such as gdal=3.4, that no wheel brings, and
    `channels` where conda looks for them. `served` are the requirement lines that only carried Microsoft's server: ours
    stands for them. `user_managed` takes the packages that the base image has: nothing is installed but the server's
    own, and `interpreter` is the path of the Python that has them, None for the first on the PATH. `as_of` (YYYY-MM-DD)
    is the day whose versions unpinned names get. `changes` say what was mended, and are
    part of `requirements` already. No secret belongs in `variables`.
    """

    name: str
    python: str | None = None
    requirements: tuple[str, ...] = ()
    conda_packages: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    served: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    base: AuthorsBase = NO_BASE
    user_managed: bool = False
    interpreter: str | None = None
    as_of: str | None = None
    changes: tuple[PinChange, ...] = ()

    @property
    def called(self) -> str:
        """For messages."""
        return "the environment" if self.name == UNNAMED else f"environment {self.name!r}"


@dataclass(frozen=True, kw_only=True)
class InferenceConfig:
    """How a model is served. Paths are the author's: nothing is read yet.

    `source_directory` is absolute; None means that only the entry script travels (contract C-4). `entry_script` is
    relative to it with forward slashes, or absolute when there is no source directory; None for an ONNX model that is
    served without code (Q-1). `base_login` is the password for `environment.base.registry`.
    """

    entry_script: str | None
    source_directory: str | None
    environment: Environment
    base_login: Secret | None = None


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
