"""Streams whose client vanishes, stops reading or is too fast, and generators that misbehave."""

import socket
import threading
from typing import Any, Callable, Iterator

import pytest
from server_process import PATIENCE_S, Server, until

Serve = Callable[..., Server]

SCRIPT = """
import os, sys, time
from azureml.contrib.services.aml_request import rawhttp
from azureml.contrib.services.aml_response import AMLResponse

def init():
    pass

def endless(part, pause=0):
    try:
        while True:
            yield part
            time.sleep(pause)
    finally:
        print("closed")

def stubborn():
    try:
        while True:
            yield b"x" * 100000
    finally:
        sys.exit("in finally")

def failing():
    yield b"one"
    os.fork() or os._exit(0)
    raise ValueError("in the middle")

def twice():
    yield b"one"
    os.fork()
    yield b"two"

MAKERS = {
    "fast": lambda: endless(b"x" * 1000),
    "slow": lambda: endless(b"x", 0.05),
    "stubborn": stubborn,
    "failing": failing,
    "twice": twice,
}

@rawhttp
def run(request):
    what = request.get_data(as_text=True)
    return AMLResponse(MAKERS[what](), 200) if what in MAKERS else AMLResponse(str(os.getpid()), 200)
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: Any) -> Iterator[Server]:
    running = Server(tmp_path_factory.mktemp("streams"), script=SCRIPT)
    try:
        yield running.healthy()
    finally:
        running.kill()


def streaming(server: Server, what: str) -> socket.socket:
    """A client that has read the beginning of a stream."""
    client = socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE_S)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
    client.sendall(b"POST /score HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n" % len(what) + what.encode("ascii"))
    assert client.recv(20).startswith(b"HTTP/1.1 200 OK")
    return client


def closed(server: Server) -> int:
    return server.messages("script.stdout").count("closed")


@pytest.mark.parametrize("what", ["fast", "slow"])
@pytest.mark.parametrize("reads", [True, False])
def test_a_stream_without_end_ends_with_its_client(server: Server, what: str, reads: bool) -> None:
    """Health answers while it lasts; its generator is closed and the next request scored."""
    before = closed(server)
    client = streaming(server, what)
    if reads:
        reader = threading.Thread(target=drained, args=(client,))
        reader.start()
    for _ in range(20):
        assert server.request("GET", "/").status == 200
    client.shutdown(socket.SHUT_RDWR)
    client.close()
    if reads:
        reader.join(PATIENCE_S)
    assert server.score("x").body.decode() == str(server.worker_pids()[0])
    until(lambda: closed(server) == before + 1, "the generator's end")


def drained(client: socket.socket) -> None:
    try:
        while client.recv(65536):
            pass
    except OSError:
        return


def test_a_stream_that_breaks_ends_its_connection_and_nothing_else(server: Server) -> None:
    """Also when the script forks in it."""
    client = streaming(server, "failing")
    drained(client)
    client.close()
    assert server.score("x").body.decode() == str(server.worker_pids()[0])


def test_a_stream_that_forks_is_sent_once(server: Server) -> None:
    """The child ends where it comes back to us."""
    answer = server.score("twice")
    assert answer.body == b"onetwo"
    assert server.score("x").body.decode() == str(server.worker_pids()[0])


def test_an_exit_while_a_stream_is_closed_retires_the_worker(serve: Serve) -> None:
    """As one in ``run`` does, after what it has accepted."""
    server = serve(script=SCRIPT).healthy()
    client = streaming(server, "stubborn")
    client.close()
    assert server.logged("Closing the stream that run() returned failed")
    until(lambda: len(server.worker_pids()) == 2, "another worker")
    assert server.score("x").body.decode() == str(server.worker_pids()[1])


def test_a_drain_ends_streams_past_its_time(serve: Serve) -> None:
    """And says which worker it killed."""
    server = serve("--drain_s", "0.5", script=SCRIPT).healthy()
    client = streaming(server, "slow")
    server.terminate()
    assert server.exit_code() == 0
    assert server.logged("is killed before it has answered all its requests")
    client.close()
