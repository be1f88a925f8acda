"""The line of requests before ``run``, and who counts for its limit."""

import time
from typing import List

import pytest

from shipway_serving.contract.messages import Request, Response
from shipway_serving.server.line import Line


def test_a_stream_counts_as_what_runs_until_it_has_ended() -> None:
    """For the queue limit, and so that other workers know who is busy."""
    line = Line(0, time.monotonic)
    line.put(Request("POST", "/score", "", {}, b""), lambda response: None)
    job = line.waiting.popleft()
    line.finish(job, Response(200, b"", "", stream=iter([b"part"])))
    assert (line.in_flight, line.is_full()) == (1, True)
    line.stream_ended()
    assert (line.in_flight, line.is_full()) == (0, False)


@pytest.mark.parametrize("all_at_once, full", [(False, [False, False, True]), (True, [True, True, True])])
def test_requests_that_run_together_do_not_wait(all_at_once: bool, full: List[bool]) -> None:
    """Three run in one batch; then two may wait. Where all run at once, the limit is for all."""
    line = Line(2, time.monotonic)
    line.all_at_once = all_at_once
    for _ in range(3):
        line.put(Request("POST", "/score", "", {}, b""), lambda response: None)
    line.waiting.clear()
    seen: List[bool] = []
    for _ in full:
        seen.append(line.is_full())
        line.put(Request("POST", "/score", "", {}, b""), lambda response: None)
    assert seen == full
