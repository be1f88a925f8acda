"""v1's environment as it is written, key by key (contract 10.1). What is typed Any is not read here or told apart."""

from typing import Any

from pydantic import Field

from shipway.config.deployment_document import Flag
from shipway.config.validation import V1Model


class RegistryKeys(V1Model):
    """Below docker.baseImageRegistry, and the legacy baseImageRegistry."""

    address: str | None = None
    username: str | None = None
    password: str | None = None
    registry_identity: Any = None


class PythonKeys(V1Model):
    """Below python."""

    conda_dependencies: dict[str, Any] | None = None
    conda_dependencies_file: str | None = None
    user_managed_dependencies: Flag = False
    interpreter_path: str | None = None
    base_conda_environment: str | None = None


class PlatformKeys(V1Model):
    """Below docker.platform."""

    os: str = "Linux"
    architecture: str = "amd64"


class DockerKeys(V1Model):
    """Below docker."""

    base_image: str | None = None
    base_dockerfile: str | None = None
    base_image_registry: RegistryKeys = RegistryKeys()
    build_context: Any = None
    enabled: Any = None
    gpu_support: Flag = False
    platform: PlatformKeys = PlatformKeys()
    shared_volumes: Any = None
    shm_size: str | int | None = None
    arguments: Any = None


class SparkKeys(V1Model):
    """Below spark."""

    packages: Any = None
    repositories: Any = None
    precache_packages: Any = None


class EnvironmentKeys(V1Model):
    """An environment object."""

    name: str | None = None
    version: Any = None
    environment_variables: dict[str, str | int | float | bool] = Field(default_factory=dict)
    inferencing_stack_version: str | None = None
    python: PythonKeys = PythonKeys()
    docker: DockerKeys = DockerKeys()
    spark: SparkKeys = SparkKeys()
    databricks: Any = None
    r: Any = None
    asset_id: Any = None
