"""Traces of requests: a span for each, with one below it for the call of ``run``. Imported only when they are sent.

A request's span begins when it has come in and ends with its answer, on the thread that speaks HTTP. ``run`` has its
own in the main thread, where it is the current one, so that whatever the script traces itself hangs below it.
"""

import logging
import sys
import threading
from contextlib import ExitStack, contextmanager
from importlib import import_module
from typing import Any, Callable, Dict, Generator, Sequence

from shipway_serving.contract.messages import Request, Response
from shipway_serving.protocols.routes import is_probe
from shipway_serving.telemetry.tracing import LONGEST_RECORD, Wish
from shipway_serving.telemetry.tracing_logs import Prints, SendingHandler, emitter_of, listen_to

_propagate: Any = import_module("opentelemetry.propagate")
_trace: Any = import_module("opentelemetry.trace")
_sdk_logs: Any = import_module("opentelemetry.sdk._logs")
_sdk_logs_export: Any = import_module("opentelemetry.sdk._logs.export")
_sdk_resources: Any = import_module("opentelemetry.sdk.resources")
_sdk_trace: Any = import_module("opentelemetry.sdk.trace")
_sdk_trace_export: Any = import_module("opentelemetry.sdk.trace.export")

UNTRACED = ("/", "/live", "/ready", "/metrics")
"""Asked every few seconds by machines; v1 left out ``/`` (T-1)."""

NAMED = ("/score", "/swagger.json", "/ping", "/invocations", "/v2")
"""Paths that may be in a span's name, which must not have as many values as clients have ideas."""

MOST_OPEN = 10000
"""Spans of requests without an answer yet; the oldest is given up for one more."""

SCOPE = "shipway_serving"


class Tracing:
    """One worker's."""

    def __init__(self, wanted: Wish, attributes: Dict[str, Any], way: str, *, with_responses: bool) -> None:
        """Begin to send by OTLP over ``way``, http or grpc. Raises ``ImportError`` when the exporter is not there.

        Where to, how often, which part of the requests: all by OpenTelemetry's own variables.
        """
        resource = _sdk_resources.Resource.create(attributes)
        self._with_responses = with_responses
        self._open: Dict[int, Any] = {}
        """By the identity of the headers: a request that goes on under another path is a new one with the same."""
        self._spans = _sdk_trace.TracerProvider(resource=resource, shutdown_on_exit=False)
        self._logs = _sdk_logs.LoggerProvider(resource=resource, shutdown_on_exit=False)
        self._sends_logs = wanted.logs
        package = f"opentelemetry.exporter.otlp.proto.{way}"
        if wanted.traces:
            exporter: Any = import_module(package + ".trace_exporter").OTLPSpanExporter()
            self._spans.add_span_processor(_sdk_trace_export.BatchSpanProcessor(exporter))
        if wanted.logs:
            exporter = import_module(package + "._log_exporter").OTLPLogExporter()
            self._logs.add_log_record_processor(_sdk_logs_export.BatchLogRecordProcessor(exporter))
        self._tracer = self._spans.get_tracer(SCOPE)
        self._emit: Callable[..., None] = emitter_of(self._logs)

    # Logs.

    def listen(self) -> None:
        """Send what is logged and what the script prints from now on; call it once, when both are set up."""
        if not self._sends_logs:
            return
        logging.getLogger().addHandler(SendingHandler(self._emit))
        listen_to(sys.stdout, Prints(self._emit, "script.stdout", logging.INFO).heard)
        listen_to(sys.stderr, Prints(self._emit, "script.stderr", logging.WARNING).heard)

    def adopt(self) -> None:
        """After ``init``: send the script's own traces too, unless it has said itself where they go."""
        if type(_trace.get_tracer_provider()).__name__ == "ProxyTracerProvider":
            _trace.set_tracer_provider(self._spans)

    # Requests.

    def begin(self, request: Request) -> None:
        """A whole request has come in; safe on any thread."""
        path = request.path
        if path in UNTRACED or is_probe(path):
            return
        route = "/v2" if path.startswith("/v2/") else path
        span = self._tracer.start_span(
            f"{request.method} {route}" if route in NAMED else request.method,
            _propagate.extract(request.headers),
            _trace.SpanKind.SERVER,
            {
                "http.request.method": request.method,
                "url.path": path,
                "url.scheme": request.scheme,
                "client.address": request.client,
                "user_agent.original": request.headers.get("user-agent", ""),
            },
        )
        if len(self._open) >= MOST_OPEN:
            self._open.pop(next(iter(self._open)), None)
        self._open[id(request.headers)] = span

    @contextmanager
    def run(self, requests: Sequence[Request]) -> Generator[None, None, None]:
        """Around the call of ``run`` for a request, or of ``run_batch`` for several.

        A batch's span belongs to no single request: it is linked to all of them.
        """
        spans = [span for span in (self._open.get(id(request.headers)) for request in requests) if span is not None]
        with ExitStack() as stack:
            if len(requests) == 1:
                if spans:
                    stack.enter_context(_trace.use_span(spans[0], end_on_exit=False))
                stack.enter_context(self._tracer.start_as_current_span("run"))
            else:
                links = [_trace.Link(span.get_span_context()) for span in spans]
                stack.enter_context(self._tracer.start_as_current_span("run_batch", links=links))
            yield

    def end(self, request: Request, response: Response, request_id: str) -> None:
        """``request`` is answered by ``response``, under ``request_id``."""
        span = self._open.pop(id(request.headers), None)
        if span is None or not span.is_recording():
            return
        span.set_attribute("http.response.status_code", response.status)
        span.set_attribute("azureml.request_id", request_id)
        client_id = request.headers.get("x-ms-client-request-id")
        if client_id:
            span.set_attribute("azureml.client_request_id", client_id)
        if self._with_responses and request.path == "/score":
            span.set_attribute("azureml.response", _shown(response))
        if response.status >= 500:
            span.set_status(_trace.Status(_trace.StatusCode.ERROR))
        span.end()

    def close(self, timeout_s: float) -> None:
        """Send what is left, for ``timeout_s`` at most: a collector that is away must not hold up the end."""
        closing = threading.Thread(target=self._close, name="shipway-traces", daemon=True)
        closing.start()
        closing.join(timeout_s)

    def _close(self) -> None:
        self._spans.shutdown()
        self._logs.shutdown()


def _shown(response: Response) -> str:
    if response.stream is not None:
        return "(a stream)"
    return response.body[:LONGEST_RECORD].decode("utf-8", "backslashreplace")
