"""Against a real Envoy."""

import json
import os
import signal
import socket
import tempfile
import threading
from dataclasses import replace
from http.client import HTTPConnection, IncompleteRead
from pathlib import Path

import pytest

from shipway.domain.service import NO_TRAFFIC, GatewayConfig, Mirror, Traffic
from shipway.errors import GatewayError, PortInUse
from shipway.gateway.config import GatewaySpec
from shipway.gateway.envoy import Envoy
from shipway.machine.ports import free_port, is_listening
from shipway.machine.state import private_folder
from tests.unit.gateway.conftest import eventually


@pytest.fixture
def spec(upstream):
    one, two = upstream(), upstream()
    return GatewaySpec(
        service="digits",
        listener_port=free_port(),
        revisions={"r1": one.address, "r2": two.address},
        traffic=Traffic.all_to("r1"),
        settings=GatewayConfig(),
    )


@pytest.fixture
def short_folders():
    """Two temporary folders whose paths leave room for a socket's, which a test's own folder does not."""
    with tempfile.TemporaryDirectory(dir="/tmp") as one, tempfile.TemporaryDirectory(dir="/tmp") as other:
        yield Path(one), Path(other)


def ask(spec, path="/score", *, body=b"", headers=None):
    connection = HTTPConnection("127.0.0.1", spec.listener_port, timeout=10)
    try:
        connection.request("POST", path, body=body, headers=headers or {})
        response = connection.getresponse()
        return response.status, dict(response.getheaders()), response.read()
    finally:
        connection.close()


def message(body):
    return json.loads(body)["message"]


def pid(envoy):
    return int((envoy.folder / "pid").read_text())


def test_before_the_first_promotion_it_says_why_it_does_not_answer(envoy, spec):
    envoy.apply(replace(spec, traffic=NO_TRAFFIC))
    status, headers, body = ask(spec)
    assert status == 503
    assert headers["content-type"] == "application/json"
    assert headers["retry-after"] == "5"
    assert message(body) == "service digits has no revision in service yet: none has been promoted"
    assert envoy.read_traffic() == NO_TRAFFIC


def test_path_headers_and_body_reach_the_revision_as_they_were_sent(envoy, spec):
    envoy.apply(spec)
    sent = {"X-My-Case": "One", "x-ms-request-id": "abc", "Expect": "100-continue", "Content-Type": "application/json"}
    status, headers, body = ask(spec, "/a//b/%2Fc/../d?x=%20y", body=b"1" * 3_000_000, headers=sent)
    seen = json.loads(body)
    assert status == 200
    assert seen["path"] == "/a//b/%2Fc/../d?x=%20y"
    assert seen["bytes"] == 3_000_000
    added = {name for name, _ in seen["headers"]} - {*sent, "Host", "Accept-Encoding", "Content-Length"}
    assert added == {"x-forwarded-proto"}
    assert set(headers) == {"Server", "Date", "X-Ms-Run-Function-Failed", "Content-Length"}
    assert headers["Server"].startswith("BaseHTTP")


def test_weights_are_read_back_from_envoy(envoy, spec):
    envoy.apply(spec)
    split = Traffic(weights={"r1": 30, "r2": 70}, mirror=Mirror(revision_id="r2", percent=5))
    envoy.apply(replace(spec, traffic=split))
    assert envoy.read_traffic() == split


def test_a_change_moves_the_traffic_in_the_same_process(envoy, spec):
    envoy.apply(spec)
    before = pid(envoy)
    envoy.apply(replace(spec, traffic=Traffic.all_to("r2")))
    for _ in range(10):
        ask(spec)
    assert pid(envoy) == before
    stats = envoy.read_stats()
    assert (stats["r1"].requests, stats["r2"].requests) == (0, 10)


