"""The keys by which an inference config said its environment before there were environments (contract 9.1, I-4)."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from shipway.config.conda import load_conda
from shipway.config.deployment_document import Flag
from shipway.config.documents import Document, KeyPath, Loaded, nearest, read_text
from shipway.config.environment import NONE, Declared
from shipway.config.environment_base import read_registry
from shipway.config.environment_keys import RegistryKeys
from shipway.config.paths import named_file
from shipway.config.pip_lines import package_name
from shipway.config.validation import V1Model
from shipway.domain.environment import AuthorsBase, Environment
from shipway.domain.secret import Secret

_RUNTIMES = ("python", "python-slim", "spark-py")
_CUDA_VERSIONS = ("9.0", "9.1", "10.0")
_STEPS = ("extraDockerFileSteps", "extraDockerfileSteps")
LEGACY_KEYS = ("baseImage", "baseImageRegistry", "condaFile", "cudaVersion", "enableGpu", *_STEPS, "runtime")


class LegacyKeys(V1Model):
    """Those of the inference config that an environment stands for."""

    runtime: str | None = None
    conda_file: str | None = None
    enable_gpu: Flag = False
    cuda_version: str | float | None = None
    base_image: str | None = None
    base_image_registry: str | dict[str, Any] | None = None
    # The reference writes a capital F, every published sample a lower-case one.
    extra_docker_file_steps: str | None = None
    extra_dockerfile_steps: Annotated[str | None, Field(alias="extraDockerfileSteps")] = None


def legacy_environment(raw: LegacyKeys, document: Document, roots: tuple[Path, ...]) -> Loaded[Declared]:
    """Raises ConfigError for a runtime or a CUDA that v1 had not, half a login, and files that are not there."""
    _check_cuda(raw, document)
    loaded = _packages(raw, document, roots)
    given = _registry(raw, document)
    login = read_registry(given, document, ("baseImageRegistry",))
    base = AuthorsBase(
        image=raw.base_image or None,
        steps=_steps(raw, document, roots),
        registry=login.address,
        username=login.username,
        gpu=raw.enable_gpu,
    )
    environment = replace(loaded.value, base=base)
    spark = _spark(raw, document, environment)
    declared = Declared(environment=environment, login=Secret(given.password) if given.password else None)
    return Loaded(declared, (*loaded.warnings, *spark, *_cuda_alone(raw, document)))


def _packages(raw: LegacyKeys, document: Document, roots: tuple[Path, ...]) -> Loaded[Environment]:
    if not raw.conda_file:
        return Loaded(NONE)
    return load_conda(named_file(raw.conda_file, document, ("condaFile",), roots, "the conda file"))


def _registry(raw: LegacyKeys, document: Document) -> RegistryKeys:
    """`--base-image-registry` gave an address alone."""
    match raw.base_image_registry:
        case None:
            return RegistryKeys()
        case str() as address:
            return RegistryKeys(address=address)
        case keys:
            for key, value in keys.items():
                if not isinstance(value, str):  # the value may be the password
                    raise document.fault(("baseImageRegistry", key), "must be text: put quotes around it")
            return RegistryKeys.model_validate(keys)


def _steps(raw: LegacyKeys, document: Document, roots: tuple[Path, ...]) -> str:
    """The text of the file that either spelling names."""
    given = dict(zip(_STEPS, (raw.extra_docker_file_steps, raw.extra_dockerfile_steps), strict=True))
    named = {key: name for key, name in given.items() if name}
    if len(set(named.values())) > 1:
        raise document.fault((_STEPS[1],), f"names another file than {_STEPS[0]}; keep one of the two spellings")
    for key, name in named.items():
        return read_text(named_file(name, document, (key,), roots, "the file of Docker steps"))
    return ""


def _check_cuda(raw: LegacyKeys, document: Document) -> None:
    if raw.cuda_version is None:
        return
    version = f"{raw.cuda_version:.1f}" if isinstance(raw.cuda_version, float) else raw.cuda_version
    if version not in _CUDA_VERSIONS:
        raise document.fault(("cudaVersion",), f"unknown version {version!r}; v1 knows {', '.join(_CUDA_VERSIONS)}")


def _cuda_alone(raw: LegacyKeys, document: Document) -> Iterator[str]:
    if raw.cuda_version is not None and not raw.enable_gpu:
        yield document.at(("cudaVersion",), "not used without enableGpu: true")


def _spark(raw: LegacyKeys, document: Document, environment: Environment) -> Iterator[str]:
    """v1's Spark image brought pyspark and a JVM."""
    if raw.runtime is None:
        return
    at: KeyPath = ("runtime",)
    runtime = raw.runtime.lower()
    if runtime not in _RUNTIMES:
        meant = nearest(runtime, _RUNTIMES)
        hint = f"did you mean {meant}?" if meant else f"v1 knows {', '.join(_RUNTIMES)}"
        raise document.fault(at, f"unknown runtime {raw.runtime!r}; {hint}")
    if runtime != "spark-py":
        return
    has_pyspark = any(package_name(line) == "pyspark" for line in environment.requirements)
    if not has_pyspark and environment.base.image is None:
        raise document.fault(at, "'spark-py' brought pyspark, which the conda file does not list; add pyspark==VERSION")
    if not any(package_name(entry.rpartition("::")[2]) == "openjdk" for entry in environment.conda_packages):
        yield document.at(at, "Spark needs Java: list openjdk in the conda file, or use a base image that has it")


def unused_legacy_keys(given: Mapping[str, Any], why: str) -> Iterator[tuple[KeyPath, str]]:
    """Those that an environment stands for, with the words for each."""
    yield from (((key,), why) for key in LEGACY_KEYS if given.get(key))
