"""A package index on this machine that says when each file was published (PEP 691 and 700), from a folder of wheels."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

_JSON = "application/vnd.pypi.simple.v1+json"


@contextmanager
def dated_index(folder: Path, days: Mapping[str, str]) -> Iterator[str]:
    """Its URL. `days` are by `name-version`; a wheel without one is of the year 2000."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            kind, _, name = self.path.strip("/").partition("/")
            if kind == "files" and (folder / name).is_file():
                self._answer("application/zip", (folder / name).read_bytes())
            elif kind == "simple" and (listed := _listed(folder, name.strip("/"), days)):
                document = {"meta": {"api-version": "1.1"}, "name": name.strip("/"), "files": listed}
                self._answer(_JSON, json.dumps(document).encode())
            else:
                self._answer("text/plain", b"no such package", 404)

        do_HEAD = do_GET  # noqa: N815 - uv asks first whether a part of a wheel can be had

        def _answer(self, kind: str, body: bytes, code: int = 200) -> None:
            self.send_response(code)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/simple"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _listed(folder: Path, name: str, days: Mapping[str, str]) -> list[dict[str, object]]:
    return [
        {
            "filename": path.name,
            "url": f"/files/{path.name}",
            "hashes": {"sha256": sha256(path.read_bytes()).hexdigest()},
            "upload-time": f"{days.get('-'.join(path.name.split('-')[:2]), '2000-01-01')}T10:00:00.000000Z",
            "yanked": False,
        }
        for path in sorted(folder.glob(f"{name}-*.whl"))
    ]
