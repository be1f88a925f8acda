"""v1's environment: what a script says of Python, packages and the image below them, kept as v1's JSON (10.1)."""

import json
import subprocess
import tempfile
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from shipway.azureml import _environments
from shipway.azureml._environment_sections import (
    DatabricksSection,
    DockerImagePlatform,
    DockerSection,
    PythonSection,
    SparkPackage,
    SparkSection,
    fill_docker,
    fill_python,
)
from shipway.azureml._section import Section
from shipway.azureml._telling import remark
from shipway.azureml.conda_dependencies import CondaDependencies
from shipway.azureml.container_registry import ContainerRegistry
from shipway.azureml.exceptions import UserErrorException

if TYPE_CHECKING:
    from shipway.azureml.workspace import Workspace

DEFAULT_CPU_IMAGE = "azureml/openmpi4.1.0-ubuntu20.04"
DEFAULT_GPU_IMAGE = "azureml/openmpi4.1.0-cuda11.3-cudnn8-ubuntu20.04"
"""Both as in azureml-core 1.48, without the registry's host and the date: a base image is known by its path (10.2)."""

__all__ = [
    "DEFAULT_CPU_IMAGE",
    "DEFAULT_GPU_IMAGE",
    "CondaDependencies",
    "DatabricksSection",
    "DockerImagePlatform",
    "DockerSection",
    "Environment",
    "ImageBuildDetails",
    "PythonSection",
    "SparkPackage",
    "SparkSection",
]

_DEFINITION = "azureml_environment.json"
_CONDA_FILE = "conda_dependencies.yml"
_DOCKERFILE = "BaseDockerfile"
"""The three files of an environment's folder (10.3)."""


