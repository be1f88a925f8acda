"""v1's inference config: which script serves, from which folder, in which environment (contract section 9)."""

import keyword
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import Field

from shipway.config.conda import load_conda
from shipway.config.documents import Document, KeyPath, Loaded, as_document
from shipway.config.entry_script import check_entry_script
from shipway.config.validation import V1Model, unknown_key_warnings, validate, without_nulls
from shipway.domain.environment import UNNAMED, Environment, InferenceConfig


class _Python(V1Model):
    conda_dependencies: dict[str, Any] | None = None
    conda_dependencies_file: str | None = None
    user_managed_dependencies: bool = False
    interpreter_path: Any = None
    base_conda_environment: Any = None


class _Docker(V1Model):
    base_image: Any = None
    base_dockerfile: Any = None
    base_image_registry: Any = None
    build_context: Any = None
    enabled: Any = None
    gpu_support: Any = None
    platform: Any = None
    shared_volumes: Any = None
    shm_size: Any = None
    arguments: Any = None


class _Environment(V1Model):
    name: str = "environment"
    version: Any = None
    environment_variables: dict[str, str | int | float | bool] = Field(default_factory=dict)
    python: _Python = _Python()
    docker: _Docker = _Docker()
    inferencing_stack_version: Any = None
    spark: Any = None
    databricks: Any = None
    r: Any = None
    asset_id: Any = None


class _Inference(V1Model):
    entry_script: str
    source_directory: str | None = None
    environment: _Environment | None = None
    runtime: str | None = None
    conda_file: str | None = None
    description: str = ""
    enable_gpu: Any = None
    cuda_version: Any = None
    base_image: Any = None
    base_image_registry: Any = None
    schema_file: Any = None
    # The reference writes a capital F, every published sample a lower-case one.
    extra_docker_file_steps: Any = None
    extra_dockerfile_steps: Any = Field(default=None, alias="extraDockerfileSteps")


_NOT_YET = ("baseImage", "extraDockerFileSteps", "extraDockerfileSteps", "enableGpu", "cudaVersion")
_NOT_YET_IN_DOCKER = ("baseImage", "baseDockerfile", "buildContext")


def load_inference_config(
    source: Path | Mapping[str, Any] | Document, *, working_directory: Path
) -> Loaded[InferenceConfig]:
    """`sourceDirectory` is relative to `working_directory`, script and conda file to the source directory (A-1).

    Unknown keys warn. Raises ConfigError for a folder or a script that does not exist, a script that v1 would have
    refused (E-9) or that binds no `init` or `run`, and everything malformed.
    """
    document = as_document(source, "inference config")
    raw = validate(_Inference, replace(document, value=without_nulls(document.value)))
    if raw.runtime and raw.runtime.lower() not in {"python", "python-slim"}:
        raise document.fault(("runtime",), f"{raw.runtime!r} is not supported yet; use python")
    folder = _source_directory(raw, document, working_directory)
    root = folder or working_directory.absolute()
    try:
        script, entry_script = _entry_script(raw, document, root, only_script=folder is None)
        environment = _environment(raw, document, root)
    except OSError as error:
        raise document.fault((), f"cannot be read: {error.strerror}: {error.filename}") from error
    config = InferenceConfig(
        entry_script=entry_script,
        source_directory=str(folder) if folder else None,
        environment=environment.value,
    )
    warnings = (*unknown_key_warnings(raw, document), *_unused(raw, document))
    return Loaded(config, (*warnings, *environment.warnings, *check_entry_script(script)))


def _source_directory(raw: _Inference, document: Document, working_directory: Path) -> Path | None:
    """Real path: the folder travels under the name it really has (C-3)."""
    if raw.source_directory is None:
        return None
    folder = (working_directory / raw.source_directory).resolve()
    if not folder.is_dir():
        raise document.fault(
            ("sourceDirectory",),
            f"no such folder: {folder} ({raw.source_directory!r} is relative to {working_directory})",
        )
    return folder


def _entry_script(raw: _Inference, document: Document, root: Path, *, only_script: bool) -> tuple[Path, str]:
    """The script's path on this machine, and as the domain has it: the author's own text kept, `./` and all (C-3)."""
    at: KeyPath = ("entryScript",)
    text = raw.entry_script
    if not (root / text).is_file():
        text = text.replace("\\", "/")
    path = root / text
    if fault := _entry_name_fault(path):
        raise document.fault(at, fault)
    if not path.is_file():
        raise document.fault(at, f"no such file: {path}; the entry script is looked for in {root}")
    if only_script:
        return path, str(path.resolve())
    if not path.resolve().is_relative_to(root):
        raise document.fault(
            at, f"{text!r} lies outside the source directory {root}; move it in, or leave sourceDirectory out"
        )
    return path, path.resolve().relative_to(root).as_posix() if Path(text).is_absolute() else text


def _entry_name_fault(path: Path) -> str | None:
    """E-9: v1 imports the script by name."""
    if path.suffix != ".py":
        return f"{path.name!r} is not a Python file; the entry script's name ends with .py"
    if not path.stem.isidentifier() or keyword.iskeyword(path.stem):
        return f"{path.stem!r} cannot be imported: use letters, digits and '_' only, such as score.py"
    return None


def _environment(raw: _Inference, document: Document, root: Path) -> Loaded[Environment]:
    """The environment object wins over the legacy `condaFile` (9.1)."""
    if raw.environment is None:
        if raw.conda_file is None:
            return Loaded(Environment(name=UNNAMED))
        return _from_conda_file(raw.conda_file, document, ("condaFile",), root)
    given = raw.environment
    python = given.python
    here = document.within("environment")
    if python.conda_dependencies is not None:
        loaded = load_conda(here.within("python", "condaDependencies"), name=given.name)
    elif python.conda_dependencies_file is not None:
        loaded = _from_conda_file(
            python.conda_dependencies_file, document, ("environment", "python", "condaDependenciesFile"), root
        )
    else:
        loaded = Loaded(Environment(name=given.name))
    own = {key: str(value) for key, value in given.environment_variables.items()}
    environment = replace(loaded.value, name=given.name, variables={**loaded.value.variables, **own})
    return Loaded(environment, loaded.warnings)


def _from_conda_file(name: str, document: Document, at: KeyPath, root: Path) -> Loaded[Environment]:
    path = root / name
    if not path.is_file():
        raise document.fault(at, f"no such file: {path}; the conda file is looked for in {root}")
    return load_conda(path)


def _unused(raw: _Inference, document: Document) -> Iterator[str]:
    """Settings that v1 knew and that only an image built by Docker can honour."""
    given = document.value
    assert isinstance(given, Mapping)
    why = "not used: the process target runs on this machine, without a container"
    for key in _NOT_YET:
        if given.get(key):
            yield document.at((key,), why)
    docker = (given.get("environment") or {}).get("docker") or {}
    for key in _NOT_YET_IN_DOCKER:
        if docker.get(key):
            yield document.at(("environment", "docker", key), why)
    if raw.environment is not None:
        if raw.conda_file is not None:
            yield document.at(("condaFile",), "not used: environment says it all, as in v1")
        if raw.environment.python.user_managed_dependencies:
            yield document.at(
                ("environment", "python", "userManagedDependencies"),
                "not used: there is no image whose Python could serve; the dependencies named are installed",
            )
