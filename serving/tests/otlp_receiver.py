"""A collector for tests: takes OTLP over HTTP on 127.0.0.1 and decodes it with OpenTelemetry's own messages."""

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, Dict, List


class Receiver:
    """Listens from its making on."""

    def __init__(self) -> None:
        self.spans: List[Any] = []
        self.logs: List[Any] = []
        self.resources: List[Dict[str, Any]] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.take(self.path, body)
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *arguments: Any) -> None:
                """Quiet."""

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def take(self, path: str, body: bytes) -> None:
        from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
        from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

        if path == "/v1/traces":
            for group in ExportTraceServiceRequest.FromString(body).resource_spans:
                self.resources.append(named(group.resource.attributes))
                self.spans.extend(span for scope in group.scope_spans for span in scope.spans)
        elif path == "/v1/logs":
            for group in ExportLogsServiceRequest.FromString(body).resource_logs:
                self.logs.extend(record for scope in group.scope_logs for record in scope.log_records)

    def span(self, name: str) -> Any:
        found = [span for span in self.spans if span.name == name]
        assert len(found) == 1, (name, [span.name for span in self.spans])
        return found[0]

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def named(attributes: Any) -> Dict[str, Any]:
    """Attributes as plain values."""
    return {pair.key: plain(pair.value) for pair in attributes}


def plain(value: Any) -> Any:
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [plain(one) for one in value.array_value.values]
    return getattr(value, kind) if kind else None
