"""Calls the script's ``run`` for one request after another, in the main thread (E-10)."""

import inspect
import logging
import sys
import time
import traceback
from types import FrameType
from typing import Any, Callable, Dict, Iterator, NamedTuple, Optional

from shipway_serving.asset.awaiting import Awaiter, ScoringTimeout, within
from shipway_serving.asset.entry_script import EntryScript
from shipway_serving.contract.arguments import arguments_for, title_cased
from shipway_serving.contract.environ import environ_of
from shipway_serving.contract.framework_response import is_framework_response, taken_over
from shipway_serving.contract.messages import Refusal, Request, Response, StreamBroken
from shipway_serving.contract.profile import MODERN, Profile
from shipway_serving.contract.results import not_called, not_json, refused, run_raised, run_timed_out, scored
from shipway_serving.contract.run_form import REQUEST_HEADERS
from shipway_serving.server.alarm import alarm_off, alarm_on

_log = logging.getLogger("shipway_serving.scorer")

_clock = time.perf_counter

AWAITED_GRACE_S = 0.1
"""By how much the alarm waits longer than the loop: it is for a coroutine that blocks."""

OVERDUE_GRACE_S = 1.0
"""Past the scoring timeout: a run still at work then cannot be interrupted."""

_PLAIN = frozenset((dict, list, str, int, float, bool, tuple, type(None)))
"""Types of results that are neither to be awaited nor responses; ``type`` and not ``isinstance``, for speed."""


class Scored(NamedTuple):
    """What became of one request."""

    response: Response
    succeeded: bool = False
    """``run`` returned normally."""
    quits: bool = False
    """The script asked for the end of its process."""


