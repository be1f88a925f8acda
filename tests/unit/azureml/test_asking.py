"""What `run` says when a service's answer breaks off."""

import socket
import threading

import pytest

from shipway.azureml._asking import ask
from shipway.azureml.exceptions import WebserviceException


def test_an_answer_that_breaks_off_is_an_exception_of_v1s() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_answer_in_part, args=(server,), daemon=True).start()
        uri = f"http://127.0.0.1:{server.getsockname()[1]}/score"
        with pytest.raises(WebserviceException, match=f"service echo does not answer at {uri}: IncompleteRead"):
            ask("echo", uri, "{}")


def _answer_in_part(server: socket.socket) -> None:
    connection, _ = server.accept()
    with connection:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[1, 2")
        connection.shutdown(socket.SHUT_WR)
        connection.recv(1)
