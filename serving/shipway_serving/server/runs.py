"""The main thread's work: run job after job, and see to the HTTP side in between."""

import logging
import time
from typing import Optional

from shipway_serving.contract.messages import Response
from shipway_serving.server.exit_codes import DRAINED, WORKER_QUIT
from shipway_serving.server.front import Front
from shipway_serving.server.helm import Helm
from shipway_serving.server.line import Job
from shipway_serving.server.run_watch import RunWatch
from shipway_serving.server.scorer import Scorer
from shipway_serving.telemetry.script_output import end_lines

LOOK_AFTER_S = 0.005
"""While runs follow one another, new requests are read at least this often."""

_log = logging.getLogger("shipway_serving.runs")


def serve(scorer: Scorer, front: Front, helm: Helm, watch: RunWatch) -> int:
    """Run job after job with the helm in hand between them; the exit code once the last one is done."""
    code = DRAINED
    while True:
        job = _next_job(front)
        if job is None:
            return code
        helm.give()
        scored = scorer.score(job.request)
        end_lines()
        helm.take()
        if watch.is_stuck and watch.back():
            front.stuck(False)
        if scored.quits:
            # Before the answer: a client that has it may rely on its next connection going to another worker.
            code = WORKER_QUIT
            front.retire()
        front.line.finish(job, scored.response)
        if scored.response.stream is not None:
            _send_stream(scored.response, front, helm)
        if scored.succeeded and front.asked_for_success:
            front.succeeded()


def _next_job(front: Front) -> Optional[Job]:
    """The next job, driving the reactor until there is one; None at the end."""
    waiting = front.line.waiting
    if waiting and time.monotonic() - front.reactor.polled_at > LOOK_AFTER_S:
        front.reactor.turn(0)
    while not waiting:
        if front.ended:
            return None
        front.reactor.turn()
    return waiting.popleft()


def _send_stream(response: Response, front: Front, helm: Helm) -> None:
    """Send the parts as the script yields them and the client takes them; the run slot is held to the end."""
    connection, front.site.streaming = front.site.streaming, None
    parts = response.stream
    broken = False
    while connection is not None and not connection.is_gone:
        if connection.is_clogged:
            front.reactor.turn(1.0)
            continue
        helm.give()
        try:
            part = next(parts, None)
        except Exception:
            _log.exception("The stream that run() returned failed; its response is cut off")
            broken, part = True, None
        helm.take()
        if part is None:
            connection.end_stream(broken=broken)
            break
        connection.send_part(part)
    _close(parts)


def _close(parts: object) -> None:
    """Let a generator's ``finally`` run, also when its client went away."""
    close = getattr(parts, "close", None)
    if close is not None:
        try:
            close()
        except Exception:
            _log.exception("Closing the stream that run() returned failed")
