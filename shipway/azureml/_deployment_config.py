"""v1's deployment configurations: what a script passed, as the document of section 11 that Shipway reads."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from shipway.azureml._section import without_none
from shipway.azureml._telling import show
from shipway.azureml.exceptions import WebserviceException, raised_as

_RESOURCES = "containerResourceRequirements"

_SHARED: dict[str, tuple[str, ...]] = {
    "auth_enabled": ("authEnabled",),
    "cpu_cores": (_RESOURCES, "cpu"),
    "enable_app_insights": ("appInsightsEnabled",),
    "memory_gb": (_RESOURCES, "memoryInGB"),
    "primary_key": ("keys", "primaryKey"),
    "secondary_key": ("keys", "secondaryKey"),
}

ACI_KEYS: dict[str, tuple[str, ...]] = _SHARED | {
    "cmk_key_name": ("keyName",),
    "cmk_key_version": ("keyVersion",),
    "cmk_vault_base_url": ("vaultBaseUrl",),
    "dns_name_label": ("dnsNameLabel",),
    "location": ("location",),
    "ssl_cert_pem_file": ("sslCertificate",),
    "ssl_cname": ("cname",),
    "ssl_enabled": ("sslEnabled",),
    "ssl_key_pem_file": ("sslKey",),
    "subnet_name": ("subnetName",),
    "vnet_name": ("vnetName",),
}
"""Where each parameter of v1's stands in the document (11.3). `collect_model_data` has no key."""

AKS_KEYS: dict[str, tuple[str, ...]] = _SHARED | {
    "autoscale_enabled": ("autoScaler", "autoscaleEnabled"),
    "autoscale_max_replicas": ("autoScaler", "maxReplicas"),
    "autoscale_min_replicas": ("autoScaler", "minReplicas"),
    "autoscale_refresh_seconds": ("autoScaler", "refreshPeriodInSeconds"),
    "autoscale_target_utilization": ("autoScaler", "targetUtilization"),
    "collect_model_data": ("dataCollection", "storageEnabled"),
    "compute_target_name": ("computeTargetName",),
    "cpu_cores_limit": (_RESOURCES, "cpuLimit"),
    "failure_threshold": ("livenessProbeRequirements", "failureThreshold"),
    "gpu_cores": ("gpuCores",),
    "initial_delay_seconds": ("livenessProbeRequirements", "initialDelaySeconds"),
    "max_request_wait_time": ("maxQueueWaitMs",),
    "memory_gb_limit": (_RESOURCES, "memoryInGBLimit"),
    "namespace": ("namespace",),
    "num_replicas": ("numReplicas",),
    "period_seconds": ("livenessProbeRequirements", "periodSeconds"),
    "replica_max_concurrent_requests": ("maxConcurrentRequestsPerContainer",),
    "scoring_timeout_ms": ("scoringTimeoutMs",),
    "success_threshold": ("livenessProbeRequirements", "successThreshold"),
    "timeout_seconds": ("livenessProbeRequirements", "timeoutSeconds"),
    "token_auth_enabled": ("tokenAuthEnabled",),
}
"""11.4."""

ENDPOINT_KEYS: dict[str, tuple[str, ...]] = AKS_KEYS | {
    "traffic_percentile": ("trafficPercentile",),
    "version_name": ("versionName",),
}
"""11.5."""

_WITHOUT_A_KEY = ("collect_model_data", "blobfuse_enabled")
"""Of the SDK's objects alone (11.3); scripts read them back."""

_SAID_APART = ("tags", "properties", "description")
"""G-5: not from the file."""


class WebserviceDeploymentConfiguration:
    """What `deploy_configuration(...)` gives: the settings as attributes under the names they were passed by."""

    compute_type = ""
    keys: ClassVar[Mapping[str, tuple[str, ...]]] = {}

    def __init__(self, given: Mapping[str, Any]) -> None:
        self.tags: dict[str, str] | None = given.get("tags")
        self.properties: dict[str, str] | None = given.get("properties")
        self.description: str | None = given.get("description")
        for name in (*self.keys, *_WITHOUT_A_KEY):
            if name in self.keys or name in given:
                setattr(self, name, given.get(name))

    def as_document(self) -> dict[str, Any]:
        """v1's JSON; what was not given is absent (G-6)."""
        document: dict[str, Any] = {"computeType": self.compute_type}
        for name, path in self.keys.items():
            value = getattr(self, name)
            if value is not None:
                place = document
                for key in path[:-1]:
                    place = place.setdefault(key, {})
                place[path[-1]] = value
        return document

    def validate_configuration(self) -> None:
        """Raises WebserviceException for whatever breaks a rule of 11.6, all of it together."""
        from shipway.config.deployment import load_deployment_config
        from shipway.config.documents import Document

        with raised_as(WebserviceException):
            load_deployment_config(Document(source=type(self).__name__, value=self.as_document()))

    def print_deploy_configuration(self) -> None:
        for name, value in without_none({name: getattr(self, name) for name in self.keys}).items():
            shown = "(hidden)" if name in {"primary_key", "secondary_key"} else value
            show(f"{name}: {shown}")

    def __repr__(self) -> str:
        said = without_none({name: getattr(self, name) for name in (*self.keys, *_SAID_APART)})
        hidden = {name: value for name, value in said.items() if name not in {"primary_key", "secondary_key"}}
        return f"{type(self).__name__}({', '.join(f'{key}={value!r}' for key, value in hidden.items())})"


class LocalWebserviceDeploymentConfiguration(WebserviceDeploymentConfiguration):
    """`port` None is a free one (11.2)."""

    compute_type = "local"
    keys: ClassVar[Mapping[str, tuple[str, ...]]] = {"port": ("port",)}
    port: int | None


class AciServiceDeploymentConfiguration(WebserviceDeploymentConfiguration):
    """11.3."""

    compute_type = "ACI"
    keys: ClassVar[Mapping[str, tuple[str, ...]]] = ACI_KEYS


class AksServiceDeploymentConfiguration(WebserviceDeploymentConfiguration):
    """11.4."""

    compute_type = "AKS"
    keys: ClassVar[Mapping[str, tuple[str, ...]]] = AKS_KEYS


class AksEndpointDeploymentConfiguration(AksServiceDeploymentConfiguration):
    """11.5."""

    compute_type = "AKSENDPOINT"
    keys: ClassVar[Mapping[str, tuple[str, ...]]] = ENDPOINT_KEYS


def passed(given: Mapping[str, Any], besides: Sequence[str] = ("cls", "self")) -> dict[str, Any]:
    """The parameters of a call, from its `locals()`."""
    return {name: value for name, value in given.items() if name not in besides}
