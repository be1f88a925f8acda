"""v1's `Model.package`: an image, or its build context (contract 21.1). It is made while the call lasts."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shipway.azureml._assets import inference_document, model_references
from shipway.azureml._inference_config import InferenceConfig
from shipway.azureml._settings import as_of, relax
from shipway.azureml._telling import progress, remark, show
from shipway.azureml.container_registry import ContainerRegistry
from shipway.azureml.exceptions import UserErrorException, WebserviceException, raised_as
from shipway.release.packaging import Package, PackageAsked, PackagedImage, package_context, package_image, read_package

if TYPE_CHECKING:
    from shipway.azureml.workspace import Workspace


class ModelPackage:
    """`location` is what the engine calls the image; None for a build context, which `save` writes."""

    def __init__(self, workspace: "Workspace", package: Package, image: PackagedImage | None) -> None:
        self._workspace = workspace
        self._package = package
        self._image = image
        self.state = "Succeeded"
        self.location = image.name if image else None
        self.environment: Any = None

    def wait_for_creation(self, show_output: bool = False) -> None:
        """It is there already."""
        if show_output:
            show(f"Package creation Succeeded: {self.location or 'a Docker context, which save(DIR) writes'}")

    def update_creation_state(self) -> None:
        """It does not change any more."""

    def pull(self) -> None:
        """Nothing is to be pulled: the image is in this machine's engine. Raises WebserviceException for a context."""
        if self._image is None:
            raise WebserviceException("this package is a Docker context, not an image; call save(DIR)")
        show(f"{self._image.name} is in this machine's engine: docker run -p 5001:5001 {self._image.name}")

    def save(self, output_directory: str | Path) -> None:
        """Writes the Dockerfile and all that it copies, in place of those that it wrote there before. Raises
        WebserviceException for an image, and for a folder that holds anything else."""
        if self._image is not None:
            raise WebserviceException("this package is an image; pass generate_dockerfile=True for what save() writes")
        workspace = self._workspace
        with raised_as(WebserviceException), progress():
            written = package_context(self._package, workspace._store, workspace._state, Path(output_directory))
        for line in written.told:
            remark(line)
        show(f"wrote a Docker context to {output_directory}: docker build -t NAME {output_directory}")

    def get_container_registry(self) -> ContainerRegistry:
        """Raises UserErrorException: an image is in no registry before somebody pushes it."""
        raise UserErrorException(
            "the image is in this machine's engine, and in no registry: push it with `docker push`, or let a "
            "release do that with image: {registry: ...} in its file"
        )

    def get_logs(self, decode: bool = True, offset: int = 0) -> str:
        """What was told while it was made."""
        del decode
        told = self._image.told if self._image else ()
        return "\n".join(told)[offset:]

    def serialize(self) -> dict[str, Any]:
        return {"generateDockerfile": self._image is None, "state": self.state, "location": self.location}


def package(
    workspace: "Workspace",
    models: Sequence[Any],
    inference_config: InferenceConfig | None,
    *,
    generate_dockerfile: bool,
    image_name: str | None,
    image_label: str | None,
) -> ModelPackage:
    """Raises WebserviceException for what is wrong with the assets, and when the image cannot be built."""
    with raised_as(WebserviceException):
        read = read_assets(workspace, models, inference_config)
        if generate_dockerfile:
            return ModelPackage(workspace, read, None)
        with progress():
            image = package_image(read, workspace._store, workspace._state, name=image_name, label=image_label)
    for line in image.told:
        remark(line)
    return ModelPackage(workspace, read, image)


def read_assets(workspace: "Workspace", models: Sequence[Any], inference_config: InferenceConfig | None) -> Package:
    """Raises ConfigError and the like, as `read_package`."""
    asked = PackageAsked(
        models=model_references(models),
        inference=None if inference_config is None else inference_document(inference_config),
        working_directory=Path.cwd() if inference_config is None else inference_config.working_directory,
        as_of=as_of(),
        relax=relax(),
    )
    read = read_package(asked, workspace._store, now=datetime.now(UTC))
    for warning in read.warnings:
        remark(f"warning: {warning}")
    return read.value
