"""What Envoy is told. `python -m tests.unit.gateway.test_config` writes the golden files anew."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipway.domain.service import NO_TRAFFIC, GatewayConfig, Mirror, Traffic
from shipway.gateway.admin import addresses_in, traffic_in
from shipway.gateway.config import GatewaySpec, bootstrap, clusters, routes

GOLDEN = Path(__file__).parent / "golden"

PLAIN = GatewaySpec(
    service="digits",
    listener_port=6789,
    revisions={"r1": "127.0.0.1:5101"},
    traffic=NO_TRAFFIC,
    settings=GatewayConfig(),
)
SPLIT = replace(
    PLAIN,
    revisions={"r1": "127.0.0.1:5101", "r2": "127.0.0.1:5102"},
    traffic=Traffic(weights={"r1": 90, "r2": 10}, mirror=Mirror(revision_id="r2", percent=50)),
    settings=GatewayConfig(max_queue=7, timeout_ms=2500),
)

RENDERS = {
    "bootstrap.json": lambda: bootstrap(PLAIN, admin_socket="/s/gateway/admin.sock", watched="/s/gateway/watched"),
    "clusters-plain.json": lambda: clusters(PLAIN),
    "clusters-split.json": lambda: clusters(SPLIT),
    "routes-none.json": lambda: routes(PLAIN),
    "routes-split.json": lambda: routes(SPLIT),
}


@pytest.mark.parametrize("name", RENDERS)
def test_a_render_is_the_golden_one(name):
    assert RENDERS[name]() == json.loads((GOLDEN / name).read_text())


def test_a_document_has_another_version_exactly_when_it_differs():
    assert routes(SPLIT)["version_info"] == routes(replace(SPLIT, listener_port=1))["version_info"]
    moved = replace(SPLIT, traffic=Traffic.all_to("r2"))
    assert routes(SPLIT)["version_info"] != routes(moved)["version_info"]
    assert clusters(SPLIT)["version_info"] == clusters(moved)["version_info"]


def test_clusters_that_routes_may_still_name_are_kept_beside_the_new():
    document = clusters(replace(PLAIN, revisions={"r2": "127.0.0.1:5102"}), keep={"r1": "127.0.0.1:5101"})
    assert addresses_in(document) == {"r1": "127.0.0.1:5101", "r2": "127.0.0.1:5102"}


def test_a_revision_that_moved_is_where_the_spec_says():
    document = clusters(replace(PLAIN, revisions={"r1": "127.0.0.1:5109"}), keep={"r1": "127.0.0.1:5101"})
    assert addresses_in(document) == {"r1": "127.0.0.1:5109"}


def test_requests_wait_and_run_without_limit_unless_asked():
    [revision, mirror] = [each["circuit_breakers"]["thresholds"][0] for each in clusters(PLAIN)["resources"][:2]]
    assert revision == mirror
    assert set(revision.values()) == {1_000_000}
    assert routes(PLAIN)["resources"][0]["virtual_hosts"][0]["routes"][0]["direct_response"]["status"] == 503


@given(st.integers(0, 100), st.one_of(st.none(), st.integers(1, 100)))
def test_what_envoy_would_dump_reads_back_as_the_traffic_that_was_asked_for(first, percent):
    mirror = Mirror(revision_id="r2", percent=percent) if percent else None
    traffic = Traffic(weights={"r1": first, "r2": 100 - first}, mirror=mirror)
    dump = {"configs": [{"route_config": each} for each in routes(replace(SPLIT, traffic=traffic))["resources"]]}
    assert traffic_in(dump) == traffic


def test_no_route_table_and_no_weights_are_no_traffic():
    assert traffic_in({}) == NO_TRAFFIC
    assert traffic_in({"configs": [{"route_config": routes(PLAIN)["resources"][0]}]}) == NO_TRAFFIC


if __name__ == "__main__":
    for name, render in RENDERS.items():
        (GOLDEN / name).write_text(json.dumps(render(), indent=1) + "\n")
