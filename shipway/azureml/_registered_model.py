"""v1's Model as far as the registry goes (contract section 12), and where its file lies (2.3)."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar

from shipway.azureml import _model_path
from shipway.azureml._filters import pairs, texts
from shipway.azureml._telling import remark, show
from shipway.azureml.exceptions import ModelNotFoundException, UserErrorException, WebserviceException, raised_as
from shipway.azureml.resource_configuration import ResourceConfiguration
from shipway.domain import model as domain
from shipway.domain.canonical import rfc3339
from shipway.domain.model import ModelVersion
from shipway.registry.models import Registry

if TYPE_CHECKING:
    from shipway.azureml.workspace import Workspace

T = TypeVar("T")
_Models = list[T]
"""`list` is a method below."""


class RegisteredModel:
    """One version of a model in a workspace, and what the registry does with it."""

    class Framework:
        """v1's names of frameworks (M-6)."""

        CUSTOM = "Custom"
        TENSORFLOW = "TensorFlow"
        SCIKITLEARN = "ScikitLearn"
        ONNX = "Onnx"
        PYTORCH = "PyTorch"
        MULTI = "Multi"
        TFKERAS = "TfKeras"

    def __init__(
        self,
        workspace: "Workspace",
        name: str | None = None,
        id: str | None = None,
        tags: Sequence[Any] | None = None,
        properties: Sequence[Any] | None = None,
        version: int | str | None = None,
        run_id: str | None = None,
        model_framework: str | None = None,
        expand: bool = True,
        **_: Any,
    ) -> None:
        """The newest that is like that; `tags` and `properties` are keys, or pairs of key and value (M-4, M-8).

        Raises WebserviceException whose message contains ModelNotFound.
        """
        del expand
        if workspace is None:
            raise WebserviceException("Model() needs a workspace; Model.get_model_path() needs none")
        if not name and not id:
            raise WebserviceException("Model() needs a name or an id, such as digits:3")
        registry = Registry(workspace._store)
        with raised_as(WebserviceException):
            exact = id or (f"{name}:{version}" if version is not None else None)
            if tags or properties or run_id or model_framework:
                found = _newest(workspace, name, exact, tags, properties, run_id, model_framework)
            else:
                found = registry.resolve(exact or str(name))
        self._take(workspace, found)

    @classmethod
    def _of(cls, workspace: "Workspace", version: ModelVersion) -> Self:
        model = cls.__new__(cls)
        model._take(workspace, version)
        return model

    def _take(self, workspace: "Workspace", version: ModelVersion) -> None:
        self.workspace = workspace
        self.name = version.name
        self.id = version.id
        self.version = version.version
        self.tags = dict(version.tags)
        self.properties = dict(version.properties)
        self.description = version.description or None
        self.created_time = version.created_at
        self.created_by: dict[str, Any] = {}
        self.model_framework = version.framework
        self.model_framework_version = version.framework_version or None
        self.mime_type = "application/x-python" if not version.tree.is_folder else "application/json"
        self.url = f"{workspace._store.url}/models/{version.name}/{version.version}"
        self.unpack = version.tree.is_folder
        self.run_id = version.run.run_id if version.run else None
        self.experiment_name = version.run.experiment if version.run else None
        self.datasets: dict[str, Any] = {}
        self.sample_input_dataset = None
        self.sample_output_dataset = None
        self.resource_configuration = _v1_resources(version.resources)

    @property
    def run(self) -> Any:
        """The run that it was registered from; None for one that came from a path."""
        if self.run_id is None:
            return None
        from shipway.azureml.run import Run

        return Run.get(self.workspace, self.run_id)

    @classmethod
    def register(
        cls,
        workspace: "Workspace",
        model_path: str | Path,
        model_name: str,
        tags: Mapping[str, Any] | None = None,
        properties: Mapping[str, Any] | None = None,
        description: str | None = None,
        datasets: Sequence[Any] | None = None,
        model_framework: str | None = None,
        model_framework_version: str | None = None,
        child_paths: Sequence[str] | None = None,
        sample_input_dataset: object = None,
        sample_output_dataset: object = None,
        resource_configuration: ResourceConfiguration | None = None,
    ) -> Self:
        """Keeps a file or a folder as the next version of the name (M-1 to M-3). Prints as v1 did.

        Raises WebserviceException, naming path and value; then nothing is registered.
        """
        if datasets or sample_input_dataset is not None or sample_output_dataset is not None:
            remark("datasets are not kept with a model: Shipway keeps models, not data")
        show(f"Registering model {model_name}")
        with raised_as(WebserviceException):
            version = Registry(workspace._store).register_path(
                model_path,
                name=model_name,
                now=datetime.now(UTC),
                child_paths=child_paths,
                tags=texts(tags, "tags"),
                properties=texts(properties, "properties"),
                description=description or "",
                framework=model_framework,
                framework_version=model_framework_version or "",
                resources=our_resources(resource_configuration),
            )
        return cls._of(workspace, version)

    @classmethod
    def get_model_path(cls, model_name: str, version: int | None = None, _workspace: "Workspace | None" = None) -> str:
        """Where its file or folder lies: among the models of a container, or downloaded from the workspace (C-30)."""

        def fetch(name: str, wanted: int | None) -> str:
            assert _workspace is not None
            model = cls(_workspace, name, version=wanted)
            folder = _model_path.fetched_to(model.name, model.version)
            return model.download(target_dir=folder, exist_ok=True)

        return _model_path.model_path(model_name, version, fetch if _workspace is not None else None)

    @classmethod
    def list(
        cls,
        workspace: "Workspace",
        name: str | None = None,
        tags: Sequence[Any] | None = None,
        properties: Sequence[Any] | None = None,
        run_id: str | None = None,
        latest: bool = False,
        dataset_id: str | None = None,
        expand: bool = True,
        page_count: int = 255,
        model_framework: str | None = None,
    ) -> "_Models[Self]":
        """Newest first. `page_count` was how many Azure sent at a time, 20 to 255 (M-8): it changes nothing."""
        del expand, page_count
        if dataset_id is not None:
            return []
        with raised_as(WebserviceException):
            found = Registry(workspace._store).list(
                name,
                tags=pairs(tags, "tags"),
                properties=pairs(properties, "properties"),
                framework=model_framework,
                run_id=run_id,
                latest=latest,
            )
        return [cls._of(workspace, version) for version in found]

    def download(self, target_dir: str | Path = ".", exist_ok: bool = False, exists_ok: bool | None = None) -> str:
        """Writes the file or the folder below `target_dir`, and returns its path (M-10)."""
        with raised_as(WebserviceException):
            path = Registry(self.workspace._store).download(
                self.id, Path(target_dir), exist_ok=exist_ok if exists_ok is None else exists_ok
            )
        return str(path)

    def delete(self) -> None:
        """Raises WebserviceException, naming the service, while one uses it (M-9)."""
        with raised_as(WebserviceException):
            Registry(self.workspace._store).delete(self.id, now=datetime.now(UTC))

    def update(
        self,
        tags: Mapping[str, Any] | None = None,
        description: str | None = None,
        sample_input_dataset: object = None,
        sample_output_dataset: object = None,
        resource_configuration: ResourceConfiguration | None = None,
    ) -> None:
        """`tags` replace all (M-7)."""
        if sample_input_dataset is not None or sample_output_dataset is not None:
            remark("sample datasets are not kept with a model: Shipway keeps models, not data")
        registry, now = Registry(self.workspace._store), datetime.now(UTC)
        with raised_as(WebserviceException):
            if tags is not None:
                registry.set_tags(self.id, texts(tags, "tags"), now=now)
            if description is not None:
                registry.set_description(self.id, description, now=now)
            if (resources := our_resources(resource_configuration)) is not None:
                registry.set_resources(self.id, resources, now=now)
        self._refresh()

    def add_tags(self, tags: Mapping[str, Any]) -> None:
        """Replaces those of the same key."""
        self.update_tags_properties(add_tags=tags)

    def remove_tags(self, tags: Sequence[str] | str) -> None:
        """What is not there is nothing."""
        self.update_tags_properties(remove_tags=tags)

    def add_properties(self, properties: Mapping[str, Any]) -> None:
        """Raises WebserviceException for one that exists: properties never change (M-7)."""
        self.update_tags_properties(add_properties=properties)

    def update_tags_properties(
        self,
        add_tags: Mapping[str, Any] | None = None,
        remove_tags: Sequence[str] | str | None = None,
        add_properties: Mapping[str, Any] | None = None,
    ) -> None:
        registry, now = Registry(self.workspace._store), datetime.now(UTC)
        gone = [remove_tags] if isinstance(remove_tags, str) else list(remove_tags or ())
        with raised_as(WebserviceException):
            if add_properties:
                registry.add_properties(self.id, texts(add_properties, "properties"), now=now)
            if add_tags or gone:
                registry.change_tags(self.id, add=texts(add_tags, "tags"), remove=gone, now=now)
        self._refresh()

    def add_dataset_references(self, datasets: Sequence[Any]) -> None:
        del datasets
        remark("datasets are not kept with a model: Shipway keeps models, not data")

    def get_sas_urls(self) -> dict[str, str]:
        """Raises UserErrorException: a workspace has no links that work without its own credentials."""
        raise UserErrorException(
            f"model {self.id} has no download links: a workspace gives none out; use model.download()"
        )

    def serialize(self) -> dict[str, Any]:
        """v1's keys (M-11)."""
        resources = self.resource_configuration
        return {
            "createdTime": rfc3339(self.created_time),
            "createdBy": self.created_by,
            "description": self.description,
            "id": self.id,
            "mimeType": self.mime_type,
            "name": self.name,
            "framework": self.model_framework,
            "frameworkVersion": self.model_framework_version,
            "tags": self.tags,
            "properties": self.properties,
            "unpack": self.unpack,
            "url": self.url,
            "version": self.version,
            "experimentName": self.experiment_name,
            "runId": self.run_id,
            "runDetails": None,
            "datasets": [],
            "resourceConfiguration": resources.serialize() if resources else None,
            "sampleInputDatasetId": None,
            "sampleOutputDatasetId": None,
        }

    @classmethod
    def deserialize(cls, workspace: "Workspace", model_payload: Mapping[str, Any]) -> Self:
        """The model that `serialize` described, as it is now."""
        return cls(workspace, id=str(model_payload["id"]))

    def _refresh(self) -> None:
        with raised_as(WebserviceException):
            self._take(self.workspace, Registry(self.workspace._store).resolve(self.id))

    def __repr__(self) -> str:
        return (
            f"Model(workspace={self.workspace!r}, name={self.name}, id={self.id}, version={self.version}, "
            f"tags={self.tags}, properties={self.properties})"
        )


