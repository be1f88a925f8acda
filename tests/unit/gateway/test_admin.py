"""What Envoy's statistics mean. The numbers below were seen: Envoy 1.40 in front of a server that was made to fail."""

import pytest

from shipway.domain.service import RevisionStats
from shipway.errors import GatewayError
from shipway.gateway import admin

DUMP = {
    "stats": [
        {"name": "cluster.revision-r1.upstream_rq_total", "value": 7},
        {"name": "cluster.revision-r1.upstream_rq_completed", "value": 10},  # counts the 1xx too
        {"name": "cluster.revision-r1.upstream_rq_1xx", "value": 1},
        {"name": "cluster.revision-r1.upstream_rq_2xx", "value": 5},
        {"name": "cluster.revision-r1.upstream_rq_5xx", "value": 4},
        {"name": "cluster.mirror-r1.upstream_rq_2xx", "value": 3},
        {"name": "cluster.mirror-r1.upstream_rq_5xx", "value": 3},
        {
            "histograms": {
                "supported_quantiles": [0, 50, 95, 99, 100],
                "computed_quantiles": [
                    {
                        "name": "cluster.revision-r1.upstream_rq_time",
                        "values": [{"cumulative": each, "interval": None} for each in (1, 2.05, 9.5, 11, 12)],
                    },
                    {
                        "name": "cluster.mirror-r1.upstream_rq_time",
                        "values": [{"cumulative": None, "interval": None}] * 5,
                    },
                ],
            }
        },
    ]
}


def test_requests_are_final_answers_and_failures_are_server_errors():
    stats = admin.stats_in(DUMP, ["r1"], mirrored=False)
    assert stats == {"r1": RevisionStats(revision_id="r1", requests=9, failures=4, p50_ms=2.05, p95_ms=9.5, p99_ms=11)}


def test_mirrored_requests_are_counted_apart_and_have_no_quantiles_before_the_first_flush():
    [stats] = admin.stats_in(DUMP, ["r1"], mirrored=True).values()
    assert (stats.requests, stats.failures, stats.p95_ms) == (6, 3, None)


def test_a_revision_without_requests_has_zeros():
    [stats] = admin.stats_in(DUMP, ["r2"], mirrored=False).values()
    assert (stats.requests, stats.failures, stats.p50_ms) == (0, 0, None)


def test_an_answer_that_breaks_off_is_a_failure_though_its_status_was_good():
    counters = {"cluster.revision-r1.upstream_rq_2xx": 3, "cluster.revision-r1.upstream_cx_protocol_error": 1}
    dump = {"stats": [{"name": name, "value": value} for name, value in counters.items()]}
    assert admin.stats_in(dump, ["r1"], mirrored=False)["r1"].failures == 1


def test_a_gateway_that_does_not_run_is_an_error_that_names_its_socket(tmp_path):
    with pytest.raises(GatewayError, match=r"the gateway does not answer on .*admin\.sock: .*No such file"):
        admin.read_traffic(tmp_path / "admin.sock")
