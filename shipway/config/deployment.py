"""v1's deployment config: where a service runs and with what (contract section 11)."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from shipway.config.documents import Document, Loaded, as_document, unknown_key
from shipway.config.validation import V1Model, validate, without_nulls
from shipway.domain.service import DeploymentConfig

_NOT_YET = ("aci", "aks", "aksendpoint")
_OF_CLOUD_TARGETS = frozenset({
    "appInsightsEnabled", "authEnabled", "autoScaler", "computeTargetName", "containerResourceRequirements",
    "dataCollection", "dnsNameLabel", "gpuCores", "keys", "livenessProbeRequirements", "location",
    "maxConcurrentRequestsPerContainer", "maxQueueWaitMs", "namespace", "numReplicas", "scoringTimeoutMs",
    "sslCertPemFile", "sslCname", "sslEnabled", "sslKeyPemFile", "tokenAuthEnabled", "trafficPercentile",
    "versionName",
})  # fmt: skip


class _Deployment(V1Model):
    compute_type: str
    port: int | None = None


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
    return Loaded(DeploymentConfig(compute_type="local", port=raw.port), tuple(_warnings(raw, document)))


def _warnings(raw: _Deployment, document: Document) -> Iterator[str]:
    for key in raw.model_extra or {}:
        if key in _OF_CLOUD_TARGETS:
            yield document.at((key,), "not used by computeType local")
        else:
            yield document.at((key,), f"ignored: {unknown_key(key, {'computeType', 'port', *_OF_CLOUD_TARGETS})}")
