"""Reading back from Envoy's admin socket: which documents are in force, who gets which share, and what was counted.

What ends in `_in` is pure; everything here may be repeated.
"""

import http.client
import json
import socket
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from shipway.domain.service import NO_TRAFFIC, Mirror, RevisionStats, Traffic
from shipway.errors import GatewayError
from shipway.gateway.config import CLUSTERS_FILE, ROUTES, ROUTES_FILE, mirror_cluster, revision_cluster

_VERSIONS = {
    CLUSTERS_FILE: "cluster_manager.cds.version_text",
    ROUTES_FILE: f"http.score.rds.{ROUTES}.version_text",
}
_ANSWERED = ("upstream_rq_2xx", "upstream_rq_3xx", "upstream_rq_4xx", "upstream_rq_5xx")
_BROKEN_OFF = "upstream_cx_protocol_error"
"""An answer that ended before its time: its status was counted as good."""


class _Connection(http.client.HTTPConnection):
    """HTTP over a unix socket."""

    def __init__(self, path: Path, timeout_s: float) -> None:
        super().__init__("localhost", timeout=timeout_s)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def is_open(admin_socket: Path) -> bool:
    """Whether a process listens there, however busy."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(str(admin_socket))
        except (ConnectionRefusedError, FileNotFoundError):
            return False
        except OSError:
            return True
    return True


def get(admin_socket: Path, path: str) -> Any:
    """The JSON that Envoy answers with. Raises GatewayError when it does not answer."""
    return json.loads(_ask(admin_socket, "GET", path))


def close_listeners(admin_socket: Path) -> None:
    """No new connection from now on; every answer on those that are there is their last."""
    _ask(admin_socket, "POST", "/drain_listeners?graceful&skip_exit")
    _ask(admin_socket, "POST", "/drain_listeners")


def requests_under_way(admin_socket: Path) -> int:
    stats = get(admin_socket, "/stats?format=json&filter=%5Ehttp%5C.score%5C.downstream_rq_active$")["stats"]
    return sum(int(each["value"]) for each in stats if "value" in each)


def _ask(admin_socket: Path, method: str, path: str, *, timeout_s: float = 5.0) -> bytes:
    connection = _Connection(admin_socket, timeout_s)
    try:
        connection.request(method, path)
        response = connection.getresponse()
        body = response.read()
    except (OSError, http.client.HTTPException) as error:
        raise GatewayError(f"the gateway does not answer on {admin_socket}: {error or type(error).__name__}") from error
    finally:
        connection.close()
    if response.status != http.client.OK:
        raise GatewayError(f"the gateway answers {response.status} to {path}: {body[:200].decode(errors='replace')}")
    return body


def versions_in_force(admin_socket: Path) -> dict[str, str]:
    """By the name of the file; empty before the first is taken."""
    stats = get(admin_socket, "/stats?type=TextReadouts&format=json&filter=version_text")["stats"]
    values = {each["name"]: each["value"] for each in stats if "name" in each}
    return {file: values.get(name, "") for file, name in _VERSIONS.items()}


def read_traffic(admin_socket: Path) -> Traffic:
    dump = get(admin_socket, "/config_dump?resource=dynamic_route_configs")
    return traffic_in(dump)


def read_stats(admin_socket: Path, revisions: Collection[str], *, mirrored: bool) -> dict[str, RevisionStats]:
    dump = get(admin_socket, "/stats?format=json&usedonly&filter=%5Ecluster%5C.(revision%7Cmirror)-")
    return stats_in(dump, revisions, mirrored=mirrored)


def traffic_in(dump: Mapping[str, Any]) -> Traffic:
    """From a dump of the dynamic route configurations. What has the default value is absent there."""
    tables = [each["route_config"] for each in dump.get("configs", ()) if "route_config" in each]
    actions = [
        route.get("route", {})
        for table in tables
        if table["name"] == ROUTES
        for host in table["virtual_hosts"]
        for route in host["routes"]
    ]
    if not actions or "weighted_clusters" not in actions[0]:
        return NO_TRAFFIC
    weighted = actions[0]["weighted_clusters"]["clusters"]
    weights = {_revision(each["name"]): int(each.get("weight", 0)) for each in weighted}
    return Traffic(weights=weights, mirror=_mirror_in(actions[0]))


def _mirror_in(action: Mapping[str, Any]) -> Mirror | None:
    for policy in action.get("request_mirror_policies", ()):
        percent = policy["runtime_fraction"]["default_value"]["numerator"]
        return Mirror(revision_id=_revision(policy["cluster"]), percent=int(percent))
    return None


def _revision(cluster: str) -> str:
    return cluster.partition("-")[2]


def addresses_in(document: Mapping[str, Any]) -> dict[str, str]:
    """Revision -> `host:port`, from a document of clusters."""
    found = {}
    for cluster in document["resources"]:
        if cluster["name"] == revision_cluster(_revision(cluster["name"])):
            endpoint = cluster["load_assignment"]["endpoints"][0]["lb_endpoints"][0]["endpoint"]
            address = endpoint["address"]["socket_address"]
            found[_revision(cluster["name"])] = f"{address['address']}:{address['port_value']}"
    return found


def stats_in(dump: Mapping[str, Any], revisions: Collection[str], *, mirrored: bool) -> dict[str, RevisionStats]:
    """From the admin's JSON statistics; a revision that saw no request has zeros."""
    name = mirror_cluster if mirrored else revision_cluster
    counters = {each["name"]: each["value"] for each in dump["stats"] if "name" in each}
    quantiles = _quantiles(dump)
    return {each: _stats(each, f"cluster.{name(each)}", counters, quantiles) for each in revisions}


def _stats(
    revision_id: str, prefix: str, counters: Mapping[str, int], quantiles: Mapping[str, Mapping[float, float]]
) -> RevisionStats:
    requests = sum(counters.get(f"{prefix}.{each}", 0) for each in _ANSWERED)
    failures = counters.get(f"{prefix}.upstream_rq_5xx", 0) + counters.get(f"{prefix}.{_BROKEN_OFF}", 0)
    times = quantiles.get(f"{prefix}.upstream_rq_time", {})
    return RevisionStats(
        revision_id=revision_id,
        requests=requests,
        failures=min(failures, requests),
        p50_ms=times.get(50),
        p95_ms=times.get(95),
        p99_ms=times.get(99),
    )


def _quantiles(dump: Mapping[str, Any]) -> dict[str, dict[float, float]]:
    found: dict[str, dict[float, float]] = {}
    for each in dump["stats"]:
        histograms = each.get("histograms", {})
        supported = histograms.get("supported_quantiles", ())
        for computed in histograms.get("computed_quantiles", ()):
            values = zip(supported, computed["values"], strict=True)
            found[computed["name"]] = {q: round(v["cumulative"], 2) for q, v in values if v["cumulative"] is not None}
    return found
