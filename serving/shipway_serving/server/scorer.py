"""Calls the script's ``run`` for one request after another, in the main thread (E-10)."""

import importlib
import inspect
import logging
import sys
import time
import traceback
from typing import Any, Callable, Dict, Iterator, NamedTuple, Optional

from shipway_serving.asset.awaiting import Awaiter, Overdue, to_the_end
from shipway_serving.asset.entry_script import EntryScript, imports_later
from shipway_serving.contract.arguments import arguments_for, title_cased
from shipway_serving.contract.environ import environ_of
from shipway_serving.contract.framework_response import is_framework_response, taken_over
from shipway_serving.contract.messages import Refusal, Request, Response, StreamBroken
from shipway_serving.contract.profile import MODERN, Profile
from shipway_serving.contract.results import not_called, not_json, refused, run_raised, run_timed_out, scored
from shipway_serving.contract.run_form import REQUEST_HEADERS
from shipway_serving.server.overtime import Overtime, ScoringTimeout

_log = logging.getLogger("shipway_serving.scorer")

_clock = time.perf_counter

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
    """Scores with one loaded script. To be made after ``init`` and used in the main thread only."""

    def __init__(self, script: EntryScript, overtime: Overtime, profile: Profile = MODERN) -> None:
        self._run = script.run
        self._form = script.form
        self._awaiter = script.awaiter or Awaiter()
        self._overtime = overtime
        self.timeout_s = overtime.timeout_s
        """For one call of ``run``; None for no limit."""
        self._profile = profile
        self._methods = ("GET", "POST", "HEAD") if profile.head_is_get else ("GET", "POST")
        self._raw_request = _raw_requests(script) if script.form.is_raw else None
        self._flask = _flask_contexts(script.run)
        self._tell_id = _id_hearer(script.run)

    def score(self, request: Request) -> Scored:
        """Answer ``request``; raises nothing, whatever the script does."""
        try:
            arguments = self.arguments(request)
        except Refusal as refusal:
            return self.refused(refusal)
        return self.score_arguments(request, arguments)

    async def score_async(self, request: Request) -> Scored:
        """As ``score``, among others on the loop of ``loop()`` (E-12); a ``run`` that is not async holds them up."""
        try:
            arguments = self.arguments(request)
        except Refusal as refusal:
            return self.refused(refusal)
        if self._tell_id is not None:
            self._tell_id(_id_of(request))
        began = _clock()
        try:
            result = self._called(self._run, (), arguments)
            if type(result) not in _PLAIN and inspect.isawaitable(result):
                result = await to_the_end(result, self.timeout_s)
                await to_the_end(_collect(result), self.timeout_s)
        except BaseException as error:
            return self.failed(error)
        return self.answer(request, result, (_clock() - began) * 1000)

    def loop(self) -> Any:
        """The event loop on which ``init`` was awaited, and on which ``score_async`` is to run."""
        return self._awaiter.loop()

    # The steps, which batches take one by one.

    def arguments(self, request: Request) -> Dict[str, Any]:
        """What ``run`` is called with for ``request``; raises ``Refusal`` when it is not called."""
        if self._raw_request is not None:
            arguments = {self._form.parameters[0]: self._raw_request(environ_of(request))}
            if self._form.wants_headers:
                arguments[REQUEST_HEADERS] = title_cased(request.headers)
            return arguments
        if request.method not in self._methods:
            raise not_called(request.method, self._profile)
        return arguments_for(self._form, request, self._profile)

    def refused(self, refusal: Refusal) -> Scored:
        """The answer to a request without arguments."""
        return Scored(refused(refusal, self._profile))

    def score_arguments(self, request: Request, arguments: Dict[str, Any]) -> Scored:
        """Call ``run`` for ``request``; raises nothing, whatever the script does."""
        if self._tell_id is not None:
            self._tell_id(_id_of(request))
        began = _clock()
        try:
            if self._flask is None:
                result = self._settled(self._run, (), arguments)
            else:
                with self._flask.of(request):
                    result = self._settled(self._run, (), arguments)
        except BaseException as error:
            return self.failed(error)
        return self.answer(request, result, (_clock() - began) * 1000)

    def guarded(self, call: Callable[..., Any], *arguments: Any) -> Any:
        """The result of ``call``, awaited if need be, under the scoring timeout; raises whatever it raises.

        What is collected meanwhile is nobody's: a batch has many requests.
        """
        if self._tell_id is not None:
            self._tell_id("")
        return self._settled(call, arguments, {})

    def answer(self, request: Request, result: Any, run_ms: float) -> Scored:
        """The answer to ``request`` for which ``run`` has returned ``result``; raises nothing."""
        try:
            if type(result) in _PLAIN or not is_framework_response(result):
                return Scored(scored(result, run_ms, self._profile), True)
            return Scored(self._taken_over(result, run_ms, request), True)
        except ScoringTimeout as error:
            return self.failed(error)
        except Exception:
            _log.exception("run() returned a value that cannot be written as JSON: %s", type(result).__name__)
            return Scored(not_json(self._profile, traceback.format_exc()), True)
        except BaseException as error:
            return self.failed(error)

    def failed(self, error: BaseException) -> Scored:
        """The answer to a request for which ``run`` has raised ``error``."""
        if isinstance(error, (ScoringTimeout, Overdue)):
            limit_ms = self._overtime.timeout_ms
            _log.error("run() exceeded SCORING_TIMEOUT_MS, %d ms", limit_ms, exc_info=error)
            return Scored(run_timed_out(limit_ms, self._profile))
        quits = not isinstance(error, Exception)
        if quits:
            name = type(error).__name__
            _log.error("run() ended its process with %s; the worker is restarted", name, exc_info=error)
        else:
            _log.error("run() raised an exception", exc_info=error)
        try:
            return Scored(run_raised(error, self._profile), quits=quits)
        except Exception:
            # An exception of the script's own that cannot say what it is.
            return Scored(not_json(self._profile, traceback.format_exc()), quits=quits)

    # How run is called.

    def _settled(self, call: Callable[..., Any], positional: Any, named: Dict[str, Any]) -> Any:
        self._overtime.begin()
        try:
            result = call(*positional, **named)
            if type(result) in _PLAIN or not inspect.isawaitable(result):
                return result
            return self._awaiter.result_of(result, self.timeout_s)
        finally:
            self._overtime.end()

    def _called(self, call: Callable[..., Any], positional: Any, named: Dict[str, Any]) -> Any:
        self._overtime.begin()
        try:
            return call(*positional, **named)
        finally:
            self._overtime.end()

    def _taken_over(self, result: Any, run_ms: float, request: Request) -> Response:
        source: Any = getattr(result, "response", None)
        if hasattr(source, "__anext__"):
            result.response = self._awaiter.items_of(source)
        self._overtime.begin_part()
        try:
            response = taken_over(result, request, run_ms, self._profile)
        finally:
            self._overtime.end()
        return response if response.stream is None else response._replace(stream=self._watched(response.stream))

    def _watched(self, stream: Any) -> Iterator[bytes]:
        """``stream``, no part of which may take for ever; failures are logged, what ends the process goes through."""
        try:
            part = self._next_part(stream)
            while part is not None:
                yield part
                part = self._next_part(stream)
        except Exception:
            _log.exception("run() failed in the middle of its stream; the connection is closed")
            raise StreamBroken("the stream was not finished") from None
        finally:
            stream.close()

    def _next_part(self, stream: Iterator[bytes]) -> Optional[bytes]:
        self._overtime.begin_part()
        try:
            return next(stream, None)
        finally:
            self._overtime.end()