def test_a_request_under_way_survives_the_removal_of_its_revision(envoy, spec, upstream):
    slow = upstream()
    spec = replace(spec, revisions={**spec.revisions, "r1": slow.address})
    envoy.apply(spec)
    answers = []
    waiting = threading.Thread(target=lambda: answers.append(ask(spec, "/wait")[0]))
    waiting.start()
    assert eventually(lambda: slow.seen == ["/wait"])
    envoy.apply(replace(spec, revisions={"r2": spec.revisions["r2"]}, traffic=Traffic.all_to("r2")))
    slow.release.set()
    waiting.join()
    assert answers == [200]


def test_failures_and_broken_answers_are_counted_for_their_revision(envoy, spec):
    envoy.apply(spec)
    ask(spec)
    ask(spec, "/fail")
    with pytest.raises(IncompleteRead):
        ask(spec, "/break")
    assert eventually(lambda: envoy.read_stats()["r1"].failures == 2)
    assert envoy.read_stats()["r1"].requests == 3
    assert envoy.read_stats()["r2"].requests == 0


def test_latencies_are_there_after_the_first_flush(envoy, spec):
    envoy.apply(spec)
    ask(spec)
    assert eventually(lambda: envoy.read_stats()["r1"].p95_ms is not None)


def test_mirrored_requests_reach_the_other_revision_and_count_apart(envoy, spec):
    envoy.apply(replace(spec, traffic=Traffic(weights={"r1": 100}, mirror=Mirror(revision_id="r2", percent=100))))
    for _ in range(5):
        assert ask(spec, body=b"1" * 100_000)[0] == 200
    assert eventually(lambda: envoy.read_stats(mirrored=True)["r2"].requests == 5)
    assert envoy.read_stats()["r2"].requests == 0
    assert envoy.read_stats()["r1"].requests == 5


def test_a_time_limit_ends_a_request_with_504(envoy, spec):
    envoy.apply(replace(spec, settings=GatewayConfig(timeout_ms=50)))
    status, headers, body = ask(spec, "/wait")
    assert status == 504
    assert headers["content-type"] == "application/json"
    assert message(body) == "the model did not answer within the time that the service's gateway allows"


def test_a_full_queue_refuses_with_503_and_when_to_try_again(envoy, spec, upstream):
    slow = upstream()
    spec = replace(spec, revisions={"r1": slow.address}, settings=GatewayConfig(max_queue=1))
    envoy.apply(spec)
    waiting = [threading.Thread(target=ask, args=(spec, "/wait")) for _ in range(2)]
    for each in waiting:
        each.start()
    assert eventually(lambda: len(slow.seen) == 2)
    status, headers, body = ask(spec)
    slow.release.set()
    for each in waiting:
        each.join()
    assert (status, headers["retry-after"]) == (503, "5")
    assert message(body) == "too many requests are waiting for this service; try again"


def test_a_revision_that_is_gone_is_503_after_another_try(envoy, spec):
    envoy.apply(replace(spec, revisions={"r1": f"127.0.0.1:{free_port()}"}))
    status, headers, body = ask(spec)
    assert (status, headers["retry-after"]) == (503, "5")
    assert message(body) == "the revision of this service does not answer"
    assert envoy.read_stats()["r1"].failures == 1


def test_an_envoy_that_was_killed_is_started_by_the_next_act(envoy, spec):
    envoy.apply(spec)
    os.kill(pid(envoy), signal.SIGKILL)
    assert eventually(lambda: not envoy.is_running())
    with pytest.raises(GatewayError, match="the gateway does not answer"):
        envoy.read_traffic()
    envoy.apply(spec)
    assert ask(spec)[0] == 200


def test_one_whose_starter_was_killed_is_found_and_not_started_twice(envoy, spec):
    envoy.apply(spec)
    other = Envoy(envoy.folder)
    other.apply(replace(spec, traffic=Traffic.all_to("r2")))
    assert other.is_running()
    assert envoy.read_traffic() == Traffic.all_to("r2")


