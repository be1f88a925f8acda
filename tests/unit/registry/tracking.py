"""A tracking server that misbehaves as it is told: as little of MLflow's interface as one run with its files needs."""

import contextlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

RUN = "0123456789abcdef"
_FILES = "/api/2.0/mlflow-artifacts/artifacts"


@dataclass
class Behaviour:
    """`breaks` says after how many bytes each answer with a file ends, None where it does not; `busy` answers of 503
    come first; `listed` stands in for a folder's listing; with `shortcut` files are had as its pages have them."""

    files: dict[str, bytes]
    breaks: list[int | None] = field(default_factory=list)
    ranges: bool = True
    shortcut: bool = False
    busy: int = 0
    status: int | None = None
    body: bytes = b""
    sizes: dict[str, int] = field(default_factory=dict)
    listed: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    marks: list[str] = field(default_factory=lambda: ['"1"'])
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    """Path and headers of each request, headers in lower case."""


class _Handler(BaseHTTPRequestHandler):
    behaviour: Behaviour

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("content-length", 0)))
        self._answer()

    def log_message(self, *_: object) -> None:
        pass

    def _answer(self) -> None:
        told, parts = self.behaviour, urlsplit(self.path)
        told.asked.append((parts.path, {key.lower(): value for key, value in self.headers.items()}))
        if told.busy:
            told.busy -= 1
            self._send(503, b"busy")
        elif told.status is not None:
            self._send(told.status, told.body)
        elif parts.path == _FILES:
            self._list(parse_qs(parts.query).get("path", [""])[0])
        elif parts.path.startswith(_FILES):
            self._file(unquote(parts.path.removeprefix(f"{_FILES}/0/run/files/")))
        elif parts.path == "/get-artifact":
            self._file(parse_qs(parts.query)["path"][0]) if told.shortcut else self._send(404, b"not found")
        elif parts.path.endswith("/runs/get"):
            info = {"run_id": RUN, "experiment_id": "0", "status": "FINISHED", "end_time": "1614556800000"}
            self._json({"run": {"info": info | {"artifact_uri": "mlflow-artifacts:/0/run/files"}, "data": {}}})
        else:
            self._json({"experiment": {"experiment_id": "0", "name": "Default"}})

    def _list(self, path: str) -> None:
        folder = path.removeprefix("0/run/files").lstrip("/")
        if folder in self.behaviour.listed:
            self._json({"files": self.behaviour.listed[folder]})
            return
        prefix = f"{folder}/" if folder else ""
        found: dict[str, dict[str, Any]] = {}
        for name, data in self.behaviour.files.items():
            if name.startswith(prefix):
                first, _, more = name.removeprefix(prefix).partition("/")
                size = self.behaviour.sizes.get(name, len(data))
                found[first] = {"path": first, "is_dir": True} if more else {"path": first, "file_size": size}
        self._json({"files": list(found.values())})

    def _file(self, name: str) -> None:
        told, data, start = self.behaviour, self.behaviour.files[name], 0
        mark = told.marks.pop(0) if len(told.marks) > 1 else told.marks[0]
        asked = self.headers.get("range")
        if told.ranges and asked and self.headers.get("if-range", mark) == mark:
            start = int(asked.removeprefix("bytes=").rstrip("-"))
        end = told.breaks.pop(0) if told.breaks else None
        self.send_response(206 if start else 200)
        self.send_header("content-length", str(len(data) - start))
        if mark:
            self.send_header("etag", mark)
        self.end_headers()
        self.wfile.write(data[start : None if end is None else start + end])

    def _json(self, document: dict[str, Any]) -> None:
        self._send(200, json.dumps(document).encode(), "application/json")

    def _send(self, status: int, body: bytes, kind: str = "text/html") -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextlib.contextmanager
def served(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """The URL of a server of this machine that answers so."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def misbehaving(behaviour: Behaviour) -> contextlib.AbstractContextManager[str]:
    """Its URL."""
    return served(type("Handler", (_Handler,), {"behaviour": behaviour}))
