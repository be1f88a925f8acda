"""v1's deployment config as it is written, key by key. Only shapes are checked here; the rest is `deployment_rules`."""

from typing import Annotated, TypeAlias

from pydantic import BeforeValidator, Field

from shipway.config.validation import V1Model


def _flag(value: object) -> object:
    """Any text was true to v1 (contract G-4): what says true may be taken for it, what says anything else not."""
    if not isinstance(value, str):
        return value
    if value.strip().lower() != "true":
        raise ValueError(f"{value!r} is text, which v1 took for true; write true or false without quotes")
    return True


Flag: TypeAlias = Annotated[bool, BeforeValidator(_flag)]
Number: TypeAlias = Annotated[float, Field(allow_inf_nan=False)]
Text: TypeAlias = Annotated[str, Field(min_length=1)]


class ResourcesKeys(V1Model):
    """Below containerResourceRequirements."""

    cpu: Number | None = None
    cpu_limit: Number | None = None
    memory_in_gb: Annotated[Number | None, Field(alias="memoryInGB")] = None
    memory_in_gb_limit: Annotated[Number | None, Field(alias="memoryInGBLimit")] = None


class AutoScalerKeys(V1Model):
    """Below autoScaler."""

    autoscale_enabled: Flag | None = None
    min_replicas: int | None = None
    max_replicas: int | None = None
    refresh_period_in_seconds: int | None = None
    target_utilization: int | None = None


class ProbeKeys(V1Model):
    """Below livenessProbeRequirements."""

    period_seconds: int | None = None
    initial_delay_seconds: int | None = None
    timeout_seconds: int | None = None
    success_threshold: int | None = None
    failure_threshold: int | None = None


class DataCollectionKeys(V1Model):
    """Below dataCollection."""

    storage_enabled: Flag | None = None


class KeysKeys(V1Model):
    """Below keys."""

    primary_key: Text | None = None
    secondary_key: Text | None = None


class DeploymentDocument(V1Model):
    """The keys of all compute types; `READ_BY` says which count for which."""

    compute_type: str
    port: int | None = None
    container_resource_requirements: ResourcesKeys = ResourcesKeys()
    gpu_cores: int | None = None
    num_replicas: int | None = None
    auto_scaler: AutoScalerKeys = AutoScalerKeys()
    auth_enabled: Flag | None = None
    token_auth_enabled: Flag | None = None
    scoring_timeout_ms: int | None = None
    max_concurrent_requests_per_container: int | None = None
    max_queue_wait_ms: int | None = None
    liveness_probe_requirements: ProbeKeys = ProbeKeys()
    keys: KeysKeys = KeysKeys()
    app_insights_enabled: Flag | None = None
    data_collection: DataCollectionKeys = DataCollectionKeys()
    namespace: Text | None = None
    compute_target_name: Text | None = None
    version_name: Text | None = None
    traffic_percentile: Number | None = None
    location: Text | None = None
    ssl_enabled: Flag | None = None
    ssl_certificate: Text | None = None
    ssl_key: Text | None = None
    cname: Text | None = None
    dns_name_label: Text | None = None
    vault_base_url: Text | None = None
    key_name: Text | None = None
    key_version: Text | None = None
    vnet_name: Text | None = None
    subnet_name: Text | None = None


OBJECTS = ("containerResourceRequirements", "autoScaler", "dataCollection", "livenessProbeRequirements", "keys")
"""Keys that hold further keys (contract G-3)."""

_EVERYWHERE = frozenset({"computeType", "containerResourceRequirements"})
_CLOUD = _EVERYWHERE | {"authEnabled", "appInsightsEnabled", "keys"}
_CLUSTER = _CLOUD | {
    "autoScaler", "dataCollection", "gpuCores", "livenessProbeRequirements", "maxConcurrentRequestsPerContainer",
    "maxQueueWaitMs", "namespace", "numReplicas", "scoringTimeoutMs", "tokenAuthEnabled",
}  # fmt: skip
READ_BY = {
    "local": _EVERYWHERE | {"port"},
    "aci": _CLOUD
    | {
        "cname", "dnsNameLabel", "keyName", "keyVersion", "location", "sslCertificate", "sslEnabled", "sslKey",
        "subnetName", "vaultBaseUrl", "vnetName",
    },
    "aks": _CLUSTER | {"computeTargetName"},
    "aksendpoint": _CLUSTER | {"trafficPercentile", "versionName"},
}  # fmt: skip
"""Which keys count for which compute type (contract 11.2 to 11.5). v1's local services read the port alone: here a
container on this machine is held to the resources, too."""
