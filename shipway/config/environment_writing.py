"""Environments back to v1's files: the object (10.1), the conda file, and the folder of both (10.3). Pure but for the
last; what is written reads as the same environment again."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from shipway.config.environment import CONDA_FILE, DEFINITION, DOCKERFILE
from shipway.config.profile import PROFILE, profile_of
from shipway.domain.environment import UNNAMED, AuthorsBase, Environment
from shipway.errors import ConfigError

_DOCKERFILE_STANDS_FOR = (
    "# The text of a Dockerfile that builds the base image. Without one, docker.baseImage is taken.\n"
)


def environment_document(environment: Environment) -> dict[str, Any]:
    """v1's object. A login is not in it: `username` alone would be half of one, so it is left out as well.

    Raises ConfigError for extra Docker steps without a base image, which no object of v1's can say.
    """
    return {
        "name": environment.name,
        "environmentVariables": _own_variables(environment),
        "inferencingStackVersion": None,
        "python": {
            "userManagedDependencies": environment.user_managed,
            "interpreterPath": environment.interpreter or "python",
            "condaDependencies": conda_document(environment),
            "condaDependenciesFile": None,
            "baseCondaEnvironment": None,
        },
        "docker": _docker(environment),
    }


def conda_document(environment: Environment) -> dict[str, Any]:
    """The conda file. What carried Microsoft's server is named again, first in the pip list."""
    python = environment.python
    dependencies: list[Any] = [] if python is None else [f"python{'=' if python[:1].isdigit() else ''}{python}"]
    dependencies += environment.conda_packages
    if pip := [*environment.served, *environment.requirements]:
        dependencies.append({"pip": pip})
    document: dict[str, Any] = {} if environment.name == UNNAMED else {"name": environment.name}
    if environment.channels:
        document["channels"] = list(environment.channels)
    return document | {"dependencies": dependencies}


def conda_text(document: Mapping[str, Any]) -> str:
    """A conda document as YAML, its keys in the order that they have."""
    return yaml.safe_dump(dict(document), sort_keys=False, default_flow_style=False, allow_unicode=True)


def self_contained(document: Mapping[str, Any], declared: Environment) -> dict[str, Any]:
    """An environment object with the files that it names put in, no password, and no version: what may be registered.

    `declared` is what was read from it. All else stays as its author wrote it.
    """
    kept = {key: value for key, value in without_passwords(document).items() if key not in {"version", "assetId"}}
    python, docker = (dict(kept.get(key) or {}) for key in ("python", "docker"))
    if python.get("condaDependenciesFile") or _includes_files(python.get("condaDependencies")):
        python |= {"condaDependencies": conda_document(declared), "condaDependenciesFile": None}
    if docker.get("baseDockerfile"):
        docker["baseDockerfile"] = declared.base.dockerfile
    return kept | {"python": python, "docker": docker}


def _includes_files(conda: object) -> bool:
    lines = [
        line
        for entry in (conda.get("dependencies") or [] if isinstance(conda, Mapping) else [])
        if isinstance(entry, Mapping)
        for line in entry.get("pip") or []
    ]
    return any(str(line).startswith(("-r", "--requirement")) for line in lines)


def write_environment_folder(document: Mapping[str, Any], folder: Path, *, overwrite: bool = False) -> tuple[Path, ...]:
    """Of an environment object; returns the files. No password is written.

    Raises ConfigError, before anything is written, for files that are there already, unless `overwrite`.
    """
    texts = _texts(without_passwords(document))
    there = [folder / name for name in texts if (folder / name).exists()]
    if there and not overwrite:
        raise ConfigError(f"{there[0]}: is there already; give another folder, or --overwrite")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            (folder / name).write_text(text)
    except OSError as error:
        raise ConfigError(f"{error.filename or folder}: cannot be written: {error.strerror}") from error
    return tuple(folder / name for name in texts)


def without_passwords(document: Mapping[str, Any]) -> dict[str, Any]:
    """An environment object whose registry has its address alone: half a login would be a fault."""
    docker = document.get("docker")
    registry = docker.get("baseImageRegistry") if isinstance(docker, Mapping) else None
    if not isinstance(docker, Mapping) or not isinstance(registry, Mapping):
        return dict(document)
    bare = {key: value for key, value in registry.items() if key not in {"username", "password"}}
    return {**document, "docker": {**docker, "baseImageRegistry": bare}}


def _texts(document: Mapping[str, Any]) -> dict[str, str]:
    """The three files: the conda dependencies and the Dockerfile have one of their own."""
    python, docker = (dict(document.get(key) or {}) for key in ("python", "docker"))
    conda = python.pop("condaDependencies", None)
    dockerfile = docker.pop("baseDockerfile", None)
    definition = {**document, "python": python, "docker": docker}
    return {
        DEFINITION: json.dumps(definition, indent=4, ensure_ascii=False) + "\n",
        CONDA_FILE: conda_text(conda or {"dependencies": []}),
        DOCKERFILE: dockerfile or _DOCKERFILE_STANDS_FOR,
    }


def _own_variables(environment: Environment) -> dict[str, str]:
    """Without the one that follows from the pin of azureml-defaults."""
    derived = profile_of(environment.served)
    return {key: value for key, value in environment.variables.items() if (key, value) != (PROFILE, derived)}


def _docker(environment: Environment) -> dict[str, Any]:
    base = environment.base
    system, _, architecture = (base.platform or "linux/amd64").partition("/")
    image, dockerfile = _image(base)
    return {
        "baseImage": image,
        "baseDockerfile": dockerfile,
        "baseImageRegistry": {"address": base.registry},
        "enabled": True,
        "gpuSupport": base.gpu,
        "platform": {"os": system.capitalize(), "architecture": architecture},
        "shmSize": None if base.shm_bytes is None else base.shm_bytes,
        "arguments": [],
    }


def _image(base: AuthorsBase) -> tuple[str | None, str | None]:
    """Steps on an image are a Dockerfile."""
    if not base.steps.strip():
        return base.image, base.dockerfile
    if base.dockerfile is None and base.image is None:
        raise ConfigError("extra Docker steps stand on no base image; an environment needs one to hold them: name it")
    return None, f"{(base.dockerfile or f'FROM {base.image}').rstrip()}\n{base.steps}"
