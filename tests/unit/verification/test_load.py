import itertools
import socket
import time

import pytest

from shipway.domain.release import LoadPlan
from shipway.verification.connection import Connection
from shipway.verification.load import LoadBounds, ask, measure
from tests.unit.verification.little_server import little_server


def free_port_url() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


def test_both_get_the_same_requests_and_the_replies_stand_side_by_side():
    with little_server() as a, little_server() as b:
        found = measure({"challenger": a, "champion": b}, ["[1]", "[2]", "[3]"], LoadPlan(requests=50, concurrency=2))
    assert list(found) == ["challenger", "champion"]
    expected = [[f"[{n % 3 + 1}]"] * 2 for n in range(50)]
    assert [[x.body, y.body] for x, y in zip(*(s.replies for s in found.values()), strict=True)] == expected
    assert [reply.request for reply in found["champion"].replies] == [n % 3 for n in range(50)]
    assert found["challenger"].failures == 0


def test_requests_are_interleaved():
    order: list[str] = []

    def answer_as(name):
        def answer(body):
            order.append(name)
            return 200, body

        return answer

    with little_server(answer_as("a")) as a, little_server(answer_as("b")) as b:
        measure({"a": a, "b": b}, ["[1]"], LoadPlan(requests=4, concurrency=1))
    warm_up, counted = order[:2], order[2:]
    assert warm_up == ["a", "b"]
    assert counted == ["b", "a", "a", "b", "b", "a", "a", "b"]


def test_the_first_request_of_each_connection_is_not_counted():
    seen: list[str] = []
    with little_server(seen=seen) as url:
        found = measure({"challenger": url}, ["[1]"], LoadPlan(requests=10, concurrency=2))
    assert len(found["challenger"].replies) == 10
    assert len(seen) == 12


def test_a_slow_server_is_seen_as_slow():
    def slow(body):
        time.sleep(0.02)
        return 200, body

    with little_server(slow) as a, little_server() as b:
        found = measure({"challenger": a, "champion": b}, ["[1]"], LoadPlan(requests=10, concurrency=2))
    assert min(found["challenger"].latencies_ms) >= 20


def test_failing_requests_are_samples_with_their_reason():
    answers = itertools.cycle([(200, "[1]"), (500, "boom"), (0, "")])
    with little_server(lambda _: next(answers)) as url:
        found = measure({"challenger": url}, ["[1]"], LoadPlan(requests=9, concurrency=1))["challenger"]
    assert found.failures == 6
    assert {reply.describe() for reply in found.replies if not reply.ok} == {
        "status 500: boom",
        "no answer: Remote end closed connection without response",
    }


def test_a_server_that_is_not_there_is_a_failure_of_every_request():
    found = measure({"challenger": free_port_url()}, ["[1]"], LoadPlan(requests=5, concurrency=2))["challenger"]
    assert found.failures == 5
    assert found.replies[0].problem == "[Errno 111] Connection refused"


def test_a_request_that_takes_too_long_is_given_up():
    def slow(body):
        time.sleep(0.3)
        return 200, body

    with little_server(slow) as url, Connection(url, timeout_s=0.05) as connection:
        reply = connection.score("[1]", 3)
    assert (reply.request, reply.status, reply.problem) == (3, None, "timed out after 0.05 s")


def test_load_ends_when_its_time_is_over():
    ticks = itertools.count()
    with little_server() as url:
        found = measure(
            {"challenger": url},
            ["[1]"],
            LoadPlan(requests=200, concurrency=1),
            bounds=LoadBounds(enough_s=10, total_s=10),
            clock=lambda: next(ticks),
        )
    assert len(found["challenger"].replies) == 9


def test_load_is_content_with_the_minimum_sample_after_a_while():
    ticks = itertools.count()
    with little_server() as url:
        found = measure(
            {"challenger": url},
            ["[1]"],
            LoadPlan(requests=200, concurrency=1),
            bounds=LoadBounds(enough_s=5, total_s=100),
            clock=lambda: next(ticks),
        )
    assert len(found["challenger"].replies) == 20


def test_asking_sends_each_request_once():
    seen: list[str] = []
    with little_server(seen=seen) as url:
        replies = ask(url, ["[1]", "[2]", "[3]"], concurrency=2)
    assert [reply.body for reply in replies] == ["[1]", "[2]", "[3]"]
    assert sorted(seen) == ["[1]", "[2]", "[3]"]


def test_asking_ends_when_the_time_is_over():
    ticks = itertools.count()
    with little_server() as url:
        replies = ask(url, ["[1]"] * 50, concurrency=1, total_s=5, clock=lambda: next(ticks))
    assert len(replies) == 4


def test_asking_nothing_is_nothing():
    assert ask("http://127.0.0.1:1", []) == ()


def test_load_without_requests_is_a_mistake_of_the_caller():
    with pytest.raises(ValueError, match="there are no requests to send"):
        measure({"challenger": "http://127.0.0.1:1"}, [], LoadPlan())


def test_health_is_asked_at_the_root():
    with little_server(health=(503, "loading")) as url, Connection(url, timeout_s=5) as connection:
        assert connection.health().describe() == "status 503: loading"
