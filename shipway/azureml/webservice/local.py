"""v1's local service: what runs on this machine, as containers or as processes."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from shipway.azureml._deployment_config import LocalWebserviceDeploymentConfiguration
from shipway.azureml._filters import texts
from shipway.azureml._standing import LocalState
from shipway.azureml.exceptions import WebserviceException
from shipway.azureml.webservice.webservice import Webservice
from shipway.release.details import Change

if TYPE_CHECKING:
    from shipway.azureml._inference_config import InferenceConfig
    from shipway.azureml.model import Model
    from shipway.azureml.workspace import Workspace

__all__ = ["LocalWebservice", "LocalWebserviceDeploymentConfiguration"]


class LocalWebservice(Webservice):
    """`update` and `reload` are releases, as `Model.deploy` is: what serves goes on serving until they are promoted."""

    STATE_DELETED = LocalState.DELETED.value
    STATE_DEPLOYING = LocalState.DEPLOYING.value
    STATE_FAILED = LocalState.FAILED.value
    STATE_RUNNING = LocalState.RUNNING.value
    STATE_UNKNOWN = LocalState.UNKNOWN.value

    @staticmethod
    def deploy_configuration(port: int | None = None) -> LocalWebserviceDeploymentConfiguration:
        """Raises WebserviceException for a port that is none (G-28)."""
        config = LocalWebserviceDeploymentConfiguration({"port": port})
        config.validate_configuration()
        return config

    @property
    def port(self) -> int | None:
        return urlsplit(self.scoring_uri).port if self.scoring_uri else None

    def update(
        self,
        models: "Sequence[Model | str] | None" = None,
        image_config: Any = None,
        deployment_config: LocalWebserviceDeploymentConfiguration | None = None,
        wait: bool = False,
        inference_config: "InferenceConfig | None" = None,
        tags: Mapping[str, Any] | None = None,
        properties: Mapping[str, Any] | None = None,
        description: str | None = None,
    ) -> None:
        """What is given takes the place of what is in service, the rest stays; new models keep the inference config.

        Raises WebserviceException for what can be seen to be wrong now, and when nothing is given (U-1).
        """
        self._require("update", LocalState.RUNNING, LocalState.FAILED, LocalState.DEPLOYING, LocalState.UNKNOWN)
        if image_config is not None:
            raise WebserviceException("image_config is of the SDK before InferenceConfig; pass inference_config")
        change = _change_of(tags, properties, description)
        parts = (models, deployment_config, inference_config)
        if all(part is None for part in parts):
            if tags is None and properties is None and not description:
                raise WebserviceException(
                    f"service {self.name}: no parameters provided to update; give what is to change"
                )
            self._change(change)
            return
        self._refuse_before_it_is_up()
        from shipway.azureml._deploying import update

        self._begun = update(
            self.workspace,
            self.name,
            models,
            inference_config,
            deployment_config,
            change=change,
            is_up=self._seen.champion is not None,
        )
        if wait:
            self.wait_for_deployment()

    def reload(self, wait: bool = False) -> None:
        """Reads the script or its source directory again, where it was read before, and serves it (L-5)."""
        self._require("reload", LocalState.RUNNING, LocalState.FAILED, LocalState.DEPLOYING)
        self._refuse_before_it_is_up()
        from shipway.azureml._deploying import reload

        self._begun = reload(self.workspace, self.name)
        if wait:
            self.wait_for_deployment()

    def delete(self, delete_cache: bool = True, delete_image: bool = False, delete_volume: bool = True) -> None:
        """`shipway gc` frees what an image or a cache holds: the three are taken and change nothing (L-7)."""
        del delete_cache, delete_image, delete_volume
        self._require("delete", LocalState.DEPLOYING, LocalState.FAILED, LocalState.RUNNING, LocalState.UNKNOWN)
        super().delete()

    def get_logs(self, num_lines: int = 5000, raw: bool = False, init: bool = False) -> str:  # type: ignore[override]
        """`raw` gave bytes with Docker's marks; there are none."""
        del raw
        return super().get_logs(num_lines, init)

    def deploy_to_cloud(self, name: str, deployment_config: Any, deployment_target: Any = None) -> Webservice:
        """The same models and inference config under another name and config, as `Model.deploy` (L-10).

        Raises WebserviceException, with the plan: no target in a cloud is there yet.
        """
        from shipway.azureml._deploying import deploy_to_cloud

        return deploy_to_cloud(self.workspace, self._begun, name, deployment_config, deployment_target)

    @classmethod
    def deserialize(cls, workspace: "Workspace", webservice_payload: Mapping[str, Any]) -> Webservice:
        """L-9."""
        raise NotImplementedError(
            "LocalWebservice.deserialize(): as in v1, there is none; use LocalWebservice(ws, name)"
        )

    def serialize(self) -> dict[str, Any]:
        """v1's keys (L-12)."""
        return {**super().serialize(), "port": self.port}

    @staticmethod
    def list(  # type: ignore[override]
        workspace: "Workspace",
        model_name: str | None = None,
        model_id: str | None = None,
        all: Any = None,
    ) -> "_LocalWebservices":
        del all
        found = Webservice.list(workspace, model_name=model_name, model_id=model_id)
        return [service for service in found if isinstance(service, LocalWebservice)]


def _change_of(tags: Mapping[str, Any] | None, properties: Mapping[str, Any] | None, description: str | None) -> Change:
    """`tags` replace, `properties` only add (U-5)."""
    return Change(
        tags=None if tags is None else texts(tags, "tags"),
        add_properties=texts(properties, "properties"),
        description=description,
    )


_LocalWebservices = list[LocalWebservice]
"""`list` is a method above."""
