"""Many ``async def run`` at once (``AZUREML_ASYNC_SERVING``, E-12): the main thread has their event loop for good.

The deputy has the helm all the while. No run is ended by a signal here; what it awaits is cancelled past its time.
"""

import asyncio
import time
from typing import Any, Set

from shipway_serving.asset.awaiting import to_the_end
from shipway_serving.server.exit_codes import WORKER_LEFT, WORKER_QUIT
from shipway_serving.server.front import Front
from shipway_serving.server.helm import Helm
from shipway_serving.server.line import Job
from shipway_serving.server.run_watch import LoopWatch
from shipway_serving.server.scorer import Scored, Scorer
from shipway_serving.telemetry.metrics import Metrics
from shipway_serving.telemetry.script_output import end_lines


class AsyncRuns:
    """One worker's, from ``init`` to the end."""

    def __init__(self, scorer: Scorer, front: Front, helm: Helm, metrics: Metrics) -> None:
        self._scorer = scorer
        self._front = front
        self._helm = helm
        self._metrics = metrics
        self._loop: Any = scorer.loop()
        self._tasks: Set[Any] = set()
        self._code = WORKER_LEFT

    def serve(self) -> int:
        """Run what comes, all at once; the exit code once the last one is done."""
        self._front.line.all_at_once = True
        self._front.line.on_put = lambda: self._call(self._begin)
        self._front.on_end = lambda: self._call(self._loop.stop)
        watch = LoopWatch(self._scorer.timeout_s, self._call, self._front.stuck)
        self._front.exchange.is_stuck = lambda: watch.is_stuck
        self._helm.on_tick = lambda away_s: watch.tick(time.monotonic())
        self._begin()
        self._helm.give()
        self._loop.run_forever()
        self._helm.take()
        return self._code

    def _call(self, action: Any) -> None:
        self._loop.call_soon_threadsafe(action)

    def _begin(self) -> None:
        waiting = self._front.line.waiting
        while waiting:
            # The loop itself holds tasks only weakly.
            task = self._loop.create_task(self._run(waiting.popleft()))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _run(self, job: Job) -> None:
        began = time.perf_counter()
        scored = await self._scored(job)
        end_lines()
        self._metrics.run(time.perf_counter() - began)
        if scored.response.stream is not None:
            scored = await self._collected(scored)
        self._front.reactor.call_soon(lambda: self._answer(job, scored))

    async def _scored(self, job: Job) -> Scored:
        tracing = self._front.exchange.tracing
        if tracing is None:
            return await self._scorer.score_async(job.request)
        with tracing.run([job.request]):
            return await self._scorer.score_async(job.request)

    async def _collected(self, scored: Scored) -> Scored:
        """With the stream in one piece: nobody can wait for a slow reader here without holding up all others."""
        response = scored.response
        stream: Any = response.stream
        try:
            reading = asyncio.get_event_loop().run_in_executor(None, list, stream)
            parts: Any = await to_the_end(reading, self._scorer.timeout_s)
        except Exception as error:
            return self._scorer.failed(error)
        return scored._replace(response=response._replace(body=b"".join(parts), stream=None))

    def _answer(self, job: Job, scored: Scored) -> None:
        """With the helm, which the deputy has."""
        if scored.quits:
            self._code = WORKER_QUIT
            self._front.retire()
        elif scored.succeeded and self._front.asked_for_success:
            self._front.succeeded()
        self._front.line.finish(job, scored.response)
