"""Calls the script's ``run`` for one request after another, in the main thread (E-10)."""

import logging
import signal
import time
from types import FrameType
from typing import Any, NamedTuple, Optional

from shipway_serving.asset.entry_script import EntryScript
from shipway_serving.contract.arguments import arguments_for
from shipway_serving.contract.messages import Refusal, Request, Response, failure
from shipway_serving.contract.results import not_json, run_raised, run_timed_out, scored

_log = logging.getLogger("shipway_serving.scorer")


class ScoringTimeout(TimeoutError):
    """``run`` took longer than ``SCORING_TIMEOUT_MS``; raised inside it, where a script may catch it as v1's could."""


class Scored(NamedTuple):
    """What became of one request."""

    response: Response
    succeeded: bool = False
    """``run`` returned normally."""
    quits: bool = False
    """The script asked for the end of its process."""


class Scorer:
    """Scores with one loaded script. To be made and used in the main thread: the timeout is a signal."""

    def __init__(self, script: EntryScript, timeout_ms: int) -> None:
        self._script = script
        self._timeout_ms = timeout_ms

    def score(self, request: Request) -> Scored:
        """Answer ``request``; raises nothing, whatever the script does."""
        try:
            arguments = arguments_for(self._script.form, request)
        except Refusal as refusal:
            return Scored(failure(refusal.status, refusal.message))
        began = time.perf_counter()
        try:
            result = self._run(arguments)
        except ScoringTimeout:
            _log.exception("run() exceeded SCORING_TIMEOUT_MS, %d ms", self._timeout_ms)
            return Scored(run_timed_out(self._timeout_ms))
        except Exception:
            _log.exception("run() raised an exception")
            return Scored(run_raised())
        except BaseException as error:
            _log.exception("run() ended its process with %s; the worker is restarted", type(error).__name__)
            return Scored(run_raised(), quits=True)
        return _answer(result, (time.perf_counter() - began) * 1000)

    def _run(self, arguments: Any) -> Any:
        """The result of ``run``. The alarm is set each time, because a script may use the signal itself."""
        previous = signal.signal(signal.SIGALRM, _raise_timeout)
        try:
            signal.setitimer(signal.ITIMER_REAL, self._timeout_ms / 1000)
            return self._script.run(**arguments)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, previous)


def _answer(result: Any, run_ms: float) -> Scored:
    try:
        return Scored(scored(result, run_ms), succeeded=True)
    except Exception:
        _log.exception("run() returned a value that cannot be written as JSON: %s", type(result).__name__)
        return Scored(not_json(), succeeded=True)


def _raise_timeout(number: int, frame: Optional[FrameType]) -> None:
    raise ScoringTimeout()
