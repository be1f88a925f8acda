"""Batching through a whole server: who waits together is scored together, and everybody gets his own."""

import re
import threading
from typing import Any, Callable, Dict, List

from server_process import Answer, Server, until

SCRIPT = """
import json, os, time

def init():
    pass

def run(data):
    rows = json.loads(data)
    while rows == ["gate"] and not os.path.exists("open"):
        time.sleep(0.005)
    print("run", len(rows))
    return [[row, "scored"] for row in rows]

def run_batch(batch):
    print("batch of", len(batch))
    return [run(text) for text in batch]
"""

CALLERS = 12


def figures(server: Server) -> Dict[str, float]:
    """The page at /metrics without its comments."""
    page = server.request("GET", "/metrics").body.decode("utf-8")
    return {name: float(value) for name, value in re.findall(r"^([a-z_]+\S*) (\S+)$", page, re.MULTILINE)}


def scored_together(server: Server, bodies: List[str], folder: Any) -> List[Answer]:
    """The answers to ``bodies``, which all wait while one request before them holds the script up."""
    answers: Dict[int, Answer] = {}

    def ask(place: int, body: str) -> None:
        answers[place] = server.score(body)

    callers = [threading.Thread(target=ask, args=(-1, '["gate"]'))]
    callers[0].start()
    until(lambda: figures(server)["shipway_requests_in_flight"] == 1, "the request that holds the script up")
    for place, body in enumerate(bodies):
        callers.append(threading.Thread(target=ask, args=(place, body)))
        callers[-1].start()
    until(lambda: figures(server)["shipway_requests_waiting"] == len(bodies), "all others in line")
    (folder / "open").write_text("")
    for caller in callers:
        caller.join()
    return [answers[place] for place in range(len(bodies))]


def test_requests_that_wait_together_are_scored_together_and_each_gets_its_own(
    serve: Callable[..., Server], tmp_path: Any
):
    server = serve("--batch_max_rows", "8", script=SCRIPT).healthy()
    bodies = [str([caller * 10 + row for row in range(caller % 4)]) for caller in range(CALLERS)]
    answers = scored_together(server, bodies, tmp_path)
    for caller, answer in enumerate(answers):
        assert answer.status == 200
        assert answer.json() == [[caller * 10 + row, "scored"] for row in range(caller % 4)]
    seen = figures(server)
    assert seen["shipway_batch_requests_sum"] == CALLERS + 1
    assert seen["shipway_batch_requests_count"] == 3, "the one that held it up, eight, and four"
    server.logged("batch of 8")
    server.logged("batch of 4")


def test_a_bad_request_costs_its_neighbours_nothing_but_time(serve: Callable[..., Server], tmp_path: Any):
    server = serve("--batch_max_rows", "8", script=SCRIPT).healthy()
    answers = scored_together(server, ["[1]", "no json", "[2, 3]"], tmp_path)
    assert [answer.status for answer in answers] == [200, 500, 200]
    assert answers[1].headers["x-ms-run-function-failed"] == "True"
    assert (answers[0].json(), answers[2].json()) == ([[1, "scored"]], [[2, "scored"], [3, "scored"]])
    assert figures(server)["shipway_batch_fallbacks_total"] == 1
    assert server.logged("run_batch() failed (JSONDecodeError)")["level"] == "WARNING"


def test_a_script_that_offers_no_run_batch_serves_and_the_log_says_why_it_is_not_batched(serve: Callable[..., Server]):
    server = serve("--batch_max_rows", "8", script=SCRIPT.partition("def run_batch")[0]).healthy()
    assert server.score("[1]").json() == [[1, "scored"]]
    said = "Batching was asked for and is off: the entry script does not define a function run_batch()."
    assert server.logged("Batching")["message"] == said