def _raw_requests(script: EntryScript) -> Callable[[Dict[str, Any]], Any]:
    """The class of the requests that a raw script gets; werkzeug is here already, by the script's own import."""
    from shipway_serving.rawhttp.async_request import AsyncRawRequest
    from shipway_serving.rawhttp.request import RawRequest

    return AsyncRawRequest if inspect.iscoroutinefunction(inspect.unwrap(script.run)) else RawRequest


def _flask_contexts(run: Callable[..., Any]) -> Any:
    """The contexts for a script that has imported Flask, or will in ``run``; None for any other."""
    if "flask" not in sys.modules and not imports_later(run, "flask"):
        return None
    try:
        flask = importlib.import_module("flask")
    except ImportError:
        return None
    from shipway_serving.rawhttp.flask_context import FlaskContext

    return FlaskContext(flask)


def _id_hearer(run: Callable[..., Any]) -> Optional[Callable[[str], None]]:
    """Who wants to know of every request's id: data collection, if the script has imported it, or may in ``run``."""
    name = "shipway_serving.telemetry.data_collection"
    if name not in sys.modules and not imports_later(run, "azureml"):
        return None
    hearer: Callable[[str], None] = importlib.import_module(name).set_current_request_id
    return hearer


def _id_of(request: Request) -> str:
    """The id under which the request is answered; the exchange has given one to those that came without."""
    return request.headers.get("x-request-id") or request.headers.get("x-ms-request-id", "")


async def _collect(result: Any) -> None:
    """Read an asynchronous stream whole: the loop, on which others run, cannot be waited for."""
    source: Any = getattr(result, "response", None)
    if hasattr(source, "__anext__"):
        result.response = [item async for item in source]
