"""The page at /metrics of a whole server: all its workers, whichever is asked."""

from typing import Callable, Dict

from server_process import ECHO, Server, until
from test_metrics import read


def figures(server: Server) -> Dict[str, float]:
    return read(server.request("GET", "/metrics").body)


SCORED = 'shipway_requests_total{route="/score",status="2xx"}'


def test_the_page_counts_what_was_asked(serve: Callable[..., Server]):
    server = serve(script=ECHO).healthy()
    for _ in range(3):
        server.score("1")
    server.request("GET", "/nothing")
    assert server.request("GET", "/metrics").headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    samples = figures(server)
    assert samples[SCORED] == 3
    assert samples['shipway_requests_total{route="other",status="4xx"}'] == 1
    assert samples["shipway_run_seconds_count"] == 3


def test_the_page_is_read_and_nothing_else(serve: Callable[..., Server]):
    refused = serve(script=ECHO).healthy().request("POST", "/metrics", b"x")
    assert (refused.status, refused.headers["allow"]) == (405, "GET, HEAD")


QUITTER = """
import sys

def init():
    pass

def run(data):
    if data == "quit":
        sys.exit(1)
    return data
"""


def test_every_worker_shows_all_workers_and_restarts_lose_nothing(serve: Callable[..., Server]):
    server = serve("--worker_count", "2", script=QUITTER).healthy()
    for _ in range(10):
        assert server.score("1").status == 200
    server.score("quit")
    until(lambda: figures(server)["shipway_worker_restarts_total"] == 1, "another worker in the place of the one")
    samples = figures(server)
    assert samples[SCORED] == 10
    assert samples['shipway_worker_resident_bytes{worker="1"}'] > 0
