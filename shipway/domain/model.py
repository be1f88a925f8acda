"""Models as the registry holds them. A version never changes once it exists; aliases move between versions."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from shipway.domain.canonical import Plain, digest_of
from shipway.domain.names import ModelRef


@dataclass(frozen=True, kw_only=True)
class FileEntry:
    """One file of a tree: a relative path with forward slashes, the SHA-256 of its bytes, its size in bytes."""

    path: str
    digest: str
    size_bytes: int
    executable: bool = False


@dataclass(frozen=True, kw_only=True)
class Tree:
    """The files of a folder, or the one file of a payload that is a file; sorted by path.

    `name` is the base name under which the payload appears (contract C-21): a file's own name, or the folder's.
    """

    name: str
    is_folder: bool
    files: tuple[FileEntry, ...]

    @property
    def size_bytes(self) -> int:
        return sum(file.size_bytes for file in self.files)

    @property
    def digest(self) -> str:
        """Content and names together: two trees with one digest are the same payload."""
        files: list[Plain] = [[f.path, f.digest, f.executable] for f in sorted(self.files, key=lambda f: f.path)]
        return digest_of({"name": self.name, "is_folder": self.is_folder, "files": files})


@dataclass(frozen=True, kw_only=True)
class RunFacts:
    """The training run that a model came from.

    `ended_at` is None when it still ran; `path` is where the model's files lay among those of the run; `server` is the
    tracking server's URL, without any credentials.
    """

    run_id: str
    experiment: str
    ended_at: datetime | None = None
    path: str = ""
    server: str = ""


@dataclass(frozen=True, kw_only=True)
class ResourceConfiguration:
    """What a service without code gets when nobody says more (contract M-14, Q-5)."""

    cpu_cores: float | None = None
    memory_gb: float | None = None
    gpu_cores: int | None = None


@dataclass(frozen=True, kw_only=True)
class ModelVersion:
    """What `models/<name>/<version>` records.

    `release_id` is the release that registered it, so that a registration done again finds its own version.
    """

    name: str
    version: int
    tree: Tree
    created_at: datetime
    tags: Mapping[str, str] = field(default_factory=dict)
    properties: Mapping[str, str] = field(default_factory=dict)
    description: str = ""
    framework: str = "Custom"
    framework_version: str = ""
    release_id: str | None = None
    run: RunFacts | None = None
    resources: ResourceConfiguration | None = None

    @property
    def ref(self) -> ModelRef:
        return ModelRef(name=self.name, version=self.version)

    @property
    def id(self) -> str:
        """v1's id, `name:version`."""
        return str(self.ref)

    @property
    def digest(self) -> str:
        return self.tree.digest


FRAMEWORKS = ("Custom", "TensorFlow", "ScikitLearn", "Onnx", "PyTorch", "Multi", "TfKeras")
"""Contract M-6; TfKeras is deprecated but accepted."""
