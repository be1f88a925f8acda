"""v1's deployment config: where a service runs and with what (contract section 11)."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from shipway.config.deployment_document import OBJECTS, READ_BY, DeploymentDocument
from shipway.config.deployment_keys import MEANT, TOLD_BY_FLAGS, homes
from shipway.config.deployment_rules import faults_of
from shipway.config.documents import Document, KeyPath, Loaded, as_document, unknown_key
from shipway.config.paths import is_there
from shipway.config.validation import unknown_keys, validate_all, without_nulls
from shipway.domain.secret import Secret
from shipway.domain.service import (
    Auth,
    Autoscale,
    DeploymentConfig,
    DiskKey,
    EndpointVersion,
    Network,
    Probe,
    RequestLimits,
    Resources,
    ServiceKeys,
    Tls,
)
from shipway.errors import ConfigError

_GB = 1024**3
"""As Kubernetes and Azure count v1's memoryInGB."""


def load_deployment_config(
    source: Path | Mapping[str, Any] | Document, *, working_directory: Path | None = None
) -> Loaded[DeploymentConfig]:
    """Certificates are looked for in `working_directory`, by default the process's own. Unknown keys warn.

    Raises ConfigError for a compute type that v1 has not, and for all that is wrong with the rest: a line each.
    """
    document = as_document(source, "deployment config")
    plain = replace(document, value=without_nulls(document.value))
    _refuse_another_config(plain)
    raw, unreadable = validate_all(DeploymentDocument, plain)
    kind = raw.compute_type.lower() if raw else ""
    read = frozenset(READ_BY.get(kind, ()))
    folder = (working_directory or Path()).absolute()
    faults = list(_faults(raw, kind, read, folder)) if raw else []
    told = [document.at(path, words) for path, words in faults if not _is_for_want_of(unreadable, words)]
    if unreadable or told or raw is None:
        raise ConfigError("\n".join([*unreadable.values(), *told]))
    kept = raw.model_copy(update={name: DeploymentDocument.model_fields[name].default for name in _unread(read)})
    return Loaded(_config(kept, kind, folder), (*document.remarks, *_warnings(raw, document, kind, read)))


def _refuse_another_config(document: Document) -> None:
    content = document.value
    if isinstance(content, Mapping) and "computeType" not in content and "entryScript" in content:
        raise document.fault((), "is an inference config: it has entryScript; give it as such")


def _faults(raw: DeploymentDocument, kind: str, read: frozenset[str], folder: Path) -> Iterator[tuple[KeyPath, str]]:
    if not read:
        yield ("computeType",), f"unknown compute type {raw.compute_type!r}; v1 knows {', '.join(READ_BY)}"
        return
    yield from faults_of(raw, kind, read)
    if kind == "aci":
        yield from _missing_certificates(raw, folder)


def _is_for_want_of(unreadable: Collection[KeyPath], words: str) -> bool:
    """Whether a rule asks for a key that is given, and could not be read."""
    return any(str(path[-1]) in words for path in unreadable)


def _missing_certificates(raw: DeploymentDocument, folder: Path) -> Iterator[tuple[KeyPath, str]]:
    """G-27."""
    if not raw.ssl_enabled:
        return
    for key, name in (("sslCertificate", raw.ssl_certificate), ("sslKey", raw.ssl_key)):
        if name is not None and not is_there(folder / name):
            yield (key,), f"no such file: {folder / name}"


def _unread(read: frozenset[str]) -> list[str]:
    return [name for name, field in DeploymentDocument.model_fields.items() if field.alias not in read]


