"""The second port, for machines alone: health and metrics, answered by the supervisor.

It answers also while native code in every worker holds the interpreter, which the workers' own ``/live`` cannot.
"""

import socket
import threading
import time
from email.utils import formatdate
from typing import Callable

from shipway_serving.contract.messages import HTML, Request, Response, failure
from shipway_serving.server.acceptor import Acceptor
from shipway_serving.server.channel import Channel
from shipway_serving.server.connection import Connection, Reply, Site
from shipway_serving.server.limits import Limits
from shipway_serving.server.reactor import Reactor
from shipway_serving.telemetry.metrics import CONTENT_TYPE as METRICS_TYPE

SWEEP_S = 1.0


class HealthPort:
    """Serves from a thread of its own until the process ends or ``close``."""

    def __init__(self, listener: socket.socket, why_not: Callable[[], str], metrics: Callable[[], bytes]) -> None:
        """``why_not`` says why the service is not ready, and nothing when it is."""
        self._why_not = why_not
        self._metrics = metrics
        self._reactor = Reactor()
        self._site = Site(Limits(body_bytes=0), time.monotonic, self._respond)
        listener.setblocking(False)
        self._acceptor = Acceptor(self._reactor, listener, self._welcome, lambda: 0.0)
        self._acceptor.start()
        self._closed = False
        self._sweep()
        threading.Thread(target=self._serve, name="shipway-health", daemon=True).start()

    def close(self) -> None:
        """Answer no more."""
        self._closed = True
        self._reactor.wake()

    def _serve(self) -> None:
        while not self._closed:
            self._reactor.turn()
        self._acceptor.stop(take_waiting=False)

    def _sweep(self) -> None:
        self._site.date = formatdate(usegmt=True)
        self._site.sweep()
        self._reactor.call_later(SWEEP_S, self._sweep)

    def _welcome(self, client: socket.socket, address: str) -> None:
        Connection(self._site, lambda owner: Channel(self._reactor, client, owner), address)

    def _respond(self, request: Request, reply: Reply) -> None:
        reply(self._answer(request))

    def _answer(self, request: Request) -> Response:
        if request.method not in ("GET", "HEAD"):
            return failure(405, "The health port answers GET and HEAD.")
        if request.path == "/metrics":
            return Response(200, self._metrics(), METRICS_TYPE)
        if request.path == "/live":
            return Response(200, b"Live", HTML)
        if request.path not in ("/", "/ready"):
            return failure(404, "The health port has /, /live, /ready and /metrics.")
        reason = self._why_not()
        if reason:
            return failure(503, reason)
        return Response(200, b"Healthy" if request.path == "/" else b"Ready", HTML)
