"""What v1's services put where a deployment config says nothing. Pure."""

from dataclasses import fields, is_dataclass, replace
from typing import TypeVar

from shipway.domain.service import (
    Auth,
    Autoscale,
    DeploymentConfig,
    EndpointVersion,
    Probe,
    RequestLimits,
    Resources,
    Tls,
)

T = TypeVar("T")

_GB = 1024**3
_ACI = DeploymentConfig(
    compute_type="aci",
    resources=Resources(cpu=0.1, memory_bytes=_GB // 2),
    auth=Auth(key=False, token=False),
    tls=Tls(enabled=False),
    app_insights=False,
)
_AKS = DeploymentConfig(
    compute_type="aks",
    resources=Resources(cpu=0.1, memory_bytes=_GB // 2),
    gpu_cores=0,
    autoscale=Autoscale(enabled=True, min_replicas=1, max_replicas=10, refresh_s=1, target_percent=70),
    auth=Auth(key=True, token=False),
    limits=RequestLimits(scoring_timeout_ms=60_000, max_concurrent=1, max_queue_ms=500),
    probe=Probe(period_s=10, initial_delay_s=310, timeout_s=2, success_threshold=1, failure_threshold=3),
    app_insights=False,
    collect_model_data=False,
)
_DEFAULTS = {
    "local": DeploymentConfig(),
    "aci": _ACI,
    "aks": _AKS,
    "aksendpoint": replace(_AKS, compute_type="aksendpoint", endpoint=EndpointVersion(traffic_percent=0.0)),
}


def defaults_for(compute_type: str) -> DeploymentConfig:
    """What v1's service put where a config said nothing (contract 11.3 to 11.5, 26). KeyError for no compute type."""
    return _DEFAULTS[compute_type]


def with_defaults(config: DeploymentConfig) -> DeploymentConfig:
    """All that will hold: a fixed number of replicas turns autoscaling off, tokens turn keys off."""
    defaults = defaults_for(config.compute_type)
    if config.replicas is not None:
        defaults = replace(defaults, autoscale=Autoscale(enabled=False))
    if config.auth.token:
        defaults = replace(defaults, auth=Auth(key=False))
    return filled(config, defaults)


def filled(given: T, defaults: T) -> T:
    """`given` with the value of `defaults` wherever it has None, at every depth."""
    values = {}
    for field_ in fields(given):  # type: ignore[arg-type]
        own, default = getattr(given, field_.name), getattr(defaults, field_.name)
        both_are_parts = is_dataclass(own) and type(own) is type(default)
        values[field_.name] = filled(own, default) if both_are_parts else default if own is None else own
    return replace(given, **values)  # type: ignore[type-var]
