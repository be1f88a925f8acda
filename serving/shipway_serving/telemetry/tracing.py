"""Whether traces and logs go out as OpenTelemetry signals, and whom they say they come from.

Nothing of OpenTelemetry is imported unless they do: off costs nothing, and no dependency. What was App Insights in v1
(section 19) is this: requests, exceptions with their tracebacks and what the script prints, sent over OTLP to whatever
``OTEL_EXPORTER_OTLP_ENDPOINT`` names. It never stands between a request and its answer.
"""

import os
from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Tuple

FIRST_PYTHON = (3, 7)
"""OpenTelemetry's first release for Python was for this one."""

ENDPOINTS = {
    "traces": ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"),
    "logs": ("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"),
}

LONGEST_RECORD = 64 * 1024
"""Characters; App Insights took no more (T-2)."""


class Wish(NamedTuple):
    """What is to be sent."""

    traces: bool
    logs: bool
    complaint: str = ""
    """What was asked for and cannot be; for the log, once."""


class Origin(NamedTuple):
    """Who sends."""

    service: str
    version: str
    workspace: str
    container: str
    """The host's name, which is a container's id (T-3)."""
    models: Tuple[str, ...] = ()
    """As ``name:version`` (T-4)."""


def wish(environment: Mapping[str, str], app_insights: bool, python: Tuple[int, ...]) -> Wish:
    """What ``environment`` asks for, by OpenTelemetry's own variables; ``app_insights`` is v1's setting. Pure."""
    if environment.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return Wish(False, False)
    traces, logs = (_is_asked_for(environment, signal) for signal in ("traces", "logs"))
    if not traces and not logs:
        return Wish(False, False, _NOWHERE if app_insights else "")
    if python[:2] < FIRST_PYTHON:
        return Wish(False, False, _TOO_OLD.format(*python))
    protocol = protocol_of(environment)
    if protocol not in ("http/protobuf", "grpc"):
        return Wish(False, False, _PROTOCOL.format(protocol))
    return Wish(traces, logs)


def protocol_of(environment: Mapping[str, str]) -> str:
    """The way that OTLP takes; one for both signals."""
    return environment.get("OTEL_EXPORTER_OTLP_PROTOCOL") or "http/protobuf"


_NOWHERE = (
    "AML_APP_INSIGHTS_ENABLED is set and OTEL_EXPORTER_OTLP_ENDPOINT is not, so no telemetry is sent: "
    "set it to the address of an OpenTelemetry collector, whose exporter for Azure Monitor takes the key."
)
_OFF = "Traces were asked for and are off: "
_TOO_OLD = _OFF + "OpenTelemetry begins at Python 3.7, and this is {}.{}. Logs and metrics are not concerned."
_PROTOCOL = _OFF + "OTEL_EXPORTER_OTLP_PROTOCOL is {!r}; it has to be http/protobuf or grpc."
_NOT_INSTALLED = _OFF + "{} cannot be imported; add opentelemetry-exporter-otlp-proto-{} to the environment."


def _is_asked_for(environment: Mapping[str, str], signal: str) -> bool:
    chosen = environment.get(f"OTEL_{signal.upper()}_EXPORTER", "").lower()
    named = any(environment.get(name) for name in ENDPOINTS[signal])
    return chosen == "otlp" or (named and chosen in ("", "otlp"))


def start(
    environment: Mapping[str, str], app_insights: bool, log_responses: bool, python: Tuple[int, ...], origin: Origin
) -> Tuple[Any, str]:
    """Begin to send what ``wish`` says: a ``tracing_spans.Tracing`` or None, and a complaint for the log or nothing.

    ``log_responses`` puts responses into the traces, which v1 did with App Insights on unless told otherwise (T-2).
    """
    wanted = wish(environment, app_insights, python)
    if not wanted.traces and not wanted.logs:
        return None, wanted.complaint
    attributes = resource_attributes(origin, environment)
    way = "grpc" if protocol_of(environment) == "grpc" else "http"
    try:
        from shipway_serving.telemetry.tracing_spans import Tracing

        return Tracing(wanted, attributes, way, with_responses=app_insights and log_responses), ""
    except ImportError as error:
        return None, _NOT_INSTALLED.format(error.name or error, way)


def resource_attributes(origin: Origin, environment: Mapping[str, str]) -> Dict[str, Any]:
    """``origin`` under OpenTelemetry's names; what its variables name is left to them. Pure."""
    ours: Dict[str, Any] = {
        "service.name": origin.service,
        "service.version": origin.version,
        "service.namespace": origin.workspace,
        "host.name": origin.container,
        "azureml.models": list(origin.models),
    }
    theirs = {pair.partition("=")[0].strip() for pair in environment.get("OTEL_RESOURCE_ATTRIBUTES", "").split(",")}
    if environment.get("OTEL_SERVICE_NAME"):
        theirs.add("service.name")
    return {name: value for name, value in ours.items() if value and name not in theirs}


def model_ids(model_dir: Optional[str]) -> Tuple[str, ...]:
    """The models in the folder AZUREML_MODEL_DIR as ``name:version`` (T-4); reads folders only.

    A folder whose last part is a number is one model's version; below any other, every ``<name>/<version>`` counts.
    """
    if not model_dir:
        return ()
    above, last = os.path.split(os.path.abspath(model_dir))
    if last.isdigit():
        return (f"{os.path.basename(above)}:{last}",)
    found: List[str] = []
    for name in _folders(model_dir):
        found.extend(f"{name}:{version}" for version in _folders(os.path.join(model_dir, name)) if version.isdigit())
    return tuple(found)


def _folders(place: str) -> List[str]:
    try:
        return sorted(entry.name for entry in os.scandir(place) if entry.is_dir())
    except OSError:
        return []
