"""Which keys a deployment config has, and which one is meant by what people write in their place."""

from functools import cache

from pydantic import BaseModel

from shipway.config.deployment_document import DeploymentDocument
from shipway.config.documents import KeyPath

_RESOURCES, _SCALER, _PROBE = "containerResourceRequirements", "autoScaler", "livenessProbeRequirements"

MEANT: dict[str, KeyPath] = {
    "ComputeTarget": ("computeTargetName",),
    "compute_target_name": ("computeTargetName",),
    "enableAppInsights": ("appInsightsEnabled",),
    "enable_app_insights": ("appInsightsEnabled",),
    "collect_model_data": ("dataCollection", "storageEnabled"),
    "cpu_cores": (_RESOURCES, "cpu"),
    "cpu_cores_limit": (_RESOURCES, "cpuLimit"),
    "memory_gb": (_RESOURCES, "memoryInGB"),
    "memory_gb_limit": (_RESOURCES, "memoryInGBLimit"),
    "memoryInGb": (_RESOURCES, "memoryInGB"),
    "autoscale_enabled": (_SCALER, "autoscaleEnabled"),
    "autoscale_min_replicas": (_SCALER, "minReplicas"),
    "autoscale_max_replicas": (_SCALER, "maxReplicas"),
    "autoscale_refresh_seconds": (_SCALER, "refreshPeriodInSeconds"),
    "autoscale_target_utilization": (_SCALER, "targetUtilization"),
    "replica_max_concurrent_requests": ("maxConcurrentRequestsPerContainer",),
    "max_request_wait_time": ("maxQueueWaitMs",),
    "primary_key": ("keys", "primaryKey"),
    "secondary_key": ("keys", "secondaryKey"),
    "period_seconds": (_PROBE, "periodSeconds"),
    "initial_delay_seconds": (_PROBE, "initialDelaySeconds"),
    "timeout_seconds": (_PROBE, "timeoutSeconds"),
    "success_threshold": (_PROBE, "successThreshold"),
    "failure_threshold": (_PROBE, "failureThreshold"),
    "ssl_cert_pem_file": ("sslCertificate",),
    "sslCertPemFile": ("sslCertificate",),
    "ssl_key_pem_file": ("sslKey",),
    "sslKeyPemFile": ("sslKey",),
    "ssl_cname": ("cname",),
    "sslCname": ("cname",),
    "cmk_vault_base_url": ("vaultBaseUrl",),
    "cmk_key_name": ("keyName",),
    "cmk_key_version": ("keyVersion",),
}
"""The SDK's names of the same things (contract 11.3, 11.4), and slips seen in public files (G-2)."""

TOLD_BY_FLAGS = {"tags": "--tag", "properties": "--property", "description": "--description"}
"""G-5."""


def _homes(model: type[BaseModel], above: KeyPath) -> dict[str, KeyPath]:
    found: dict[str, KeyPath] = {}
    for name, field in model.model_fields.items():
        key = field.alias or name
        found[key] = (*above, key)
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            found |= _homes(field.annotation, (*above, key))
    return found


@cache
def homes() -> dict[str, KeyPath]:
    """Where each key belongs."""
    return _homes(DeploymentDocument, ())
