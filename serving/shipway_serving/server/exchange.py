"""What a request gets: an answer at once, or its turn in ``run``. Runs on the HTTP thread."""

import time
from enum import Enum
from typing import Callable, Iterator, List, Tuple

from shipway_serving import __version__
from shipway_serving.contract.messages import HTML, RUN_FAILED, Refusal, Request, Response, failure
from shipway_serving.contract.request_ids import LONGEST_ID, RequestIds, id_headers, ids_of
from shipway_serving.contract.routes import METHODS, PROBES, NoRoute, Route, route_of
from shipway_serving.server.line import Line
from shipway_serving.telemetry.emitter import Emitter
from shipway_serving.telemetry.records import Access

Reply = Callable[[Response], None]

VERSION_HEADER = ("x-ms-server-version", "shipway-serving/" + __version__)

RETRY_AFTER_S = 1


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

    def __init__(self, line: Line, emitter: Emitter, ids: Iterator[str]) -> None:
        self._line = line
        self._emitter = emitter
        self._ids = ids
        self.stage = Stage.STARTING

    def respond(self, request: Request, reply: Reply) -> None:
        """Answer ``request`` by one call of ``reply``, now or, for ``run``, later; leaves a line in the access log."""
        began = time.perf_counter()
        request_id = request.headers.get("x-request-id") or next(self._ids)
        try:
            route = route_of(request.method, request.path)
        except NoRoute as no_route:
            self._log(request, no_route.response, request_id, began)
            reply(no_route.response)
            return
        try:
            ids = ids_of(request.headers, request_id)
        except Refusal as refusal:
            ids = RequestIds(request_id if len(request_id) <= LONGEST_ID else "", "", "")
            self._finisher(route, request, ids, began, reply)(failure(refusal.status, refusal.message))
            return
        self._serve(route, request, self._finisher(route, request, ids, began, reply))

    def _finisher(self, route: Route, request: Request, ids: RequestIds, began: float, reply: Reply) -> Reply:
        """What to call with the response: it adds the headers, leaves a line in the log and replies."""
        headers = [VERSION_HEADER, *id_headers(ids, request.headers)]

        def finish(response: Response) -> None:
            if route not in PROBES:
                self._log(request, response, ids.request_id, began)
            reply(_with_headers(response, headers))

        return finish

    def _serve(self, route: Route, request: Request, finish: Reply) -> None:
        if route is not Route.SCORE:
            finish(self._probe(route, request.method))
        elif request.method == "OPTIONS":
            finish(Response(200, b"", HTML, ((RUN_FAILED, "False"),)))
        elif request.method == "HEAD":
            finish(failure(405, "Method not allowed"))
        elif self._line.is_full():
            finish(_busy())
        else:
            self._line.put(request, finish)

    def _probe(self, route: Route, method: str) -> Response:
        if method == "OPTIONS":
            return Response(200, b"", HTML, (("Allow", ", ".join(METHODS[route])),))
        if route is Route.LIVE:
            return Response(200, b"Live", HTML)
        if self.stage is Stage.STARTING or (route is Route.READY and self.stage is Stage.LEAVING):
            return _unavailable(f"Not ready: {self.stage.value}.")
        return Response(200, b"Healthy" if route is Route.HEALTH else b"Ready", HTML)

    def _log(self, request: Request, response: Response, request_id: str, began: float) -> None:
        duration_ms = (time.perf_counter() - began) * 1000
        self._emitter.access(
            Access(request.method, request.path, response.status, duration_ms, request_id[:LONGEST_ID])
        )


def _with_headers(response: Response, headers: List[Tuple[str, str]]) -> Response:
    """Ours come last and replace the script's of the same name (H-67)."""
    ours = {name.lower() for name, _ in headers}
    kept = tuple(pair for pair in response.headers if pair[0].lower() not in ours)
    return response._replace(headers=kept + tuple(headers))


def _busy() -> Response:
    return _unavailable("The queue is full: too many requests wait for the scoring script.")


def _unavailable(message: str) -> Response:
    refused = failure(503, message)
    return refused._replace(headers=refused.headers + (("Retry-After", str(RETRY_AFTER_S)),))
