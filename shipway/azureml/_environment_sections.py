"""The parts of a v1 environment, as scripts set them, and as v1's JSON has them (10.1)."""

from pathlib import Path
from typing import IO, Any

from shipway.azureml._section import Section, without_none
from shipway.azureml._telling import remark
from shipway.azureml.conda_dependencies import CondaDependencies
from shipway.azureml.container_registry import ContainerRegistry


class PythonSection(Section):
    """`user_managed_dependencies` takes what the base image has; else `conda_dependencies` is installed."""

    def __init__(self, **_: Any) -> None:
        self.interpreter_path = "python"
        self.user_managed_dependencies = False
        self.conda_dependencies: CondaDependencies | None = CondaDependencies()
        self.conda_dependencies_file: str | None = None
        self.base_conda_environment: str | None = None
        self._seal()

    def as_document(self) -> dict[str, Any]:
        document: dict[str, Any] = {
            "userManagedDependencies": self.user_managed_dependencies,
            "interpreterPath": self.interpreter_path,
            "condaDependenciesFile": self.conda_dependencies_file,
            "baseCondaEnvironment": self.base_conda_environment,
        }
        if self.conda_dependencies is not None and self.conda_dependencies_file is None:
            document["condaDependencies"] = self.conda_dependencies.as_dict()
        return document


class DockerImagePlatform(Section):
    """What the image is for."""

    def __init__(self) -> None:
        self.os = "Linux"
        self.architecture = "amd64"
        self._seal()


class DockerSection(Section):
    """`base_image` None is the base that fits the Python; setting an image takes back a Dockerfile, and the other way
    round, as in v1. `enabled` and `arguments` were for training."""

    def __init__(self, **_: Any) -> None:
        self.enabled = False
        self.arguments: list[str] = []
        self.shared_volumes = True
        self.shm_size: str | None = None
        self.gpu_support = False
        self.build_context: Any = None
        self.base_image_registry = ContainerRegistry()
        self.platform = DockerImagePlatform()
        self._image: str | None = None
        self._dockerfile: str | None = None
        self._seal()

    @property
    def base_image(self) -> str | None:
        return self._image

    @base_image.setter
    def base_image(self, value: str | None) -> None:
        self._image = value or None
        if value and self._dockerfile:
            remark("base_image takes the place of base_dockerfile, which is None now")
            self._dockerfile = None

    @property
    def base_dockerfile(self) -> str | None:
        return self._dockerfile

    @base_dockerfile.setter
    def base_dockerfile(self, value: str | IO[str] | None) -> None:
        """The text of one, the path of one, or an open file."""
        self._dockerfile = _text_of(value) if value else None
        if value and self._image:
            remark("base_dockerfile takes the place of base_image, which is None now")
            self._image = None

    def as_document(self) -> dict[str, Any]:
        return {
            "enabled": self.enabled,
            "baseImage": self.base_image,
            "baseDockerfile": self.base_dockerfile,
            "baseImageRegistry": self.base_image_registry.as_document() if self.base_image_registry else None,
            "platform": {"os": self.platform.os, "architecture": self.platform.architecture},
            "sharedVolumes": self.shared_volumes,
            "shmSize": self.shm_size,
            "arguments": list(self.arguments),
        }


class SparkPackage(Section):
    """One of Spark's packages, by Maven's names."""

    def __init__(self, group: str | None = None, artifact: str | None = None, version: str | None = None) -> None:
        self.group = group
        self.artifact = artifact
        self.version = version
        self._seal()


class SparkSection(Section):
    """What Spark would load."""

    def __init__(self, **_: Any) -> None:
        self.repositories: list[str] = []
        self.packages: list[SparkPackage] = []
        self.precache_packages = True
        self._seal()


class DatabricksSection(Section):
    """Kept and not used: no service runs there."""

    def __init__(self, **_: Any) -> None:
        self.maven_libraries: list[Any] = []
        self.pypi_libraries: list[Any] = []
        self.rcran_libraries: list[Any] = []
        self.jar_libraries: list[Any] = []
        self.egg_libraries: list[Any] = []
        self._seal()


def fill_python(python: PythonSection, document: dict[str, Any]) -> None:
    given = without_none(document)
    python.user_managed_dependencies = bool(given.get("userManagedDependencies", False))
    python.interpreter_path = given.get("interpreterPath", "python")
    python.conda_dependencies_file = given.get("condaDependenciesFile")
    python.base_conda_environment = given.get("baseCondaEnvironment")
    content = given.get("condaDependencies")
    python.conda_dependencies = CondaDependencies(_underlying_structure=content) if content is not None else None


def fill_docker(docker: DockerSection, document: dict[str, Any]) -> None:
    given = without_none(document)
    docker.enabled = bool(given.get("enabled", False))
    docker.base_image = given.get("baseImage")
    if given.get("baseDockerfile"):
        docker.base_dockerfile = given["baseDockerfile"]
    docker.base_image_registry = ContainerRegistry.from_document(given.get("baseImageRegistry"))
    docker.shared_volumes = given.get("sharedVolumes", True)
    docker.shm_size = given.get("shmSize")
    docker.arguments = list(given.get("arguments", ()))
    platform = given.get("platform") or {}
    docker.platform.os = platform.get("os", "Linux")
    docker.platform.architecture = platform.get("architecture", "amd64")


def _text_of(dockerfile: str | IO[str]) -> str:
    if not isinstance(dockerfile, str):
        return dockerfile.read()
    looks_like_path = "\n" not in dockerfile and Path(dockerfile).is_file()
    return Path(dockerfile).read_text() if looks_like_path else dockerfile
