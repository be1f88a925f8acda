"""What a request gets: an answer at once, or its turn in ``run``. For whoever drives the reactor."""

import time
from enum import Enum
from typing import Any, Callable, Iterator, Optional, Tuple

from shipway_serving.contract.content_coding import accepts_gzip, compressed, decoded
from shipway_serving.contract.cors import Cors
from shipway_serving.contract.messages import HTML, Refusal, Request, Response, failure
from shipway_serving.contract.profile import profile_named
from shipway_serving.contract.queries import query_value
from shipway_serving.contract.request_ids import LONGEST_ID, RequestIds, id_headers, ids_of, with_ours
from shipway_serving.contract.routes import PROBES, NotAllowed, Route, not_allowed, not_found, options_of, route_of
from shipway_serving.protocols.answers import Protocols
from shipway_serving.protocols.dialect import Dialect
from shipway_serving.protocols.loading import tensor_service_of
from shipway_serving.protocols.model_identity import model_identity
from shipway_serving.protocols.routes import is_probe
from shipway_serving.protocols.v2_errors import error as v2_error
from shipway_serving.schema.documents import Documents
from shipway_serving.schema.openapi import ServiceIdentity
from shipway_serving.schema.registered import schemas_of
from shipway_serving.server.limits import Limits
from shipway_serving.server.line import Line
from shipway_serving.server.settings import ContractSettings, Settings
from shipway_serving.telemetry.emitter import Emitter
from shipway_serving.telemetry.metrics import CONTENT_TYPE as METRICS_TYPE
from shipway_serving.telemetry.metrics import Metrics
from shipway_serving.telemetry.records import Access

Reply = Callable[[Response], None]

Headers = Tuple[Tuple[str, str], ...]

RETRY_AFTER = ("Retry-After", "1")
"""Seconds."""

METRICS_METHODS = ("GET", "HEAD")

CROSS_ORIGIN = (Route.HEALTH, Route.SCORE, Route.SWAGGER)
"""v1's routes; CORS is about these (H-71)."""


_SCORE = Route.SCORE
"""An attribute of an enum costs a tenth of a microsecond before Python 3.12."""


class Stage(Enum):
    """The worker's life as its clients see it."""

    STARTING = "init() has not finished"
    SERVING = "ready"
    LEAVING = "the server is shutting down"


def fresh_ids(prefix: str) -> Iterator[str]:
    """Ids for requests that bring none: a random ``prefix`` and a counter, a twentieth of the price of a UUID each."""
    number = 0
    while True:
        number += 1
        yield f"{prefix}-{number:08x}"


