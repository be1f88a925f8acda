"""v1's environments: the object inside an inference config, a file or a folder of its own (contract section 10)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from shipway.config.conda import load_conda
from shipway.config.documents import Document, KeyPath, Loaded, as_document, read_document, read_text
from shipway.config.environment_base import base_password, docker_warnings, read_base
from shipway.config.environment_keys import EnvironmentKeys, PythonKeys
from shipway.config.paths import named_file, named_place
from shipway.config.validation import unknown_key_warnings, validate, without_nulls
from shipway.domain.environment import UNNAMED, Environment
from shipway.domain.secret import Secret

DEFINITION, CONDA_FILE, DOCKERFILE = "azureml_environment.json", "conda_dependencies.yml", "BaseDockerfile"
"""The three files of an environment's folder (contract 10.3); the latter two may be absent."""

NONE = Environment(name=UNNAMED)
"""What a config without any gets (I-3): a Python, the scoring server, and nothing else."""


@dataclass(frozen=True, kw_only=True)
class Declared:
    """`login` is the password for `environment.base.registry`, which is none of an environment's business."""

    environment: Environment
    login: Secret | None = None


def load_environment(
    source: Path | Mapping[str, Any] | Document, *, roots: tuple[Path, ...] | None = None
) -> Loaded[Declared]:
    """Of an environment object (10.1). Files that it names are looked for in `roots`, by default the working folder.

    Raises ConfigError with path and key for what is malformed, and for what v1 refused.
    """
    document = as_document(source, "environment")
    raw = validate(EnvironmentKeys, replace(document, value=without_nulls(document.value)))
    roots = roots or (Path.cwd(),)
    base = read_base(raw.docker, _part(document, "docker"), roots)
    loaded = _packages(raw, document, roots)
    own = {key: str(value) for key, value in raw.environment_variables.items()}
    environment = replace(
        loaded.value,
        name=raw.name or UNNAMED,
        variables={**loaded.value.variables, **own},
        base=base,
        user_managed=raw.python.user_managed_dependencies,
        interpreter=_interpreter(raw.python),
    )
    warnings = (*document.remarks, *unknown_key_warnings(raw, document), *loaded.warnings, *_warnings(raw, document))
    return Loaded(Declared(environment=environment, login=base_password(raw.docker)), warnings)


def load_environment_folder(folder: Path) -> Loaded[Declared]:
    """Raises ConfigError as `load_environment`, and when the folder holds no definition."""
    return load_environment(read_environment_folder(folder), roots=(folder,))


def read_environment_folder(folder: Path) -> Document:
    """The folder's files as the one object that they stand for. Raises ConfigError."""
    document = read_document(folder / DEFINITION)
    if not isinstance(document.value, Mapping):
        raise document.fault((), "must hold keys and values, as `shipway environment scaffold` writes them")
    content: dict[str, Any] = dict(document.value)
    conda, dockerfile = folder / CONDA_FILE, folder / DOCKERFILE
    if conda.is_file():
        python = {**_section(content, "python"), "condaDependencies": None, "condaDependenciesFile": CONDA_FILE}
        content["python"] = python
    if dockerfile.is_file() and _says_something(text := read_text(dockerfile)):
        content["docker"] = {**_section(content, "docker"), "baseDockerfile": text, "baseImage": None}
    return replace(document, value=content)


def load_named_environment(text: str, document: Document, at: KeyPath, roots: tuple[Path, ...]) -> Loaded[Declared]:
    """Of the file or folder that a config names in place of an object. Raises ConfigError."""
    place = named_place(text, roots)
    if place is None:
        looked = " and in ".join(dict.fromkeys(map(str, roots)))
        raise document.fault(
            at,
            f"{text!r} is neither a file nor a folder in {looked}; a registered environment is named with "
            "--environment-name, and `shipway environment register -d DIR` makes one",
        )
    if place.is_dir():
        return load_environment_folder(place)
    return load_environment(place, roots=(place.parent, *roots))


def _packages(raw: EnvironmentKeys, document: Document, roots: tuple[Path, ...]) -> Loaded[Environment]:
    """Of a user-managed environment nothing but what its author wrote for which server (I-6, section 8)."""
    python = raw.python
    if python.conda_dependencies is not None:
        loaded = load_conda(document.within("python", "condaDependencies"))
    elif python.conda_dependencies_file is not None:
        at = ("python", "condaDependenciesFile")
        loaded = load_conda(named_file(python.conda_dependencies_file, document, at, roots, "the conda file"))
    else:
        loaded = Loaded(NONE)
    if not python.user_managed_dependencies:
        return loaded
    found = loaded.value
    own = Environment(name=UNNAMED, served=found.served, variables=found.variables)
    return Loaded(own, (*loaded.warnings, *_not_installed(found, document)))


def _not_installed(found: Environment, document: Document) -> Iterator[str]:
    if found.requirements or found.conda_packages:
        words = "true: the packages of the conda dependencies are not installed, as in v1; the image has what is needed"
        yield document.at(("python", "userManagedDependencies"), words)


def _warnings(raw: EnvironmentKeys, document: Document) -> Iterator[str]:
    yield from docker_warnings(raw.docker, _part(document, "docker"))
    python = raw.python
    if python.conda_dependencies is not None and python.conda_dependencies_file is not None:
        yield document.at(("python", "condaDependenciesFile"), "not used: condaDependencies says it all")
    if python.base_conda_environment:
        words = "not used: the packages are installed for a Python of their own, or userManagedDependencies is true"
        yield document.at(("python", "baseCondaEnvironment"), words)
    if _interpreter(python) and not python.user_managed_dependencies:
        yield document.at(("python", "interpreterPath"), "not used: it counts with userManagedDependencies: true only")
    if raw.inferencing_stack_version not in {None, "latest"}:
        words = f"{raw.inferencing_stack_version!r} is not used: the scoring server is Shipway's"
        yield document.at(("inferencingStackVersion",), words)
    if raw.spark.packages:
        yield document.at(("spark", "packages"), "not installed: name them in spark.jars.packages of the session")
    for key in ("databricks", "r"):
        if _says_more_than_null(getattr(raw, key)):
            yield document.at((key,), "not used: it has no meaning for a service")


def _interpreter(python: PythonKeys) -> str | None:
    return None if python.interpreter_path in {None, "", "python"} else python.interpreter_path


def _says_more_than_null(value: object) -> bool:
    if isinstance(value, Mapping):
        return any(map(_says_more_than_null, value.values()))
    return value not in (None, "", [], False)


def _says_something(dockerfile: str) -> bool:
    return any(line.strip() and not line.strip().startswith("#") for line in dockerfile.splitlines())


def _section(content: Mapping[str, Any], key: str) -> dict[str, Any]:
    section = content.get(key)
    return dict(section) if isinstance(section, Mapping) else {}


def _part(document: Document, key: str) -> Document:
    """The part below a key that need not be there."""
    content = document.value
    there = isinstance(content, Mapping) and content.get(key) is not None
    return document.within(key) if there else replace(document, value={}, prefix=(*document.prefix, key))