class Environment(Section):
    """By name, and by version once it is registered."""

    def __init__(self, name: str, **_: Any) -> None:
        if not isinstance(name, str):
            raise TypeError(f"an environment's name is text, not {name!r}")
        self.name = name
        self.version: str | None = None
        self.python = PythonSection()
        self.docker = DockerSection()
        self.spark: SparkSection | None = SparkSection()
        self.databricks = DatabricksSection()
        self.environment_variables: dict[str, str] = {"EXAMPLE_ENV_VAR": "EXAMPLE_VALUE"}
        self.inferencing_stack_version: str | None = None
        self.r: Any = None
        self.asset_id: str | None = None
        self._seal()

    @staticmethod
    def from_conda_specification(name: str, file_path: str | Path) -> "Environment":
        """Raises UserErrorException, beginning with the path."""
        made = Environment(name)
        made.python.conda_dependencies = CondaDependencies(file_path)
        return made

    @staticmethod
    def from_pip_requirements(name: str, file_path: str | Path, pip_version: str | None = None) -> "Environment":
        made = Environment(name)
        dependencies = made.python.conda_dependencies
        assert dependencies is not None
        dependencies.set_pip_requirements(_file_text(file_path).splitlines())
        dependencies.add_conda_package(f"pip={pip_version}" if pip_version else "pip")
        return made

    @staticmethod
    def from_docker_image(
        name: str,
        image: str,
        container_registry: ContainerRegistry | None = None,
        conda_specification: str | Path | None = None,
        pip_requirements: str | Path | None = None,
    ) -> "Environment":
        """Without packages of its own it takes those that the image has."""
        made = _with_packages(name, conda_specification, pip_requirements)
        made.docker.base_image = image
        if container_registry is not None:
            made.docker.base_image_registry = container_registry
        return made

    @staticmethod
    def from_dockerfile(
        name: str,
        dockerfile: str | IO[str],
        conda_specification: str | Path | None = None,
        pip_requirements: str | Path | None = None,
    ) -> "Environment":
        made = _with_packages(name, conda_specification, pip_requirements)
        made.docker.base_dockerfile = dockerfile
        return made

    @staticmethod
    def from_existing_conda_environment(name: str, conda_environment_name: str) -> "Environment":
        """As conda on this machine exports it. Raises UserErrorException when conda or the environment is missing."""
        command = ["conda", "env", "export", "--no-builds", "--name", conda_environment_name]
        try:
            exported = subprocess.run(command, capture_output=True, text=True, check=True)
        except FileNotFoundError:
            raise UserErrorException(
                f"there is no conda on this machine; export the environment where it is with `{' '.join(command)} > "
                f"{name}.yml`, and use from_conda_specification()"
            ) from None
        except subprocess.CalledProcessError as error:
            why = error.stderr.strip()
            raise UserErrorException(f"conda cannot export {conda_environment_name}: {why}") from error
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"{name}.yml"
            path.write_text(exported.stdout)
            return Environment.from_conda_specification(name, path)

    @staticmethod
    def get(workspace: "Workspace", name: str, version: str | None = None, label: str | None = None) -> "Environment":
        """The newest without a version. Raises UserErrorException naming those there are."""
        if label and version:
            raise UserErrorException(f"environment {name}: give a version or a label, not both")
        return Environment.from_document(_environments.read(workspace, name, version))

    @staticmethod
    def list(workspace: "Workspace") -> "dict[str, Environment]":
        """The newest version of each, by name."""
        return {name: Environment.get(workspace, name) for name in _environments.names(workspace)}

    def register(self, workspace: "Workspace") -> "Environment":
        """As a new version, unless the newest is the same. Raises UserErrorException for a name that is Azure's own."""
        return Environment.from_document(_environments.register(workspace, self.as_document()))

    def clone(self, new_name: str) -> "Environment":
        """Not registered yet."""
        if not new_name:
            raise UserErrorException("a clone needs a name of its own")
        copied = Environment.from_document(self.as_document())
        copied.name, copied.version, copied.asset_id = new_name, None, None
        return copied

    def build(self, workspace: "Workspace", image_build_compute: str | None = None) -> "ImageBuildDetails":
        """Registers it. Images are built with the service that they are for, so nothing else is done ahead of that."""
        del image_build_compute
        registered = self.register(workspace)
        return ImageBuildDetails(f"{registered.name}:{registered.version}")

    def build_local(self, workspace: "Workspace", platform: str | None = None, **_: Any) -> "ImageBuildDetails":
        del platform
        return self.build(workspace)

    def save_to_directory(self, path: str | Path, overwrite: bool = False) -> None:
        """The three files of 10.3. No password is written. Raises FileExistsError unless `overwrite`."""
        folder = Path(path)
        folder.mkdir(parents=True, exist_ok=overwrite)
        from shipway.config.environment_writing import without_passwords

        if self.docker.base_image_registry.password:
            remark(f"the login for registry {self.docker.base_image_registry.address} is not kept with the environment")
        document = without_passwords(self.as_document())
        conda = document["python"].pop("condaDependencies", None)
        if conda is not None and self.python.conda_dependencies is not None:
            self.python.conda_dependencies.save_to_file(folder, _CONDA_FILE)
        dockerfile = document["docker"].pop("baseDockerfile", None)
        if dockerfile:
            (folder / _DOCKERFILE).write_text(dockerfile)
        (folder / _DEFINITION).write_text(json.dumps(document, indent=4) + "\n")

    @staticmethod
    def load_from_directory(path: str | Path) -> "Environment":
        """Raises FileNotFoundError as v1 did, and UserErrorException for a file that is malformed."""
        folder = Path(path)
        if not (folder / _DEFINITION).is_file():
            raise FileNotFoundError(str(folder / _DEFINITION))
        loaded = Environment.from_document(_environments.read_file(folder / _DEFINITION))
        if (folder / _CONDA_FILE).is_file():
            loaded.python.conda_dependencies = CondaDependencies(folder / _CONDA_FILE)
        if (folder / _DOCKERFILE).is_file() and _says_anything(text := _file_text(folder / _DOCKERFILE)):
            loaded.docker.base_dockerfile = text
        return loaded

    def __repr__(self) -> str:
        """v1's JSON, as `print(environment)` had it; no password."""
        from shipway.config.environment_writing import without_passwords

        return json.dumps(without_passwords(self.as_document()), indent=4)

    def as_document(self) -> dict[str, Any]:
        """v1's JSON object (10.1)."""
        spark = self.spark
        packages = [vars(package) for package in spark.packages] if spark else []
        return {
            "name": self.name,
            "version": self.version,
            "environmentVariables": dict(self.environment_variables or {}),
            "inferencingStackVersion": self.inferencing_stack_version,
            "python": self.python.as_document(),
            "docker": self.docker.as_document(),
            "spark": {"repositories": spark.repositories, "packages": packages} if spark and packages else None,
        }

    @staticmethod
    def from_document(document: dict[str, Any]) -> "Environment":
        """What `as_document` makes, and what v1's files hold."""
        made = Environment(str(document.get("name") or "environment"))
        made.version = str(document["version"]) if document.get("version") is not None else None
        made.environment_variables = dict(document.get("environmentVariables") or {})
        made.inferencing_stack_version = document.get("inferencingStackVersion")
        fill_python(made.python, document.get("python") or {})
        fill_docker(made.docker, document.get("docker") or {})
        return made


class ImageBuildDetails:
    """v1's handle of a build; there is nothing to wait for."""

    def __init__(self, environment: str) -> None:
        self._environment = environment
        self.status = "Succeeded"

    def get_log(self) -> str:
        return f"environment {self._environment} is registered; its image is built with the service that it is for"

    def wait_for_completion(self, show_output: bool = True) -> "ImageBuildDetails":
        if show_output:
            remark(self.get_log())
        return self


def _with_packages(
    name: str, conda_specification: str | Path | None, pip_requirements: str | Path | None
) -> Environment:
    if conda_specification and pip_requirements:
        raise UserErrorException(f"environment {name}: give conda_specification or pip_requirements, not both")
    if conda_specification:
        return Environment.from_conda_specification(name, conda_specification)
    if pip_requirements:
        return Environment.from_pip_requirements(name, pip_requirements)
    made = Environment(name)
    made.python.user_managed_dependencies = True
    return made


def _says_anything(dockerfile: str) -> bool:
    """`shipway environment scaffold` leaves one of comments alone."""
    return any(line.strip() and not line.lstrip().startswith("#") for line in dockerfile.splitlines())


def _file_text(path: str | Path) -> str:
    try:
        return Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UserErrorException(f"{path}: cannot be read: {error}") from error
