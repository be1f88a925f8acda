"""The page at /metrics: read as Prometheus reads it, the same whichever worker answers, cheap and bounded."""

import os
import re
import subprocess
import sys
from typing import Any, Dict

import pytest
from server_process import PACKAGE_PARENT

from shipway_serving.telemetry import metrics_cells
from shipway_serving.telemetry.metrics import PART_CELLS, Identity, Metrics, resident_bytes, shared_memory

NOBODY = Identity()
LINE = re.compile(r"^([a-z_]+)(\{.*\})? ([-+0-9.e]+|NaN|[+-]Inf)$")


def read(page: bytes) -> Dict[str, float]:
    """Every sample by its name and labels; a line that Prometheus would not take fails the test."""
    samples: Dict[str, float] = {}
    typed = set()
    assert page.endswith(b"\n")
    for line in page.decode("utf-8").splitlines():
        if line.startswith("# TYPE "):
            name, kind = line.split()[2:]
            assert name not in typed and kind in ("counter", "gauge", "histogram")
            typed.add(name)
        elif not line.startswith("# HELP "):
            match = LINE.match(line)
            assert match, line
            key = match.group(1) + (match.group(2) or "")
            assert key not in samples, "a sample must not come twice"
            assert any(match.group(1).startswith(name) for name in typed), "a type comes before its samples"
            samples[key] = float(match.group(3))
    return samples


def metrics(workers: int = 1, worker: int = 0, fd: Any = None, identity: Identity = NOBODY) -> Metrics:
    made = Metrics(fd, workers, identity)
    made.begin(worker, os.getpid(), 1700000000.25)
    return made


def test_requests_are_counted_by_route_and_class_of_status():
    page = metrics()
    for path, status in (("/score", 200), ("/score", 204), ("/score", 503), ("/", 200), ("/v2/models/m/infer", 400)):
        page.request(path, status, 0.1)
    samples = read(page.render())
    assert {key: value for key, value in samples.items() if key.startswith("shipway_requests_total")} == {
        'shipway_requests_total{route="/score",status="2xx"}': 2,
        'shipway_requests_total{route="/score",status="5xx"}': 1,
        'shipway_requests_total{route="/",status="2xx"}': 1,
        'shipway_requests_total{route="/v2",status="4xx"}': 1,
    }


def test_what_clients_make_up_adds_no_label():
    page = metrics()
    for number in range(5000):
        page.request(f"/{number}", 404, 0.1)
    samples = read(page.render())
    assert samples['shipway_requests_total{route="other",status="4xx"}'] == 5000
    assert len(samples) < 80


def test_a_number_that_is_no_status_counts_as_a_failure():
    page = metrics()
    for status in (0, 99, 600, 12345, -1):
        page.request("/score", status, 0.1)
    samples = read(page.render())
    counted = {key: value for key, value in samples.items() if key.startswith("shipway_requests_total")}
    assert counted == {'shipway_requests_total{route="/score",status="5xx"}': 5}


def test_durations_are_counted_in_buckets_that_contain_the_smaller_ones():
    page = metrics()
    for seconds in (0.0004, 0.001, 0.0011, 0.3, 400.0):
        page.run(seconds)
    samples = read(page.render())
    name = "shipway_run_seconds"
    wanted = {"0.001": 2, "0.0025": 3, "0.25": 3, "0.5": 4, "60": 4, "+Inf": 5}
    assert {bound: samples[f'{name}_bucket{{le="{bound}"}}'] for bound in wanted} == wanted
    assert samples[name + "_count"] == 5
    assert samples[name + "_sum"] == pytest.approx(400.3025)


def test_a_health_check_does_not_make_requests_look_faster():
    page = metrics()
    page.request("/", 200, 0.1)
    page.request("/score", 200, 0.1)
    assert read(page.render())["shipway_request_seconds_count"] == 1


