"""Envoy's three documents for one service: the bootstrap, and the clusters and routes that it watches. Pure.

A revision has two clusters of the same address: one for requests that it answers, one for requests mirrored to it, so
that each has its own counts. Envoy passes path, headers and body on as they are (it adds x-forwarded-proto, and nothing
on the way back), and waits as long as a model takes: its own defaults (15 s for an answer, 5 minutes of silence, 1024
requests at once) would break scripts that worked in v1.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from shipway.domain.service import GatewayConfig, Traffic

Document: TypeAlias = dict[str, Any]

ROUTES = "score"
"""The name of the one route table."""

CLUSTERS_FILE = "clusters.json"
ROUTES_FILE = "routes.json"

RETRY_AFTER_S = 5
_NO_LIMIT = 1_000_000
_UPSTREAM_IDLE = "60s"
"""Shorter than the scoring server's own 620 s: whoever sends requests must be the one who closes an idle connection."""

_TYPES = "type.googleapis.com/envoy"
_HTTP = f"{_TYPES}.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"


@dataclass(frozen=True, kw_only=True)
class GatewaySpec:
    """One service's gateway as it should be. `revisions` maps a revision id to the `host:port` where it answers.

    `concurrency` is how many requests one revision works on at once: what is beyond it waits, and counts for
    `settings.max_queue`.
    """

    service: str
    listener_port: int
    revisions: Mapping[str, str]
    traffic: Traffic
    settings: GatewayConfig
    concurrency: int = 1


def revision_cluster(revision_id: str) -> str:
    return f"revision-{revision_id}"


def mirror_cluster(revision_id: str) -> str:
    return f"mirror-{revision_id}"


def bootstrap(spec: GatewaySpec, *, admin_socket: str, watched: str) -> Document:
    """What Envoy starts with; only a change of the listener's port needs another start."""
    return {
        "node": {"id": spec.service, "cluster": "shipway"},
        "admin": {"address": {"pipe": {"path": admin_socket, "mode": 0o600}}},
        "stats_flush_interval": "1s",  # latency quantiles are empty until the first flush
        "dynamic_resources": {"cds_config": _watch(watched, CLUSTERS_FILE)},
        "static_resources": {"listeners": [_listener(spec, watched)]},
    }


def clusters(spec: GatewaySpec, *, keep: Mapping[str, str] | None = None) -> Document:
    """The clusters of all revisions. `keep` are revisions that routes may still name until new ones are in force."""
    addresses = {**(keep or {}), **spec.revisions}
    each = sorted(addresses.items())
    return _answer(
        "config.cluster.v3.Cluster",
        [
            _cluster(name(revision), address, spec)
            for revision, address in each
            for name in (revision_cluster, mirror_cluster)
        ],
    )


def routes(spec: GatewaySpec) -> Document:
    """The one route: by weights, or 503 with the reason while there are none."""
    route = {"match": {"prefix": "/"}, **(_split(spec) if spec.traffic.weights else _nothing_yet(spec))}
    virtual_host = {"name": spec.service, "domains": ["*"], "routes": [route]}
    return _answer("config.route.v3.RouteConfiguration", [{"name": ROUTES, "virtual_hosts": [virtual_host]}])


def _answer(kind: str, resources: list[Document]) -> Document:
    """A discovery response. Its version is its digest, so that Envoy can be asked whether it has taken this one."""
    typed = [{"@type": f"{_TYPES}.{kind}", **resource} for resource in resources]
    version = hashlib.sha256(json.dumps(typed, sort_keys=True).encode()).hexdigest()
    return {"version_info": version, "resources": typed}


def _watch(folder: str, file: str) -> Document:
    return {"path_config_source": {"path": f"{folder}/{file}", "watched_directory": {"path": folder}}}


def _split(spec: GatewaySpec) -> Document:
    weighted = [
        {"name": revision_cluster(revision), "weight": weight}
        for revision, weight in sorted(spec.traffic.weights.items())
    ]
    action: Document = {
        "weighted_clusters": {"clusters": weighted},
        "timeout": _seconds(spec.settings.timeout_ms or 0),  # 0: none
        # Only where no part of a request can have been processed: scoring twice may not be the same as scoring once.
        "retry_policy": {
            "retry_on": "connect-failure,refused-stream,reset-before-request",
            "num_retries": 2,
            "retry_back_off": {"base_interval": "0.025s", "max_interval": "0.250s"},
        },
    }
    if spec.traffic.mirror:
        action["request_mirror_policies"] = [_mirror(spec.traffic.mirror.revision_id, spec.traffic.mirror.percent)]
    return {"route": action}


def _mirror(revision_id: str, percent: int) -> Document:
    return {
        "cluster": mirror_cluster(revision_id),
        "runtime_fraction": {"default_value": {"numerator": percent, "denominator": "HUNDRED"}},
        "disable_shadow_host_suffix_append": True,
    }


