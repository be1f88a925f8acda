"""v1's services on Kubernetes: their settings are read and checked; the target is not there yet."""

from typing import Any, NoReturn

from shipway.azureml._deployment_config import (
    AksEndpointDeploymentConfiguration,
    AksServiceDeploymentConfiguration,
    passed,
)
from shipway.azureml.webservice.webservice import Webservice

__all__ = [
    "AksEndpoint",
    "AksEndpointDeploymentConfiguration",
    "AksServiceDeploymentConfiguration",
    "AksWebservice",
]


class AksWebservice(Webservice):
    """There is none to be had yet."""

    @staticmethod
    def deploy_configuration(
        autoscale_enabled: bool | None = None,
        autoscale_min_replicas: int | None = None,
        autoscale_max_replicas: int | None = None,
        autoscale_refresh_seconds: int | None = None,
        autoscale_target_utilization: int | None = None,
        collect_model_data: bool | None = None,
        auth_enabled: bool | None = None,
        cpu_cores: float | None = None,
        memory_gb: float | None = None,
        enable_app_insights: bool | None = None,
        scoring_timeout_ms: int | None = None,
        replica_max_concurrent_requests: int | None = None,
        max_request_wait_time: int | None = None,
        num_replicas: int | None = None,
        primary_key: str | None = None,
        secondary_key: str | None = None,
        tags: dict[str, str] | None = None,
        properties: dict[str, str] | None = None,
        description: str | None = None,
        gpu_cores: int | None = None,
        period_seconds: int | None = None,
        initial_delay_seconds: int | None = None,
        timeout_seconds: int | None = None,
        success_threshold: int | None = None,
        failure_threshold: int | None = None,
        namespace: str | None = None,
        token_auth_enabled: bool | None = None,
        compute_target_name: str | None = None,
        cpu_cores_limit: float | None = None,
        memory_gb_limit: float | None = None,
        blobfuse_enabled: bool | None = None,
    ) -> AksServiceDeploymentConfiguration:
        """Raises WebserviceException for whatever breaks a rule of 11.6, all of it together."""
        config = AksServiceDeploymentConfiguration(passed(locals()))
        config.validate_configuration()
        return config


class AksEndpoint(AksWebservice):
    """Versions of a service behind one address (13.5). There is none to be had yet."""

    @staticmethod
    def deploy_configuration(  # type: ignore[override]
        autoscale_enabled: bool | None = None,
        autoscale_min_replicas: int | None = None,
        autoscale_max_replicas: int | None = None,
        autoscale_refresh_seconds: int | None = None,
        autoscale_target_utilization: int | None = None,
        collect_model_data: bool | None = None,
        auth_enabled: bool | None = None,
        cpu_cores: float | None = None,
        memory_gb: float | None = None,
        enable_app_insights: bool | None = None,
        scoring_timeout_ms: int | None = None,
        replica_max_concurrent_requests: int | None = None,
        max_request_wait_time: int | None = None,
        num_replicas: int | None = None,
        primary_key: str | None = None,
        secondary_key: str | None = None,
        tags: dict[str, str] | None = None,
        properties: dict[str, str] | None = None,
        description: str | None = None,
        gpu_cores: int | None = None,
        period_seconds: int | None = None,
        initial_delay_seconds: int | None = None,
        timeout_seconds: int | None = None,
        success_threshold: int | None = None,
        failure_threshold: int | None = None,
        namespace: str | None = None,
        token_auth_enabled: bool | None = None,
        version_name: str | None = None,
        traffic_percentile: float | None = None,
        compute_target_name: str | None = None,
        cpu_cores_limit: float | None = None,
        memory_gb_limit: float | None = None,
    ) -> AksEndpointDeploymentConfiguration:
        """Raises WebserviceException for whatever breaks a rule of 11.6, all of it together."""
        config = AksEndpointDeploymentConfiguration(passed(locals()))
        config.validate_configuration()
        return config

    def create_version(self, version_name: str, **settings: Any) -> None:
        """Raises NotImplementedError: a release with traffic steps does on a local target what a version was for."""
        del settings
        _no_versions("create_version", version_name)

    def update_version(self, version_name: str, **settings: Any) -> None:
        del settings
        _no_versions("update_version", version_name)

    def delete_version(self, version_name: str) -> None:
        _no_versions("delete_version", version_name)

    @property
    def versions(self) -> dict[str, AksWebservice]:
        return {}


def _no_versions(verb: str, version: str) -> NoReturn:
    raise NotImplementedError(
        f"AksEndpoint.{verb}({version!r}): there is no AKS target yet; a share of the traffic for a new revision "
        "is what the traffic steps of a release file give it"
    )
