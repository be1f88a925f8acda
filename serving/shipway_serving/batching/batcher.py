"""Takes waiting requests in batches and scores each batch by one call of ``run_batch``. Main thread only.

A batch changes when a request is scored and nothing else: the same functions as without batching parse its arguments,
turn its result into a response and answer its failure.
"""

import logging
import time
from typing import Any, Callable, Deque, Generic, Iterator, List, NamedTuple, Optional, Sequence, Set, Tuple

from shipway_serving.batching.checks import WrongResults, checked, unfit
from shipway_serving.batching.items import item_of
from shipway_serving.batching.plan import Limits, Waiting, plan
from shipway_serving.batching.rows import Size, size_of
from shipway_serving.batching.scoring import Parsed, S, Scoring, Script
from shipway_serving.contract.messages import Refusal, Request
from shipway_serving.contract.run_form import RunForm

_log = logging.getLogger("shipway_serving.batching")

LOOK_AHEAD = 1024
"""Requests of the line that are looked at for one batch, which bounds the work when many kinds of them wait."""

_NO_ITEM: Any = object()


class Taken(NamedTuple):
    """What ``take`` decided."""

    jobs: List[Any]
    """To be scored now, together; gone from the line."""
    wait_s: Optional[float]
    """Without jobs: look again after so long, or when something arrives; None when the line is empty."""


class Batcher(Generic[S]):
    """One worker's."""

    def __init__(self, scoring: Scoring[S], script: Script, limits: Limits, clock: Callable[[], float]) -> None:
        """``clock`` gives seconds, to time a batch by."""
        self._scoring = scoring
        self._script = script
        self._limits = limits
        self._clock = clock
        self._said: Set[str] = set()
        self._last = 0
        """Requests in the last batch."""
        self.on_batch: Callable[[int, bool], None] = lambda requests, fell_back: None
        """Called after each batch, for the metrics; a request that ran alone is one, too."""
        self.apart: Callable[[Request], Optional[Callable[[Request], S]]] = lambda request: None
        """What scores a request that has nothing to do with ``run_batch``, such as one in another protocol's form."""

    def take(self, waiting: Deque[Any], now: float, more_may_come: bool = True) -> Taken:
        """Remove the next batch from ``waiting``, or say when to look again.

        ``more_may_come``: some client is connected and has no request under way. Where none is, and as many are in line
        as there were in the last batch, all are taken to be here again, and nobody is waited for.

        The line is of jobs with ``request``, ``came_at`` (seconds, by the clock of ``now``) and ``inputs``, which is
        the batcher's own and None at first. Another thread may append to it meanwhile.
        """
        expects = more_may_come or len(waiting) < self._last
        decision = plan(self._sizes(waiting), now, self._limits, more_may_come=expects)
        self._last = len(decision.take) or self._last
        return Taken(_remove(waiting, decision.take), decision.wait_s)

    def score(self, jobs: Sequence[Any]) -> List[S]:
        """The answers to ``jobs``, in their order; raises nothing, whatever the script does.

        A request whose arguments cannot be converted is scored alone, where ``run`` says what is wrong with it.
        """
        if len(jobs) == 1:
            self.on_batch(1, False)
            return [self._alone(jobs[0])]
        items = [self._item(job) for job in jobs]
        fitting = [(job, item) for job, item in zip(jobs, items) if item is not _NO_ITEM]
        if len(fitting) < 2:
            return [self._alone(job) for job in jobs]
        together = iter(self._together(fitting))
        return [self._alone(job) if item is _NO_ITEM else next(together) for job, item in zip(jobs, items)]

    def _together(self, batch: Sequence[Tuple[Any, Any]]) -> List[S]:
        """The answers to jobs with their items."""
        began = self._clock()
        try:
            results = self._scoring.guarded(self._script.run_batch, [item for _, item in batch])
            run_ms = (self._clock() - began) * 1000
            own = checked(results, [job.inputs.size for job, _ in batch])
        except BaseException as error:
            self._say_once(error)
            self.on_batch(len(batch), True)
            return [self._alone(job) for job, _ in batch]
        self.on_batch(len(batch), False)
        return [self._scoring.answer(job.request, result, run_ms) for (job, _), result in zip(batch, own)]

    def _item(self, job: Any) -> Any:
        try:
            return item_of(self._script.form, self._script.run, job.inputs.arguments)
        except Exception:
            return _NO_ITEM

    def _sizes(self, waiting: Deque[Any]) -> Iterator[Waiting]:
        for place in range(min(len(waiting), LOOK_AHEAD)):
            job = waiting[place]
            parsed = job.inputs = job.inputs or self._parsed(job.request)
            if parsed.refusal or parsed.size.rows == 0:
                # Of a kind of its own, and enough for a batch: it is answered in its turn and joins nobody. With an
                # empty request among others, rows in one flat list could pass for one result a request.
                yield Waiting(self._limits.max_rows, job, job.came_at)
            else:
                yield Waiting(parsed.size.rows, parsed.size.key, job.came_at)

    def _parsed(self, request: Request) -> Parsed:
        apart = self.apart(request)
        if apart is not None:
            return Parsed({}, Size(0, False, None), apart=apart)
        try:
            arguments = self._scoring.arguments(request)
        except Refusal as refusal:
            return Parsed({}, Size(0, False, None), refusal)
        return Parsed(arguments, size_of(self._script.form, arguments))

    def _alone(self, job: Any) -> S:
        parsed: Parsed = job.inputs or self._parsed(job.request)
        if parsed.apart is not None:
            return parsed.apart(job.request)
        if parsed.refusal is not None:
            return self._scoring.refused(parsed.refusal)
        return self._scoring.score_arguments(job.request, parsed.arguments)

    def _say_once(self, error: BaseException) -> None:
        """A script whose batches fail goes on working, only slower; its log must not drown in that."""
        kind = type(error).__name__
        if kind in self._said:
            return
        self._said.add(kind)
        wrong = isinstance(error, WrongResults)
        _log.warning(
            "run_batch() failed (%s): the requests of such a batch are scored one by one. This is said once.",
            error if wrong else kind,
            exc_info=None if wrong else error,
        )


def batcher_for(
    scoring: Scoring[S], form: RunForm, run: Callable[..., Any], run_batch: Any, limits: Limits
) -> Optional[Batcher[S]]:
    """The batcher for a script, or None, with the reason in the log, when its requests cannot be batched."""
    problem = unfit(form, run_batch)
    if problem:
        _log.warning("Batching was asked for and is off: %s", problem)
        return None
    return Batcher(scoring, Script(form, run, run_batch), limits, time.perf_counter)


def _remove(waiting: Deque[Any], places: Sequence[int]) -> List[Any]:
    """Take the jobs at ``places`` out, without disturbing who appends at the other end."""
    if not places:
        return []
    front = [waiting.popleft() for _ in range(places[-1] + 1)]
    chosen = set(places)
    waiting.extendleft(reversed([job for place, job in enumerate(front) if place not in chosen]))
    return [front[place] for place in places]