def _nothing_yet(spec: GatewaySpec) -> Document:
    message = f"service {spec.service} has no revision in service yet: none has been promoted"
    return {
        "direct_response": {"status": 503, "body": {"inline_string": json.dumps({"message": message})}},
        "response_headers_to_add": [_header("Content-Type", "application/json"), _retry_after()],
    }


def _seconds(milliseconds: int) -> str:
    return f"{milliseconds // 1000}.{milliseconds % 1000:03d}s"


def _header(name: str, value: str) -> Document:
    return {"header": {"key": name, "value": value}, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}


def _retry_after() -> Document:
    return _header("Retry-After", str(RETRY_AFTER_S))


def _cluster(name: str, address: str, spec: GatewaySpec) -> Document:
    host, _, port = address.rpartition(":")
    endpoint = {"address": {"socket_address": {"address": host, "port_value": int(port)}}}
    return {
        "name": name,
        "type": "STATIC",
        "connect_timeout": "2s",
        "load_assignment": {
            "cluster_name": name,
            "endpoints": [{"lb_endpoints": [{"endpoint": endpoint}]}],
        },
        "circuit_breakers": {"thresholds": [_thresholds(spec)]},
        "typed_extension_protocol_options": {
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
                "@type": f"{_TYPES}.extensions.upstreams.http.v3.HttpProtocolOptions",
                "common_http_protocol_options": {"idle_timeout": _UPSTREAM_IDLE, "max_headers_count": 1000},
                "explicit_http_config": {"http_protocol_options": _keep_case()},
            }
        },
    }


def _thresholds(spec: GatewaySpec) -> Document:
    """A revision's server takes every connection, so that nothing would ever wait *here* for one: what is limited is
    how many requests are with the revision, being answered or waiting."""
    queue = spec.settings.max_queue
    return {
        "max_connections": _NO_LIMIT,
        "max_pending_requests": _NO_LIMIT,
        "max_requests": _NO_LIMIT if queue is None else spec.concurrency + queue,
        "max_retries": _NO_LIMIT,
    }


def _keep_case() -> Document:
    formatter = f"{_TYPES}.extensions.http.header_formatters.preserve_case.v3.PreserveCaseFormatterConfig"
    preserve = {"name": "preserve_case", "typed_config": {"@type": formatter}}
    return {"header_key_format": {"stateful_formatter": preserve}}


def _listener(spec: GatewaySpec, watched: str) -> Document:
    return {
        "name": "score",
        "address": {"socket_address": {"address": "127.0.0.1", "port_value": spec.listener_port}},
        "enable_reuse_port": False,  # with it, two gateways would share a port without a word
        "filter_chains": [{"filters": [{"name": "http", "typed_config": _http(watched)}]}],
    }


def _http(watched: str) -> Document:
    return {
        "@type": _HTTP,
        "stat_prefix": "score",
        "codec_type": "AUTO",
        "rds": {"route_config_name": ROUTES, "config_source": _watch(watched, ROUTES_FILE)},
        "http_filters": [_router()],
        "local_reply_config": _replies(),
        # unchanged on the way in
        "normalize_path": False,
        "merge_slashes": False,
        "path_with_escaped_slashes_action": "KEEP_UNCHANGED",
        "skip_xff_append": True,
        "generate_request_id": False,
        "preserve_external_request_id": True,
        "proxy_100_continue": True,
        # unchanged on the way out
        "server_header_transformation": "PASS_THROUGH",
        # as large and as slow as the scoring server allows, which then says so in its own words
        "max_request_headers_kb": 96,
        "common_http_protocol_options": {"max_headers_count": 1000, "idle_timeout": "3600s"},
        "http_protocol_options": {"accept_http_10": True, "default_host_for_http_10": "localhost", **_keep_case()},
        "stream_idle_timeout": "0s",
        "request_headers_timeout": "60s",
    }


def _router() -> Document:
    router = f"{_TYPES}.extensions.filters.http.router.v3.Router"
    return {"name": "router", "typed_config": {"@type": router, "suppress_envoy_headers": True}}


def _replies() -> Document:
    """What Envoy says where no revision could: JSON, as the scoring server's own errors are for a client."""
    return {
        "mappers": [
            _reply(["UO"], "too many requests are waiting for this service; try again", retry=True),
            _reply(["UT"], "the model did not answer within the time that the service's gateway allows"),
            _reply(["UF", "UC", "UR", "LR", "UH", "NC"], "the revision of this service does not answer", retry=True),
        ]
    }


def _reply(flags: list[str], message: str, *, retry: bool = False) -> Document:
    return {
        "filter": {"response_flag_filter": {"flags": flags}},
        "body_format_override": {"json_format": {"message": message}},
        "headers_to_add": [_retry_after()] if retry else [],
    }