class Exchange:
    """The worker's side of every exchange."""

    def __init__(self, line: Line, emitter: Emitter, ids: Iterator[str], settings: Optional[Settings] = None) -> None:
        """Without ``settings`` v1's defaults are in force, and there is no document to ask for."""
        contract = settings.contract if settings else ContractSettings()
        self._settings = settings
        self._line = line
        self._emitter = emitter
        self._ids = ids
        self._profile = profile_named(contract.profile)
        self._cors = Cors(contract.cors_origins)
        has_version = self._profile.many_ids and contract.server_version
        self.id_header = "x-request-id" if self._profile.many_ids else "x-ms-request-id"
        """Under which the client names its request."""
        self.replaces_ids = self._profile.replaces_ids
        self._version: Headers = (("x-ms-server-version", contract.server_version),) if has_version else ()
        self._longest_body = (settings.limits if settings else Limits()).body_bytes
        self._stays_healthy = "dead-healthy" in contract.bugs
        self._documents: Optional[Documents] = None
        self.stage = Stage.STARTING
        self.metrics: Optional[Metrics] = None
        self.tracing: Optional[Any] = None
        """A ``telemetry.tracing_spans.Tracing``, where traces are sent."""
        self.is_stuck: Callable[[], bool] = lambda: False
        """Whether ``run`` can neither go on nor be interrupted; ``/`` says so then."""
        self._protocols = Protocols(model_identity(settings.layout.model_dir if settings else None))

    def script_loaded(self, script: Any) -> None:
        """``init`` of ``script``, or of the model in its place, is done: make its documents, know its tensors.

        Raises what keeps the documents from being made.
        """
        self._protocols.loaded(tensor_service_of(script))
        if self._settings is None:
            return
        identity = self._settings.identity
        service = ServiceIdentity(identity.service_name, identity.service_version, identity.path_prefix)
        legacy = not self._profile.many_ids
        self._documents = Documents(schemas_of(script.run), service, self._settings.layout.app_root, legacy=legacy)

    @property
    def inference(self) -> Optional[Dialect]:
        """How inference requests of the Open Inference Protocol speak with the script; None when they cannot."""
        return self._protocols.dialect

    def respond(self, request: Request, reply: Reply) -> None:
        """Answer ``request`` by one call of ``reply``, now or, for ``run``, later; leaves a line in the access log."""
        turn = _Turn(self, request, reply)
        if self.tracing is not None:
            self.tracing.begin(request)
        try:
            route = route_of(request.method, request.path)
        except NotAllowed as refusal:
            turn.answer(not_allowed(refusal.allowed, self._profile), self._bare_headers(request))
            return
        if route is None:
            self._look_beyond(request, turn)
            return
        turn.route = route
        headers = request.headers
        try:
            ids = ids_of(headers, turn.request_id, self._profile)
            turn.headers = self._version + id_headers(ids, headers)
        except Refusal as refusal:
            turn.headers = self._version + self._cross_origin(route, request) + _partial_ids(turn)
            turn(failure(refusal.status, refusal.message))
            return
        if self._cors.is_on:
            turn.headers += self._cross_origin(route, request)
        if route is _SCORE:
            # Scripts look for it, and a front end of v1's put it there when the client had none.
            headers.setdefault("x-ms-request-id", ids.legacy_id)
            self._put_in_line(request, turn)
        else:
            turn(self._at_once(route, request))

    def refuse(self, request: Request, reply: Reply, response: Response) -> None:
        """Answer ``request`` with ``response`` and no more; it counts and is logged as any other."""
        _Turn(self, request, reply).answer(response, ())

    def finished(self, turn: "_Turn", status: int) -> None:
        """Leave a line in the access log."""
        seconds = time.perf_counter() - turn.began
        request = turn.request
        if self.metrics is not None:
            self.metrics.request(request.path, status, seconds)
        self._emitter.access(Access(request.method, request.path, status, seconds * 1000, turn.request_id[:LONGEST_ID]))

    def refused_unread(self, status: int) -> None:
        """Leave a line for what was refused before it was a whole request."""
        if self.metrics is not None:
            self.metrics.request("", status, 0.0)
        self._emitter.access(Access("-", "-", status, 0.0, "-"))

    def fresh_id(self) -> str:
        """An id for a request that brought none."""
        return next(self._ids)

    def _put_in_line(self, request: Request, turn: "_Turn") -> None:
        if self._line.is_full():
            turn.failed(503, "The queue is full: too many requests wait for the scoring script.", RETRY_AFTER)
        else:
            self._line.put(request, turn)

    def _look_beyond(self, request: Request, turn: "_Turn") -> None:
        """Off v1's paths: the metrics, and what other protocols ask."""
        if request.path == "/metrics" and self.metrics is not None:
            if request.method in METRICS_METHODS:
                turn(Response(200, self.metrics.render(), METRICS_TYPE))
            else:
                turn(not_allowed(METRICS_METHODS, self._profile))
            return
        ready = self.stage is Stage.SERVING and not self.is_stuck()
        found = self._protocols.beyond(request, ready=ready)
        if found is None:
            turn.answer(not_found(self._profile), self._bare_headers(request))
            return
        turn.headers = self._version + _partial_ids(turn)
        if isinstance(found, Response):
            if is_probe(request.path):
                turn.route = Route.READY
            turn(found)
            return
        found.headers.setdefault("x-ms-request-id", turn.request_id)
        if accepts_gzip(found):
            turn.reply = _compressing(turn.reply)
        try:
            self._put_in_line(decoded(found, self._longest_body), turn)
        except Refusal as refusal:
            turn.failed(refusal.status, refusal.message)

    def _at_once(self, route: Route, request: Request) -> Response:
        if request.method == "OPTIONS":
            return options_of(route)
        if route is Route.LIVE:
            return Response(200, b"Live", HTML)
        if self.stage is Stage.STARTING or (route is Route.READY and self.stage is Stage.LEAVING):
            return _unavailable(f"Not ready: {self.stage.value}.")
        if route is Route.SWAGGER:
            return self._document(query_value(request.query, "version"))
        if self.is_stuck() and not self._stays_healthy:
            return _unavailable("run() is stuck: it has not ended when its time was over.")
        return Response(200, b"Healthy" if route is Route.HEALTH else b"Ready", HTML)

    def _document(self, version: Optional[str]) -> Response:
        return self._documents.answer(version) if self._documents else not_found(self._profile)

    def _cross_origin(self, route: Route, request: Request) -> Headers:
        if not self._cors.is_on or route not in CROSS_ORIGIN:
            return ()
        return self._cors.headers_for(request.method, request.headers)

    def _bare_headers(self, request: Request) -> Headers:
        """Of a 404 or 405: none, but 0.4 had its one id everywhere."""
        if self._profile.many_ids:
            return ()
        return id_headers(ids_of(request.headers, self.fresh_id(), self._profile), request.headers)


class _Turn:
    """One request on its way to its answer, with which it is called."""

    __slots__ = ("began", "exchange", "headers", "reply", "request", "request_id", "route")

    def __init__(self, exchange: Exchange, request: Request, reply: Reply) -> None:
        self.began = time.perf_counter()
        self.exchange = exchange
        self.request = request
        self.reply = reply
        self.request_id = request.headers.get(exchange.id_header) or exchange.fresh_id()
        self.route: Optional[Route] = None
        self.headers: Headers = ()

    def __call__(self, response: Response) -> None:
        """Send ``response`` with our headers."""
        self.answer(response, self.headers)

    def failed(self, status: int, message: str, *headers: Tuple[str, str]) -> None:
        """Send an error in the words of the protocol in which the request came."""
        refused = v2_error(status, message) if self.request.path.startswith("/v2/") else failure(status, message)
        self(refused._replace(headers=refused.headers + headers))

    def answer(self, response: Response, headers: Headers) -> None:
        """Send ``response`` with ``headers`` added; probes leave nothing in the log."""
        if self.route not in PROBES:
            self.exchange.finished(self, response.status)
            if self.exchange.tracing is not None:
                self.exchange.tracing.end(self.request, response, self.request_id[:LONGEST_ID])
        status, body, content_type, theirs, stream, from_script = response
        own = with_ours(theirs, headers) if from_script and self.exchange.replaces_ids else theirs + headers
        self.reply(Response(status, body, content_type, own, stream))


def _partial_ids(turn: _Turn) -> Headers:
    """The ids of a request that has one too long: its first, unless that is the one."""
    ids = RequestIds(turn.request_id if len(turn.request_id) <= LONGEST_ID else "", "", "")
    return id_headers(ids, turn.request.headers)


def _compressing(reply: Reply) -> Reply:
    return lambda response: reply(compressed(response))


def _unavailable(message: str) -> Response:
    refused = failure(503, message)
    return refused._replace(headers=(*refused.headers, RETRY_AFTER))
