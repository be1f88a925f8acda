"""A socket in front of the real engine that hangs up once, in the middle of what is sent to one of its paths."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_ENGINE = "/var/run/docker.sock"
_PIECE = 65536


class HangingUp:
    """`after_bytes` of a request whose first line has `path`: then both ends are closed. Later ones pass."""

    def __init__(self, address: Path, *, path: bytes, after_bytes: int) -> None:
        self.address = address
        self._path, self._after = path, after_bytes
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(address))
        self._listener.listen()
        self._threads: list[threading.Thread] = []
        self.hung_up = False

    def serve(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self._start(self._carry, client)

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(10)

    def _start(self, target: object, *arguments: object) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _carry(self, client: socket.socket) -> None:
        engine = socket.socket(socket.AF_UNIX)
        engine.connect(_ENGINE)
        back = threading.Thread(target=_copy, args=(engine, client), daemon=True)
        back.start()
        seen, counting = 0, False
        with client, engine, suppress(OSError):
            while piece := client.recv(_PIECE):
                counting = counting or (not self.hung_up and self._path in piece)
                seen += len(piece) if counting else 0
                if counting and seen > self._after:
                    self.hung_up = True
                    client.shutdown(socket.SHUT_RDWR)
                    engine.shutdown(socket.SHUT_RDWR)
                    break
                engine.sendall(piece)
            with suppress(OSError):
                engine.shutdown(socket.SHUT_RDWR)
            back.join(10)


def _copy(source: socket.socket, to: socket.socket) -> None:
    with suppress(OSError):
        while piece := source.recv(_PIECE):
            to.sendall(piece)
        to.shutdown(socket.SHUT_WR)


@contextmanager
def engine_that_hangs_up(folder: Path, *, path: bytes, after_bytes: int) -> Iterator[HangingUp]:
    proxy = HangingUp(folder / "engine.sock", path=path, after_bytes=after_bytes)
    thread = threading.Thread(target=proxy.serve, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.close()
        thread.join(10)
