"""v1's deployment config: where a service runs and with what (contract section 11)."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, TypeAlias

from pydantic import Field

from shipway.config.documents import Document, Loaded, as_document, unknown_key
from shipway.config.validation import V1Model, validate, without_nulls
from shipway.domain.service import DeploymentConfig, Resources

_GB = 1024**3
"""As Kubernetes and Azure count v1's memoryInGB."""

Quantity: TypeAlias = Annotated[float, Field(gt=0, allow_inf_nan=False)]

_RESOURCES = "containerResourceRequirements"
_KEYS = ("computeType", "port", _RESOURCES)
_NOT_YET = ("aci", "aks", "aksendpoint")
_OF_CLOUD_TARGETS = frozenset({
    "appInsightsEnabled", "authEnabled", "autoScaler", "computeTargetName", "containerResourceRequirements",
    "dataCollection", "dnsNameLabel", "gpuCores", "keys", "livenessProbeRequirements", "location",
    "maxConcurrentRequestsPerContainer", "maxQueueWaitMs", "namespace", "numReplicas", "scoringTimeoutMs",
    "sslCertPemFile", "sslCname", "sslEnabled", "sslKeyPemFile", "tokenAuthEnabled", "trafficPercentile",
    "versionName",
})  # fmt: skip


class _Resources(V1Model):
    cpu: Quantity | None = None
    cpu_limit: Quantity | None = None
    memory_in_gb: Annotated[Quantity | None, Field(alias="memoryInGB")] = None
    memory_in_gb_limit: Annotated[Quantity | None, Field(alias="memoryInGBLimit")] = None


class _Deployment(V1Model):
    compute_type: str
    port: int | None = None
    container_resource_requirements: _Resources = _Resources()


def load_deployment_config(source: Path | Mapping[str, Any] | Document) -> Loaded[DeploymentConfig]:
    """Unknown keys warn.

    Raises ConfigError for a compute type that is unknown or not there yet, and for a port out of range.
    """
    document = as_document(source, "deployment config")
    raw = validate(_Deployment, replace(document, value=without_nulls(document.value)))
    kind = raw.compute_type.lower()
    if kind in _NOT_YET:
        raise document.fault(("computeType",), f"target {raw.compute_type!r} is not supported yet; use local")
    if kind != "local":
        raise document.fault(
            ("computeType",), f"unknown compute type {raw.compute_type!r}; v1 knows local, aci, aks, aksendpoint"
        )
    if raw.port is not None and not 1 <= raw.port <= 65535:
        raise document.fault(("port",), f"must be 1 to 65535, not {raw.port}")
    resources = _resources(raw.container_resource_requirements, document)
    config = DeploymentConfig(compute_type="local", port=raw.port, resources=resources)
    return Loaded(config, tuple(_warnings(raw, document)))


def _resources(raw: _Resources, document: Document) -> Resources:
    """v1 gave these to ACI and AKS only; a container on this machine can be held to them just as well."""
    for name, asked, limit in (
        ("cpuLimit", raw.cpu, raw.cpu_limit),
        ("memoryInGBLimit", raw.memory_in_gb, raw.memory_in_gb_limit),
    ):
        if asked is not None and limit is not None and limit < asked:
            raise document.fault((_RESOURCES, name), f"must be at least what is asked for, {asked:g}, not {limit:g}")
    return Resources(
        cpu=raw.cpu,
        cpu_limit=raw.cpu_limit,
        memory_bytes=_bytes(raw.memory_in_gb),
        memory_limit_bytes=_bytes(raw.memory_in_gb_limit),
    )


def _bytes(gigabytes: float | None) -> int | None:
    return None if gigabytes is None else round(gigabytes * _GB)


def _warnings(raw: _Deployment, document: Document) -> Iterator[str]:
    for key in raw.model_extra or {}:
        if key in _OF_CLOUD_TARGETS:
            yield document.at((key,), "not used by computeType local")
        else:
            yield document.at((key,), f"ignored: {unknown_key(key, {*_KEYS, *_OF_CLOUD_TARGETS})}")
    resources = raw.container_resource_requirements
    for key in resources.model_extra or {}:
        known = ("cpu", "cpuLimit", "memoryInGB", "memoryInGBLimit")
        yield document.at((_RESOURCES, key), f"ignored: {unknown_key(key, known)}")