def our_resources(given: ResourceConfiguration | None) -> domain.ResourceConfiguration | None:
    if given is None:
        return None
    return domain.ResourceConfiguration(cpu_cores=given.cpu, memory_gb=given.memory_in_gb, gpu_cores=given.gpu)


def _v1_resources(given: domain.ResourceConfiguration | None) -> ResourceConfiguration | None:
    if given is None:
        return None
    return ResourceConfiguration(cpu=given.cpu_cores, memory_in_gb=given.memory_gb, gpu=given.gpu_cores)


def _newest(
    workspace: "Workspace",
    name: str | None,
    model_id: str | None,
    tags: Sequence[Any] | None,
    properties: Sequence[Any] | None,
    run_id: str | None,
    framework: str | None,
) -> ModelVersion:
    named = name or str(model_id).rpartition(":")[0] or model_id
    found = Registry(workspace._store).list(
        named, tags=pairs(tags, "tags"), properties=pairs(properties, "properties"), run_id=run_id, framework=framework
    )
    wanted = [version for version in found if model_id is None or version.id == model_id]
    if not wanted:
        raise ModelNotFoundException(
            f"ModelNotFound: no version of model {named} is like that; `Model.list(workspace, {named!r})` shows them"
        )
    return max(wanted, key=lambda version: version.version)
