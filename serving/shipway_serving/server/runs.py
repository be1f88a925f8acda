"""The main thread's work: run job after job, and see to the HTTP side in between."""

import logging
import time
from typing import Any, List, Optional, Sequence

from shipway_serving.contract.messages import Response, StreamBroken
from shipway_serving.server.exit_codes import WORKER_LEFT, WORKER_QUIT
from shipway_serving.server.front import Front
from shipway_serving.server.helm import Helm
from shipway_serving.server.line import Job
from shipway_serving.server.run_watch import RunWatch
from shipway_serving.server.scorer import Scored, Scorer
from shipway_serving.telemetry.metrics import Metrics
from shipway_serving.telemetry.script_output import end_lines

LOOK_AFTER_S = 0.005
"""While runs, or parts of a stream, follow one another, new requests are read at least this often."""

SHORT_RUN_S = 0.0002
"""After a run this short the next is likely to be over soon, too, and both answers can go out together."""

_log = logging.getLogger("shipway_serving.runs")

_clock = time.perf_counter


class Runs:
    """One worker's, from ``init`` to the end."""

    def __init__(
        self, scorer: Scorer, batcher: Optional[Any], *, front: Front, helm: Helm, watch: RunWatch, metrics: Metrics
    ) -> None:
        """``batcher`` is a ``batching.batcher.Batcher``, or None to run one request after another."""
        self._scorer = scorer
        self._batcher = batcher
        self._front = front
        self._helm = helm
        self._watch = watch
        self._metrics = metrics
        self._tracing: Any = front.exchange.tracing
        self._code = WORKER_LEFT
        helm.on_stand_in = front.line.release

    def serve(self) -> int:
        """Run what comes, with the helm in hand between runs; the exit code once the last one is done."""
        line = self._front.line
        while True:
            jobs = self._next_jobs()
            if not jobs:
                return self._code
            self._helm.give()
            began = _clock()
            answers = self._score(jobs) if self._tracing is None else self._score_traced(jobs)
            end_lines()
            run_s = _clock() - began
            self._metrics.run(run_s)
            self._helm.take()
            self._is_back()
            is_short = run_s < SHORT_RUN_S
            for job, scored in zip(jobs, answers):
                self._before_answer(scored)
                if is_short and line.waiting and scored.response.stream is None:
                    line.hold(job, scored.response)
                    continue
                line.release()
                line.finish(job, scored.response)
                if scored.response.stream is not None:
                    self._send_stream(scored.response)
                    self._is_back()
            line.release_late()

    def _is_back(self) -> None:
        if self._watch.is_stuck and self._watch.back():
            self._front.stuck(False)

    def _score(self, jobs: Sequence[Job]) -> List[Scored]:
        if self._batcher is None:
            return [self._scorer.score(jobs[0].request)]
        answers: List[Scored] = self._batcher.score(jobs)
        return answers

    def _more_may_come(self) -> bool:
        """Whether some client is connected and has no request under way."""
        return len(self._front.site.connections) > self._front.line.in_flight

    def _score_traced(self, jobs: Sequence[Job]) -> List[Scored]:
        with self._tracing.run([job.request for job in jobs]):
            return self._score(jobs)

    def _next_jobs(self) -> List[Job]:
        """The next job, or batch of them, driving the reactor until there is one; none at the end."""
        front, waiting = self._front, self._front.line.waiting
        if waiting:
            self._look_after_others()
        while True:
            patience: Optional[float] = None
            if waiting and self._batcher is None:
                return [waiting.popleft()]
            if waiting and self._batcher is not None:
                jobs, patience = self._batcher.take(waiting, time.monotonic(), self._more_may_come())
                if jobs:
                    return list(jobs)
            if front.ended:
                return []
            front.line.release()
            front.reactor.turn(patience)

    def _look_after_others(self) -> None:
        reactor = self._front.reactor
        if time.monotonic() - reactor.polled_at > LOOK_AFTER_S:
            self._front.line.release()
            reactor.turn(0)

    def _before_answer(self, scored: Scored) -> None:
        """A client that has its answer may rely on its next connection going to another worker than one that quits."""
        if scored.quits:
            self._code = WORKER_QUIT
            self._front.retire()
        elif scored.succeeded and self._front.asked_for_success:
            self._front.succeeded()

    def _send_stream(self, response: Response) -> None:
        """Send the parts as the script yields them and the client takes them; the run slot is held to the end."""
        site, line = self._front.site, self._front.line
        connection, site.streaming = site.streaming, None
        parts = response.stream
        while connection is not None and not connection.is_gone:
            if connection.is_clogged:
                self._front.reactor.turn(1.0)
                continue
            part = self._next_part(parts)
            if not isinstance(part, bytes):
                line.stream_ended()
                connection.end_stream(broken=part is _BROKEN)
                break
            connection.send_part(part)
            self._look_after_others()
        else:
            line.stream_ended()
        self._give_up(parts)

    def _give_up(self, parts: Any) -> None:
        """Let a generator's ``finally`` run, also when its client went away."""
        close = getattr(parts, "close", None)
        if close is None:
            return
        self._helm.give()
        try:
            close()
        except BaseException as error:
            _log.exception("Closing the stream that run() returned failed")
            self._quit_after(error)
        finally:
            self._helm.take()

    def _next_part(self, parts: Any) -> Any:
        """The next part; None at the end, ``_BROKEN`` when there is none."""
        self._helm.give()
        try:
            return next(parts, None)
        except StreamBroken:
            return _BROKEN
        except BaseException as error:
            _log.exception("The stream that run() returned failed; its response is cut off")
            self._quit_after(error)
            return _BROKEN
        finally:
            self._helm.take()

    def _quit_after(self, error: BaseException) -> None:
        """Leave when ``error`` asks for the end of the process."""
        if not isinstance(error, Exception):
            self._code = WORKER_QUIT
            self._front.reactor.call_soon(self._front.retire)


_BROKEN = object()