def _config(raw: DeploymentDocument, kind: str, folder: Path) -> DeploymentConfig:
    scaler, probe, keys = raw.auto_scaler, raw.liveness_probe_requirements, raw.keys
    return DeploymentConfig(
        compute_type=kind,
        port=raw.port,
        resources=_resources(raw),
        gpu_cores=raw.gpu_cores,
        replicas=raw.num_replicas,
        autoscale=Autoscale(
            enabled=scaler.autoscale_enabled,
            min_replicas=scaler.min_replicas,
            max_replicas=scaler.max_replicas,
            refresh_s=scaler.refresh_period_in_seconds,
            target_percent=scaler.target_utilization,
        ),
        auth=Auth(key=raw.auth_enabled, token=raw.token_auth_enabled),
        limits=RequestLimits(
            scoring_timeout_ms=raw.scoring_timeout_ms,
            max_concurrent=raw.max_concurrent_requests_per_container,
            max_queue_ms=raw.max_queue_wait_ms,
        ),
        probe=Probe(
            period_s=probe.period_seconds,
            initial_delay_s=probe.initial_delay_seconds,
            timeout_s=probe.timeout_seconds,
            success_threshold=probe.success_threshold,
            failure_threshold=probe.failure_threshold,
        ),
        tls=_tls(raw, folder),
        network=Network(
            location=raw.location, dns_label=raw.dns_name_label, vnet=raw.vnet_name, subnet=raw.subnet_name
        ),
        disk_key=_disk_key(raw),
        app_insights=raw.app_insights_enabled,
        collect_model_data=raw.data_collection.storage_enabled,
        compute_target=raw.compute_target_name,
        namespace=raw.namespace,
        endpoint=EndpointVersion(name=raw.version_name, traffic_percent=raw.traffic_percentile),
        keys=_keys(keys.primary_key, keys.secondary_key),
    )


def _resources(raw: DeploymentDocument) -> Resources:
    """v1 gave these to ACI and AKS only; a container on this machine can be held to them just as well."""
    given = raw.container_resource_requirements
    return Resources(
        cpu=given.cpu,
        cpu_limit=given.cpu_limit,
        memory_bytes=_bytes(given.memory_in_gb),
        memory_limit_bytes=_bytes(given.memory_in_gb_limit),
    )


def _bytes(gigabytes: float | None) -> int | None:
    return None if gigabytes is None else round(gigabytes * _GB)


def _tls(raw: DeploymentDocument, folder: Path) -> Tls:
    certificate, key = (None if name is None else str(folder / name) for name in (raw.ssl_certificate, raw.ssl_key))
    return Tls(enabled=raw.ssl_enabled, certificate=certificate, key=key, cname=raw.cname)


def _disk_key(raw: DeploymentDocument) -> DiskKey | None:
    if raw.vault_base_url is None or raw.key_name is None or raw.key_version is None:
        return None
    return DiskKey(vault_url=raw.vault_base_url, name=raw.key_name, version=raw.key_version)


def _keys(primary: str | None, secondary: str | None) -> ServiceKeys | None:
    if primary is None and secondary is None:
        return None
    return ServiceKeys(primary=_secret(primary), secondary=_secret(secondary))


def _secret(text: str | None) -> Secret | None:
    return None if text is None else Secret(text)


def _warnings(raw: DeploymentDocument, document: Document, kind: str, read: frozenset[str]) -> Iterator[str]:
    given = document.value
    assert isinstance(given, Mapping)
    for key in given:
        if key in OBJECTS and given[key] is None:
            yield document.at((key,), "null, which v1 refused, is taken as not given")
        elif homes().get(key) == (key,) and key not in read and given[key] is not None:
            yield document.at((key,), _unused(str(key), kind))
    for path in _texts_for_true(raw, given):
        yield document.at(path, "taken as true; write it without quotes")
    if kind.startswith("aks") and raw.token_auth_enabled and raw.auth_enabled is None:
        yield document.at(
            ("tokenAuthEnabled",), "turns keys off, which are on by default; say so with authEnabled: false"
        )
    for path, key, known in unknown_keys(raw):
        yield document.at((*path, key), f"ignored: {_meant(path, key, known)}")


def _unused(key: str, kind: str) -> str:
    why = "; on AKS the certificate is the cluster's" if key.startswith("ssl") and kind.startswith("aks") else ""
    return f"not used by computeType {kind}{why}"


def _texts_for_true(raw: DeploymentDocument, given: Mapping[str, Any]) -> Iterator[KeyPath]:
    """Where a text stands for true, the model has True."""
    for key, value in raw.model_dump(by_alias=True, exclude_none=True).items():
        if value is True and isinstance(given.get(key), str):
            yield (key,)
        elif isinstance(value, Mapping):
            inner = given.get(key) or {}
            yield from ((key, name) for name in value if value[name] is True and isinstance(inner.get(name), str))


def _meant(path: KeyPath, key: str, known: list[str]) -> str:
    """The nearest key, wherever it belongs: v1's users also write the SDK's names, or the right key a level off."""
    if key in TOLD_BY_FLAGS and not path:
        return f"v1 never read it from this file either; give {TOLD_BY_FLAGS[key]}"
    home = MEANT.get(key) or homes().get(key)
    if home is not None and home != (*path, key):
        return f"unknown key here, did you mean {'/'.join(map(str, home))}?"
    return unknown_key(key, known)
