"""What a deployment config may say (contract 11.6, 11.7). Pure: each fault with the path of its key.

v1 collected what was wrong with an AKS config and reported it in one go; here that holds for every compute type.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias, cast

from shipway.config.deployment_document import AutoScalerKeys, DeploymentDocument
from shipway.config.documents import KeyPath
from shipway.domain.names import service_name_fault

Fault: TypeAlias = tuple[KeyPath, str]

_RESOURCES = "containerResourceRequirements"
_NAMESPACE = re.compile(r"[a-z0-9]([a-z0-9-]{,61}[a-z0-9])?")
_LONGEST_SCORING_MS = 300_000
"""The largest scoringTimeoutMs that v1's service accepted (contract 11.4)."""
_MOST = 2**31 - 1
"""v1's service and Kubernetes count in 32 bits."""

_ABOVE_ZERO: tuple[KeyPath, ...] = (
    (_RESOURCES, "cpu"),
    (_RESOURCES, "cpuLimit"),
    (_RESOURCES, "memoryInGB"),
    (_RESOURCES, "memoryInGBLimit"),
    ("numReplicas",),
    ("autoScaler", "minReplicas"),
    ("autoScaler", "maxReplicas"),
    ("autoScaler", "refreshPeriodInSeconds"),
    ("autoScaler", "targetUtilization"),
    ("scoringTimeoutMs",),
    ("maxConcurrentRequestsPerContainer",),
    ("maxQueueWaitMs",),
    ("livenessProbeRequirements", "periodSeconds"),
    ("livenessProbeRequirements", "initialDelaySeconds"),
    ("livenessProbeRequirements", "timeoutSeconds"),
    ("livenessProbeRequirements", "successThreshold"),
    ("livenessProbeRequirements", "failureThreshold"),
)
_GPUS = ("gpuCores",)
_TLS = ("sslCertificate", "sslKey", "cname")
_DISK_KEY = ("vaultBaseUrl", "keyName", "keyVersion")
_VNET = ("vnetName", "subnetName")


def faults_of(raw: DeploymentDocument, kind: str, read: frozenset[str]) -> Iterator[Fault]:
    """`read` are the keys that count for `kind`: nothing else can be wrong."""
    given = {key: value for key, value in _values(raw).items() if key in read}
    yield from _out_of_measure(given)
    yield from _limits(raw)
    match kind:
        case "local":
            yield from _port(raw)
        case "aci":
            yield from _together(given, _DISK_KEY, "a customer-managed key")
            yield from _together(given, _VNET, "a virtual network")
            yield from _tls(raw)
        case _:
            yield from _cluster(raw, kind)


def _values(raw: DeploymentDocument) -> dict[str, Any]:
    return raw.model_dump(by_alias=True, exclude_none=True)


def _out_of_measure(given: Mapping[str, Any]) -> Iterator[Fault]:
    """G-20."""
    for path in (*_ABOVE_ZERO, _GPUS):
        value = _at(given, path)
        if value is None:
            continue
        shown = f"{value:g}" if isinstance(value, float) else str(value)
        if path == _GPUS and value < 0:
            yield path, f"must be 0 or more, not {shown}"
        elif path != _GPUS and value <= 0:
            yield path, f"must be greater than 0, not {shown}"
        elif value > _MOST:
            yield path, f"must be {_MOST} at most, not {shown}"


def _at(given: Mapping[str, Any], path: KeyPath) -> float | None:
    value: Any = given
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return cast("float | None", value)


def _limits(raw: DeploymentDocument) -> Iterator[Fault]:
    """G-21."""
    resources = raw.container_resource_requirements
    for name, asked, limit in (
        ("cpuLimit", resources.cpu, resources.cpu_limit),
        ("memoryInGBLimit", resources.memory_in_gb, resources.memory_in_gb_limit),
    ):
        if asked is not None and limit is not None and limit < asked:
            yield (_RESOURCES, name), f"must be at least what is asked for, {asked:g}, not {limit:g}"


