"""v1's InferenceConfig: what the constructor refused (section 9), and the document that Shipway reads."""

from pathlib import Path
from typing import Any

from shipway.azureml._section import Section, without_none
from shipway.azureml.container_registry import ContainerRegistry
from shipway.azureml.environment import Environment
from shipway.azureml.exceptions import UserErrorException, WebserviceException, raised_as

_LEGACY = ("runtime", "conda_file", "extra_docker_file_steps", "enable_gpu", "cuda_version", "base_image")


class InferenceConfig(Section):
    """How a model is served. Scripts set `base_image` and `base_image_registry.address` after it was made."""

    def __init__(
        self,
        entry_script: str,
        runtime: str | None = None,
        conda_file: str | None = None,
        extra_docker_file_steps: str | None = None,
        source_directory: str | Path | None = None,
        enable_gpu: bool | None = None,
        description: str | None = None,
        base_image: str | None = None,
        base_image_registry: ContainerRegistry | None = None,
        cuda_version: str | None = None,
        environment: Environment | None = None,
    ) -> None:
        """Raises WebserviceException naming path and value: a folder or a script that is not there, a name that cannot
        be imported, an environment beside the legacy keys."""
        self.entry_script = entry_script
        self.runtime = runtime
        self.conda_file = conda_file
        self.extra_docker_file_steps = extra_docker_file_steps
        self.source_directory = str(source_directory) if source_directory is not None else None
        self.enable_gpu = enable_gpu
        self.description = description
        self.base_image = base_image
        self.base_image_registry = base_image_registry or ContainerRegistry()
        self.cuda_version = cuda_version
        self.environment = environment
        self._working_directory = Path.cwd()
        self._seal()
        self.validate_configuration()

    def validate_configuration(self) -> None:
        """Raises as the constructor does."""
        legacy = [key for key in _LEGACY if getattr(self, key)]
        if self.environment is not None and legacy:
            raise WebserviceException(
                f"InferenceConfig: {', '.join(legacy)} and environment cannot stand together; say it in the environment"
            )
        if not isinstance(self.entry_script, str) or not self.entry_script:
            raise WebserviceException(
                f"InferenceConfig: entry_script must be the name of a file, not {self.entry_script!r}"
            )
        with raised_as(WebserviceException):
            self._load()

    def validation_script_content(self) -> None:
        """v1 parsed the script here; that belongs to its own Python, which `shipway model check` asks."""
        self.validate_configuration()

    def as_document(self) -> dict[str, Any]:
        """v1's JSON (9.1), with an environment inline."""
        return without_none({
            "entryScript": self.entry_script,
            "sourceDirectory": self.source_directory,
            "runtime": self.runtime,
            "condaFile": self.conda_file,
            "extraDockerfileSteps": self.extra_docker_file_steps,
            "enableGpu": self.enable_gpu,
            "cudaVersion": self.cuda_version,
            "baseImage": self.base_image,
            "baseImageRegistry": self.base_image_registry.as_document() if self.base_image_registry else None,
            "description": self.description,
            "environment": self._environment().as_document() if self.environment is not None else None,
        })  # fmt: skip

    @property
    def working_directory(self) -> Path:
        """Where the script was typed that made this: its paths begin there (A-1)."""
        return self._working_directory

    def _environment(self) -> Environment:
        if not isinstance(self.environment, Environment):
            raise UserErrorException(f"InferenceConfig: environment must be an Environment, not {self.environment!r}")
        return self.environment

    def _load(self) -> None:
        """Only to see whether it can be read."""
        from shipway.config.documents import Document
        from shipway.config.inference import load_inference_config

        document = Document(source="InferenceConfig", value=self.as_document())
        load_inference_config(document, working_directory=self._working_directory)
