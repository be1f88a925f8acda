"""v1's Model: a registered version, and the verbs that bring models into service (contract sections 12 and 13.1)."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from shipway.azureml._inference_config import InferenceConfig
from shipway.azureml._model_path import MODELS_DIR
from shipway.azureml._registered_model import RegisteredModel
from shipway.azureml._telling import show
from shipway.azureml.environment import Environment
from shipway.azureml.exceptions import (
    ModelNotFoundException,
    RunEnvironmentException,
    UserErrorException,
    WebserviceException,
)

if TYPE_CHECKING:
    from shipway.azureml._packages import ModelPackage
    from shipway.azureml.profile import ModelProfile
    from shipway.azureml.webservice import Webservice
    from shipway.azureml.workspace import Workspace

__all__ = [
    "MODELS_DIR",
    "Environment",
    "InferenceConfig",
    "Model",
    "ModelNotFoundException",
    "ModelPackage",
    "RunEnvironmentException",
    "UserErrorException",
    "WebserviceException",
]


class Model(RegisteredModel):
    """One version of a model in a workspace."""

    @staticmethod
    def deploy(
        workspace: "Workspace",
        name: str,
        models: "Sequence[Model | str]",
        inference_config: InferenceConfig | None = None,
        deployment_config: Any = None,
        deployment_target: Any = None,
        overwrite: bool = False,
        show_output: bool = False,
    ) -> "Webservice":
        """Begins a release and returns at once; `wait_for_deployment` waits for it (13.1).

        Raises WebserviceException for what can be seen to be wrong now; then nothing was begun.
        """
        from shipway.azureml._deploying import deploy

        if show_output:
            Model.print_configuration(models, inference_config, deployment_config, deployment_target)
        return deploy(
            workspace, name, models, inference_config, deployment_config, deployment_target, overwrite=overwrite
        )

    @staticmethod
    def print_configuration(
        models: "Sequence[Model | str]", inference_config: Any, deployment_config: Any, deployment_target: Any = None
    ) -> None:
        """What `deploy(show_output=True)` prints first."""
        named = [model.id if isinstance(model, Model) else str(model) for model in models or ()]
        show(f"Models: {', '.join(named) or 'none'}")
        if inference_config is not None:
            show(f"Entry script: {inference_config.entry_script}")
        if deployment_config is not None:
            deployment_config.print_deploy_configuration()
        if deployment_target is not None:
            show(f"Deployment target: {getattr(deployment_target, 'name', deployment_target)}")

    @staticmethod
    def package(
        workspace: "Workspace",
        models: "Sequence[Model | str]",
        inference_config: InferenceConfig | None = None,
        generate_dockerfile: bool = False,
        image_name: str | None = None,
        image_label: str | None = None,
    ) -> "ModelPackage":
        """An image, or its build context (section 21.1)."""
        from shipway.azureml._packages import package

        return package(
            workspace,
            models,
            inference_config,
            generate_dockerfile=generate_dockerfile,
            image_name=image_name,
            image_label=image_label,
        )

    @staticmethod
    def profile(
        workspace: "Workspace",
        profile_name: str,
        models: "Sequence[Model | str]",
        inference_config: InferenceConfig,
        input_dataset: Any,
        cpu: float | None = None,
        memory_in_gb: float | None = None,
        description: str | None = None,
    ) -> "ModelProfile":
        """How fast it answers with so much of the machine (section 21.2)."""
        from shipway.azureml.profile import profile

        return profile(
            workspace,
            profile_name,
            models,
            inference_config,
            input_dataset,
            cpu=cpu,
            memory_in_gb=memory_in_gb,
            description=description,
        )


def __getattr__(name: str) -> Any:
    if name != "ModelPackage":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from shipway.azureml._packages import ModelPackage

    return ModelPackage