class Scorer:
    """Scores with one loaded script. To be made and used in the main thread: the timeout is a signal."""

    def __init__(self, script: EntryScript, timeout_ms: int, profile: Profile = MODERN) -> None:
        """To be made after ``init``."""
        self._run_function = script.run
        self._form = script.form
        self._awaiter: Awaiter = script.awaiter
        self._timeout_ms = timeout_ms
        self._timeout_s = timeout_ms / 1000
        self._profile = profile
        self._methods = ("GET", "POST", "HEAD") if profile.head_is_get else ("GET", "POST")
        self._raw_request = _raw_requests(script, profile) if script.form.is_raw else None
        self._flask = _flask_context()
        self._running_since: Optional[float] = None

    def score(self, request: Request) -> Scored:
        """Answer ``request``; raises nothing, whatever the script does."""
        try:
            arguments = self.arguments(request)
        except Refusal as refusal:
            return Scored(refused(refusal, self._profile))
        except NotCalled as reason:
            return Scored(reason.response)
        self._running_since = began = _clock()
        try:
            if self._flask is None:
                result = self._run(arguments)
            else:
                with self._flask.of(request):
                    result = self._run(arguments)
        except BaseException as error:
            return self.failed(error)
        finally:
            self._running_since = None
        return self.answered(result, (_clock() - began) * 1000, request)

    async def score_async(self, request: Request) -> Scored:
        """As ``score``, among others on the loop of ``loop()`` (E-12); a ``run`` that is not async holds them up."""
        try:
            arguments = self.arguments(request)
        except Refusal as refusal:
            return Scored(refused(refusal, self._profile))
        except NotCalled as reason:
            return Scored(reason.response)
        began = _clock()
        try:
            result = self._called(arguments)
            if type(result) not in _PLAIN and inspect.isawaitable(result):
                result = await within(result, self._timeout_s)
        except BaseException as error:
            return self.failed(error)
        return self.answered(result, (_clock() - began) * 1000, request)

    def loop(self) -> Any:
        """The event loop on which ``init`` was awaited, and on which ``score_async`` is to run."""
        return self._awaiter.loop()

    def is_overdue(self) -> bool:
        """Whether ``run`` is stuck past its timeout, in code that no signal reaches. To be asked from any thread."""
        since = self._running_since
        return since is not None and _clock() - since > self._timeout_s + OVERDUE_GRACE_S

    # The steps, for batches too.

    def arguments(self, request: Request) -> Dict[str, Any]:
        """What ``run`` is called with for ``request``; raises ``Refusal`` or ``NotCalled`` when it is not."""
        if self._raw_request is not None:
            arguments = {self._form.parameters[0]: self._raw_request(environ_of(request))}
            if self._form.wants_headers:
                arguments[REQUEST_HEADERS] = title_cased(request.headers)
            return arguments
        if request.method not in self._methods:
            raise NotCalled(not_called(request.method, self._profile))
        return arguments_for(self._form, request, self._profile)

    def answered(self, result: Any, run_ms: float, request: Request) -> Scored:
        """The answer to ``request`` for which ``run`` has returned ``result``."""
        try:
            if type(result) in _PLAIN or not is_framework_response(result):
                return Scored(scored(result, run_ms, self._profile), True)
            return Scored(self._taken_over(result, run_ms, request), True)
        except Exception:
            _log.exception("run() returned a value that cannot be written as JSON: %s", type(result).__name__)
            return Scored(not_json(self._profile, traceback.format_exc()), True)

    def failed(self, error: BaseException) -> Scored:
        """The answer to a request for which ``run`` has raised ``error``."""
        if isinstance(error, ScoringTimeout):
            _log.error("run() exceeded SCORING_TIMEOUT_MS, %d ms", self._timeout_ms, exc_info=error)
            return Scored(run_timed_out(self._timeout_ms, self._profile))
        quits = not isinstance(error, Exception)
        if quits:
            name = type(error).__name__
            _log.error("run() ended its process with %s; the worker is restarted", name, exc_info=error)
        else:
            _log.error("run() raised an exception", exc_info=error)
        return Scored(run_raised(error, self._profile), quits=quits)

    # How run is called.

    def _run(self, arguments: Dict[str, Any]) -> Any:
        """The result of ``run``, awaited if need be. The alarm is set each time: a script may use the signal itself."""
        previous = alarm_on(self._timeout_s, _raise_timeout)
        try:
            result = self._run_function(**arguments)
            return result if type(result) in _PLAIN else self._settled(result)
        finally:
            alarm_off(previous)

    def _called(self, arguments: Dict[str, Any]) -> Any:
        previous = alarm_on(self._timeout_s, _raise_timeout)
        try:
            return self._run_function(**arguments)
        finally:
            alarm_off(previous)

    def _settled(self, result: Any) -> Any:
        if not inspect.isawaitable(result):
            return result
        alarm_on(self._timeout_s + AWAITED_GRACE_S, _raise_timeout)
        return self._awaiter.result_of(result, self._timeout_s)

    def _taken_over(self, result: Any, run_ms: float, request: Request) -> Response:
        source = getattr(result, "response", None)
        if hasattr(source, "__anext__"):
            result.response = self._awaiter.items_of(source)
        response = taken_over(result, request, run_ms, self._profile)
        return response if response.stream is None else response._replace(stream=_watched(response.stream))


class NotCalled(Exception):
    """``run`` has no say in this request, whose answer is ``response``."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status)
        self.response = response


def _raw_requests(script: EntryScript, profile: Profile) -> Callable[[Dict[str, Any]], Any]:
    """The class of the requests that a raw script gets; werkzeug is here already, by the script's own import."""
    from shipway_serving.rawhttp import async_request, request

    if inspect.iscoroutinefunction(inspect.unwrap(script.run)):
        return async_request.LegacyAsyncRawRequest if profile.requests_are_aml else async_request.AsyncRawRequest
    return request.LegacyRawRequest if profile.requests_are_aml else request.RawRequest


def _flask_context() -> Any:
    """The contexts for a script that has imported Flask; None for any other."""
    flask = sys.modules.get("flask")
    if flask is None:
        return None
    from shipway_serving.rawhttp.flask_context import FlaskContext

    return FlaskContext(flask)


def _watched(stream: Iterator[bytes]) -> Iterator[bytes]:
    """``stream``, whose failures are logged; what ends the process goes through."""
    try:
        yield from stream
    except Exception:
        _log.exception("run() failed in the middle of its stream; the connection is closed")
        raise StreamBroken("the stream was not finished") from None


def _raise_timeout(number: int, frame: Optional[FrameType]) -> None:
    raise ScoringTimeout()
