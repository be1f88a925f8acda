"""Answers of short runs go out together, and none waits for a run that lasts."""

from typing import Any, Callable, List

from server_process import Server, until

from shipway_serving.contract.messages import Request, Response
from shipway_serving.server.line import LONGEST_HOLD_S, Job, Line

SCRIPT = """
import os, time

def init():
    pass

def run(data):
    if data.startswith("wait for "):
        open("running " + data[9:], "w").close()
        while not os.path.exists(data[9:]):
            time.sleep(0.01)
    return data
"""

REQUEST = Request("POST", "/score", "", {}, b"")


def test_held_answers_go_out_in_order_and_count_as_in_flight() -> None:
    now = [0.0]
    answered: List[bytes] = []
    line = Line(None, lambda: now[0])
    for _ in range(2):
        line.put(REQUEST, lambda response: answered.append(response.body))
    for body in (b"one", b"two"):
        line.hold(line.waiting.popleft(), Response(200, body, ""))
    line.release_late()
    assert (answered, line.in_flight) == ([], 2)
    now[0] += 2 * LONGEST_HOLD_S
    line.release_late()
    assert (answered, line.in_flight) == ([b"one", b"two"], 0)
    line.release()
    assert len(answered) == 2


def test_an_answer_whose_client_asks_again_at_once_is_given_once() -> None:
    """Pipelined requests are put in line from within the reply."""
    line = Line(None, lambda: 0.0)
    answered: List[Any] = []

    def reply(response: Response) -> None:
        answered.append(response.body)
        if len(answered) == 1:
            line.put(REQUEST, answered.append)

    line.put(REQUEST, reply)
    line.hold(line.waiting.popleft(), Response(200, b"one", ""))
    line.release()
    assert answered == [b"one"] and len(line.waiting) == 1 and isinstance(line.waiting[0], Job)


def test_the_answer_of_a_short_run_does_not_wait_for_the_long_one_behind_it(
    serve: Callable[..., Server], tmp_path: Any
) -> None:
    """The long run begins while the short one's answer is held; the deputy sends it."""
    server = serve(script=SCRIPT).healthy()
    first, short, long = server.connect(), server.connect(), server.connect()
    first.request("POST", "/score", b"wait for both")
    until((tmp_path / "running both").exists, "the first run")
    short.request("POST", "/score", b"short")
    until(lambda: b"shipway_requests_waiting 1" in server.request("GET", "/metrics").body, "the short one in line")
    long.request("POST", "/score", b"wait for the end")
    until(lambda: b"shipway_requests_waiting 2" in server.request("GET", "/metrics").body, "both in line")
    (tmp_path / "both").write_text("")
    until((tmp_path / "running the end").exists, "the long run")
    assert short.getresponse().read() == b'"short"'
    (tmp_path / "the end").write_text("")
    assert long.getresponse().status == first.getresponse().status == 200
    for connection in (first, short, long):
        connection.close()