def _port(raw: DeploymentDocument) -> Iterator[Fault]:
    """G-28."""
    if raw.port is not None and not 1 <= raw.port <= 65535:
        yield ("port",), f"must be 1 to 65535, not {raw.port}"


def _together(given: Mapping[str, Any], keys: tuple[str, ...], what: str) -> Iterator[Fault]:
    """G-27: all or none."""
    there = [key for key in keys if key in given]
    missing = [key for key in keys if key not in given]
    if there and missing:
        yield (there[0],), f"{what} needs {' and '.join(missing)} as well; give all of {', '.join(keys)}, or none"


def _tls(raw: DeploymentDocument) -> Iterator[Fault]:
    """G-27; whether the files are there is for whoever may look."""
    given = _values(raw)
    missing = [key for key in _TLS if key not in given]
    if raw.ssl_enabled and missing:
        yield ("sslEnabled",), f"true needs {' and '.join(missing)} as well"


def _cluster(raw: DeploymentDocument, kind: str) -> Iterator[Fault]:
    yield from _replicas(raw)
    yield from _autoscaler(raw.auto_scaler)
    if raw.auth_enabled and raw.token_auth_enabled:
        yield ("tokenAuthEnabled",), "keys and tokens cannot both be on; set authEnabled or tokenAuthEnabled to false"
    if raw.scoring_timeout_ms is not None and raw.scoring_timeout_ms > _LONGEST_SCORING_MS:
        yield ("scoringTimeoutMs",), f"must be {_LONGEST_SCORING_MS} at most, not {raw.scoring_timeout_ms}"
    if raw.namespace is not None and not _NAMESPACE.fullmatch(raw.namespace):
        allowed = "use 1 to 63 lower-case letters, digits and '-', beginning and ending with a letter or a digit"
        yield ("namespace",), f"{raw.namespace!r} is no namespace of Kubernetes: {allowed}"
    if kind == "aksendpoint":
        yield from _version(raw)


def _replicas(raw: DeploymentDocument) -> Iterator[Fault]:
    """G-22, G-23."""
    enabled = raw.auto_scaler.autoscale_enabled
    if enabled and raw.num_replicas is not None:
        yield (
            ("numReplicas",),
            f"{raw.num_replicas} fixes what autoScaler/autoscaleEnabled lets move; leave one of them out",
        )
    if enabled is False and raw.num_replicas is None:
        yield ("autoScaler", "autoscaleEnabled"), "false needs numReplicas beside it, such as 3"


def _autoscaler(raw: AutoScalerKeys) -> Iterator[Fault]:
    """G-24, G-25."""
    sizes = [key for key in _values_of(raw) if key != "autoscaleEnabled"]
    if sizes and not raw.autoscale_enabled:
        yield (
            ("autoScaler", sizes[0]),
            f"counts only with autoscaleEnabled: true beside it; add that, or leave {', '.join(sizes)} out",
        )
    least, most = raw.min_replicas, raw.max_replicas
    if least is not None and most is not None and least > most:
        yield ("autoScaler", "minReplicas"), f"must be at most maxReplicas, {most}, not {least}"


def _values_of(raw: AutoScalerKeys) -> list[str]:
    known = {field.alias for field in AutoScalerKeys.model_fields.values()}
    return [key for key in raw.model_dump(by_alias=True, exclude_none=True) if key in known]


def _version(raw: DeploymentDocument) -> Iterator[Fault]:
    """G-29, 11.7."""
    share = raw.traffic_percentile
    if share is not None and not 0 <= share <= 100:
        yield ("trafficPercentile",), f"must be 0 to 100, not {share:g}"
    if raw.version_name is not None and (fault := service_name_fault(raw.version_name)):
        yield ("versionName",), fault.replace("service name", "endpoint version", 1)
