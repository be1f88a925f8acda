"""What goes into an image, as a value: files, lock, variables, command. Pure; equal inputs give equal digests.

The layout below the app root is v1's (contract C-1 to C-8, C-20 to C-23), so that scripts find what they look for.
"""

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from shipway.domain.canonical import Plain, digest_of
from shipway.domain.image import ImageSpec
from shipway.domain.model import ModelVersion, Tree
from shipway.errors import BuildError
from shipway.image.packages.lock import Lock

APP_ROOT = "/var/azureml-app"
"""Where a container has the app root (C-1). Without containers it lies elsewhere, and AML_APP_ROOT says where."""

MODELS_FOLDER = "azureml-models"
COMMAND = ("python", "-m", "shipway_serving")


@dataclass(frozen=True, kw_only=True)
class BundleFile:
    """A file below the app root: `path` with forward slashes, `digest` of the blob that holds its bytes."""

    path: str
    digest: str
    size_bytes: int
    executable: bool


@dataclass(frozen=True, kw_only=True)
class Bundle:
    """An image before anything is built. `python` is the whole version, such as 3.11.7; `files` are sorted by path.

    `lock`, `apart` and `on_top` are a Lock's.
    """

    files: tuple[BundleFile, ...]
    variables: Mapping[str, str]
    command: tuple[str, ...]
    lock: str
    python: str
    serving_digest: str
    apart: str = ""
    on_top: bool = False

    @property
    def size_bytes(self) -> int:
        return sum(file.size_bytes for file in self.files)

    @property
    def digest(self) -> str:
        """Covers all that decides how the image behaves; where it is kept does not."""
        return digest_of(self.document())

    def document(self) -> dict[str, Plain]:
        return {
            "files": [[file.path, file.digest, file.executable] for file in self.files],
            "variables": dict(self.variables),
            "command": list(self.command),
            "lock": self.lock,
            "python": self.python,
            "serving_digest": self.serving_digest,
            **({"apart": self.apart} if self.apart else {}),
            **({"on_top": True} if self.on_top else {}),
        }


def render(spec: ImageSpec, *, lock: Lock, serving_digest: str, python: str) -> Bundle:
    """Raises BuildError when the code does not hold its entry script, or would lie where the models do."""
    _refuse_bad_code(spec)
    return Bundle(
        files=tuple(sorted(_files(spec), key=lambda file: file.path)),
        variables=_variables(spec),
        command=COMMAND,
        lock=lock.text,
        python=python,
        serving_digest=serving_digest,
        apart=lock.apart,
        on_top=lock.on_top,
    )


def model_folder(model: ModelVersion) -> str:
    """Where a model's payload lies, relative to the app root (C-8)."""
    return f"{MODELS_FOLDER}/{model.name}/{model.version}"


def _refuse_bad_code(spec: ImageSpec) -> None:
    if spec.code is None:
        return
    tree, script = spec.code.tree, spec.code.entry_script
    if tree.name == MODELS_FOLDER:
        raise BuildError(f"the source directory is called {MODELS_FOLDER}, where the models lie; rename it")
    if tree.is_folder and posixpath.normpath(script) not in {file.path for file in tree.files}:
        raise BuildError(f"the entry script {script} is not among the {len(tree.files)} files of {tree.name}")


def _files(spec: ImageSpec) -> Iterator[BundleFile]:
    if spec.code is not None:
        yield from _below("", spec.code.tree)
    for model in spec.models:
        yield from _below(f"{model_folder(model)}/", model.tree)


def _below(prefix: str, tree: Tree) -> Iterator[BundleFile]:
    """A folder keeps its name, a lone file has its own (C-21)."""
    for file in tree.files:
        path = f"{prefix}{tree.name}/{file.path}" if tree.is_folder else f"{prefix}{tree.name}"
        yield BundleFile(path=path, digest=file.digest, size_bytes=file.size_bytes, executable=file.executable)


def _variables(spec: ImageSpec) -> dict[str, str]:
    """The author's own win over ours (C-22)."""
    ours = {
        "AML_APP_ROOT": APP_ROOT,
        "AZUREML_MODEL_DIR": model_folder(spec.models[0]) if len(spec.models) == 1 else f"{MODELS_FOLDER}/",
    }
    if spec.code is not None:
        ours["AZUREML_ENTRY_SCRIPT"] = spec.code.app_entry_script
    if spec.code is not None and spec.code.app_source_directory is not None:
        ours["AZUREML_SOURCE_DIRECTORY"] = spec.code.app_source_directory
    return {**ours, **spec.environment.variables}