def test_batches_are_counted_by_size_and_by_failure():
    page = metrics()
    page.batch(2, False)
    page.batch(9, True)
    samples = read(page.render())
    assert samples['shipway_batch_requests_bucket{le="2"}'] == 1
    assert samples['shipway_batch_requests_bucket{le="16"}'] == 2
    assert samples["shipway_batch_requests_sum"] == 11
    assert samples["shipway_batch_fallbacks_total"] == 1


def test_the_page_says_what_is_served_whatever_characters_its_name_has():
    page = metrics(identity=Identity('a "b"\\\n', "3", "w", "shipway-serving/1"))
    info = r'shipway_service_info{service="a \"b\"\\\n",version="3",workspace="w",server="shipway-serving/1"} 1'
    assert info in page.render().decode("utf-8").splitlines()


def test_any_worker_shows_the_sum_of_all():
    fd = shared_memory(3)
    one, two = metrics(3, 0, fd), metrics(3, 2, fd)
    one.request("/score", 200, 0.1)
    two.request("/score", 200, 0.1)
    one.queue(3, 2)
    two.queue(4, 3)
    shown = [read(page.render()) for page in (one, two)]
    same = [{name: value for name, value in page.items() if "resident" not in name} for page in shown]
    assert same[0] == same[1]
    samples = shown[0]
    assert samples['shipway_requests_total{route="/score",status="2xx"}'] == 2
    assert (samples["shipway_requests_in_flight"], samples["shipway_requests_waiting"]) == (7, 5)
    assert 'shipway_worker_resident_bytes{worker="1"}' not in samples, "it has not been started"


def test_a_worker_in_another_s_place_goes_on_counting_and_has_nothing_in_flight():
    fd = shared_memory(1)
    first = metrics(fd=fd)
    first.request("/score", 200, 0.1)
    first.queue(5, 4)
    second = metrics(fd=fd)
    second.request("/score", 200, 0.1)
    samples = read(first.render())
    assert samples['shipway_requests_total{route="/score",status="2xx"}'] == 2
    assert samples["shipway_worker_restarts_total"] == 1
    assert (samples["shipway_requests_in_flight"], samples["shipway_requests_waiting"]) == (0, 0)
    assert samples['shipway_worker_start_time_seconds{worker="0"}'] == 1700000000.25


CHILD = """
import os, sys
from shipway_serving.telemetry.metrics import Identity, Metrics
own = Metrics(int(sys.argv[1]), 2, Identity())
own.begin(1, os.getpid(), 5.0)
for _ in range(1000):
    own.request("/score", 200, 0.5)
"""


def test_another_process_that_inherits_the_descriptor_is_in_the_sum_even_after_its_end():
    fd = shared_memory(2)
    assert fd is not None
    mine = metrics(2, 0, fd)
    mine.request("/score", 200, 0.5)
    environment = dict(os.environ, PYTHONPATH=str(PACKAGE_PARENT))
    subprocess.run([sys.executable, "-c", CHILD, str(fd)], pass_fds=(fd,), env=environment, check=True)
    samples = read(mine.render())
    assert samples['shipway_requests_total{route="/score",status="2xx"}'] == 1001
    assert samples["shipway_request_seconds_sum"] == 500.5
    assert samples['shipway_worker_resident_bytes{worker="0"}'] > 1000000
    assert samples['shipway_worker_resident_bytes{worker="1"}'] == 0


def test_without_shared_memory_a_worker_shows_its_own_numbers():
    page = metrics(2, 1, None)
    page.request("/score", 200, 0.1)
    assert read(page.render())['shipway_requests_total{route="/score",status="2xx"}'] == 1


def test_the_memory_is_there_without_memfd_too(monkeypatch: Any):
    monkeypatch.delattr(os, "memfd_create", raising=False)
    fd = metrics_cells.create(1, PART_CELLS)
    assert fd is not None
    metrics(fd=fd).run(0.1)
    assert read(metrics(fd=fd).render())["shipway_run_seconds_count"] == 1


def test_memory_is_read_of_living_processes_only():
    assert resident_bytes(os.getpid()) > 1000000
    assert resident_bytes(0) == 0