def test_a_port_that_somebody_else_holds_is_named_with_its_holder(envoy, spec):
    with socket.socket() as foreign:
        foreign.bind(("127.0.0.1", 0))
        foreign.listen()
        port = foreign.getsockname()[1]
        with pytest.raises(PortInUse) as refused:
            envoy.apply(replace(spec, listener_port=port))
    assert str(refused.value).startswith(f"port {port} of service digits is held by ")
    assert f"(process {os.getpid()}); end that process, or set another `port` in" in str(refused.value)
    assert not envoy.is_running()


def test_another_port_is_taken_by_starting_anew(envoy, spec):
    envoy.apply(spec)
    moved = replace(spec, listener_port=free_port())
    envoy.apply(moved)
    assert ask(moved)[0] == 200
    with pytest.raises(ConnectionRefusedError):
        ask(spec)


def test_a_folder_too_long_for_a_socket_works_too(tmp_path, spec):
    envoy = Envoy(tmp_path / ("long" * 30))
    envoy.folder.mkdir()
    try:
        envoy.apply(spec)
        assert envoy.read_traffic() == spec.traffic
    finally:
        envoy.stop()
    assert not envoy.is_running()


def test_a_socket_elsewhere_goes_with_its_gateway_and_is_found_from_another_temporary_folder(
    tmp_path, short_folders, spec, monkeypatch
):
    one, other = short_folders
    envoy = Envoy(tmp_path / ("long" * 30))
    monkeypatch.setattr("tempfile.tempdir", str(one))
    envoy.apply(spec)
    try:
        assert len(list(one.rglob("*.sock"))) == 1
        monkeypatch.setattr("tempfile.tempdir", str(other))
        assert envoy.read_traffic() == spec.traffic
    finally:
        envoy.stop()
    assert list(one.rglob("*.sock")) == []


def test_sockets_that_nobody_listens_on_any_more_are_swept_and_no_others(tmp_path, short_folders, spec, monkeypatch):
    (folder, _) = short_folders
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    private = private_folder(folder / f"shipway-{os.getuid()}")
    old, young, used = (private / f"{name}.sock" for name in ("old", "young", "used"))
    for path in (old, young):
        with socket.socket(socket.AF_UNIX) as gone:
            gone.bind(str(path))
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(used))
        listening.listen()
        for path in (old, used):
            os.utime(path, (0, 0))
        envoy = Envoy(tmp_path / ("long" * 30))
        envoy.apply(spec)
        envoy.stop()
    assert sorted(path.name for path in private.iterdir()) == ["used.sock", "young.sock"]


def test_what_envoy_refuses_is_said_in_its_own_words(envoy, spec, monkeypatch):
    envoy.apply(spec)
    monkeypatch.setattr("shipway.gateway.envoy._TAKES_AT_MOST_S", 0.3)
    with pytest.raises(
        GatewayError, match=r"of service digits did not take its settings within 0.3 s; its log .* ends: "
    ):
        envoy.apply(replace(spec, traffic=Traffic.all_to("r1"), revisions={"r1": "not-an-address:80"}))


def test_a_request_under_way_is_answered_before_it_ends(envoy, spec, upstream):
    slow = upstream()
    spec = replace(spec, revisions={"r1": slow.address})
    envoy.apply(spec)
    answers = []
    waiting = threading.Thread(target=lambda: answers.append(ask(spec, "/wait")))
    waiting.start()
    assert eventually(lambda: slow.seen == ["/wait"])
    stopping = threading.Thread(target=lambda: envoy.stop(drain_s=10))
    stopping.start()
    assert eventually(lambda: not is_listening(spec.listener_port))
    assert envoy.is_running()
    slow.release.set()
    for thread in (waiting, stopping):
        thread.join()
    [(status, headers, _)] = answers
    assert (status, headers["connection"]) == (200, "close")
    assert not envoy.is_running()


def test_stopping_twice_is_fine(envoy, spec):
    envoy.apply(spec)
    envoy.stop()
    envoy.stop()
    assert not envoy.is_running()
    assert not list(Path(envoy.folder).glob("*.sock"))
