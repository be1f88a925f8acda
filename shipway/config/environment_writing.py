"""Environments back to v1's files: the object (10.1), the conda file, and the folder of both (10.3). Pure but for the
last; what is written reads as the same environment again."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from shipway.config.environment import CONDA_FILE, DEFINITION, DOCKERFILE, Declared
from shipway.config.pip_lines import without_credentials
from shipway.config.profile import PROFILE, profile_of
from shipway.domain.environment import UNNAMED, AuthorsBase, Environment
from shipway.errors import ConfigError

_DOCKERFILE_STANDS_FOR = (
    "# The text of a Dockerfile that builds the base image. Without one, docker.baseImage is taken.\n"
)
_LOGIN = ("username", "password")
_VARIABLES = ("environmentVariables", "variables")
"""What has its author's own names in it, of which PASSWORD may be one; no secret belongs there."""


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
    kept = {key: value for key, value in document.items() if key not in {"version", "assetId"}}
    python, docker = (dict(kept.get(key) or {}) for key in ("python", "docker"))
    if python.get("condaDependenciesFile") or _includes_files(python.get("condaDependencies")):
        python |= {"condaDependencies": conda_document(declared), "condaDependenciesFile": None}
        kept["environmentVariables"] = _own_variables(declared)  # the conda file's are among them
    if docker.get("baseDockerfile"):
        docker["baseDockerfile"] = declared.base.dockerfile
    return without_passwords(kept | {"python": python, "docker": docker})


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
    """An environment object whose registry has its address alone: half a login would be a fault.

    Nor does a key that nobody reads keep one, nor the URL of an index or a repository.
    """
    bare = {key: _without_logins(value) if key not in _VARIABLES else value for key, value in document.items()}
    return bare | ({"python": _without_logins(bare["python"], in_urls=True)} if "python" in bare else {})


def has_logins(declared: Declared) -> bool:
    """Whether `without_passwords` takes out what its author needs."""
    lines = declared.environment.requirements
    return declared.login is not None or any(without_credentials(line) != line for line in lines)


def _without_logins(value: object, *, in_urls: bool = False) -> object:
    match value:
        case Mapping():
            return {
                key: inner if key in _VARIABLES else _without_logins(inner, in_urls=in_urls)
                for key, inner in value.items()
                if str(key).lower() not in _LOGIN
            }
        case list():
            return [_without_logins(inner, in_urls=in_urls) for inner in value]
        case str() if in_urls:
            return without_credentials(value)
        case _:
            return value


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
