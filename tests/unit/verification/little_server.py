"""A real HTTP server on a free port of 127.0.0.1 that answers as a revision does, well or badly."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

Answer = Callable[[str], tuple[int, str]]


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # closing waits for them, so that no socket is left open

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that gave up is what some tests are about."""


def echo(body: str) -> tuple[int, str]:
    return 200, body


@contextmanager
def little_server(
    answer: Answer = echo,
    *,
    health: tuple[int, str] = (200, "Healthy"),
    seen: list[str] | None = None,
    pages: Mapping[str, Callable[[], str]] | None = None,
) -> Iterator[str]:
    """The base URL. `seen` collects the bodies asked, in order; `pages` are what else is there to GET."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            page = (pages or {}).get(self.path)
            self._send(*health if page is None else (200, page()))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            if seen is not None:
                seen.append(body)
            if self.path != "/score":
                return self._send(404, f"no {self.path}")
            return self._send(*answer(body))

        def _send(self, status: int, text: str) -> None:
            data = text.encode()
            if status == 0:  # drop the connection, as a crashed worker does
                self.close_connection = True
                return
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *args: object) -> None:
            return

    server = _Server(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
