"""Clients that are too slow: what a connection does by the clock, which stands still here unless it is set."""

import socket
from typing import Any, List, Tuple

import pytest

from shipway_serving.contract.messages import Request, Response
from shipway_serving.server.channel import Channel
from shipway_serving.server.connection import ROOM, SHORTEST_IDLE_S, Connection, Reply, Site
from shipway_serving.server.limits import SLOWEST_BODY_BYTES_A_SECOND, Limits
from shipway_serving.server.reactor import Reactor

LIMITS = Limits()


class World:
    """A site with one client."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.reactor = Reactor()
        self.answer = Response(200, b"ok", "text/plain")
        self.held: List[Tuple[Request, Reply]] = []
        self.holds = False
        self.site = Site(LIMITS, lambda: self.now, self._respond)
        self.client = self.connect()

    def _respond(self, request: Request, reply: Reply) -> None:
        if request.path == "/bug":
            raise KeyError("a bug of ours")
        if self.holds:
            self.held.append((request, reply))
        else:
            reply(self.answer)

    def connect(self) -> socket.socket:
        client, server = socket.socketpair()
        client.settimeout(0)
        server.setblocking(False)
        Connection(self.site, lambda owner: Channel(self.reactor, server, owner))
        return client

    def send(self, data: bytes) -> None:
        """Let the server read it."""
        self.client.send(data)
        self.reactor.turn(0)

    def after(self, seconds: float) -> None:
        """Let the clock go on and the site look at it."""
        self.now += seconds
        self.site.sweep()

    def heard(self) -> bytes:
        """What the client has got; ends with ``|`` when that was the end."""
        got = b""
        try:
            while True:
                part = self.client.recv(1 << 20)
                if not part:
                    return got + b"|"
                got += part
        except BlockingIOError:
            return got
        except ConnectionError:
            return got + b"|"

    def is_open(self) -> bool:
        return bool(self.site.connections)


@pytest.fixture
def world() -> Any:
    world = World()
    yield world
    world.client.close()
    for connection in list(world.site.connections):
        connection._channel.abort()


def test_headers_that_do_not_come_in_time_are_given_up(world: World) -> None:
    """408; a byte now and then does not help."""
    for byte in (b"G", b"E", b"T"):
        world.send(byte)
        world.after(LIMITS.header_s / 3 - 0.1)
    assert world.heard() == b""
    world.after(0.4)
    heard = world.heard()
    assert heard.startswith(b"HTTP/1.1 408 ") and heard.endswith(b"|")
    world.after(LIMITS.linger_s)
    assert not world.is_open()


def test_line_ends_before_a_request_do_not_keep_a_connection(world: World) -> None:
    """They are no request, so the idle time goes on."""
    for _ in range(10):
        world.send(b"\r\n")
        world.after(LIMITS.idle_s / 10)
    assert not world.is_open()


def test_a_body_that_does_not_come_in_time_is_given_up(world: World) -> None:
    """408; what has come earns time."""
    world.send(b"POST / HTTP/1.1\r\nContent-Length: 100000\r\n\r\n")
    world.send(b"x" * 10 * SLOWEST_BODY_BYTES_A_SECOND)
    world.after(LIMITS.body_s + 9)
    assert world.heard() == b""
    world.after(2)
    assert world.heard().startswith(b"HTTP/1.1 408 ")


def test_a_client_that_reads_nothing_is_cut_off(world: World) -> None:
    """After the time for stalled clients."""
    world.answer = Response(200, b"x" * 10000000, "text/plain")
    world.send(b"GET / HTTP/1.1\r\n\r\n")
    world.after(LIMITS.stalled_s - 1)
    assert world.is_open()
    world.after(2)
    assert not world.is_open()


@pytest.mark.parametrize("head", [b"GET / HTTP/1.1\r\n\r\n", b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n"])
def test_a_client_that_reads_slowly_gets_all_of_its_answer(world: World, head: bytes) -> None:
    """However long it takes, if it takes enough at a time; the connection may be about to close."""
    size = 10000000
    world.answer = Response(200, b"x" * size, "text/plain")
    world.send(head)
    got = 0
    while got < size:
        world.after(LIMITS.stalled_s / 2)
        part = world.heard()
        assert part.rstrip(b"|")
        got += len(part)
        world.reactor.turn(0)
    assert world.now > 1000 + 2 * LIMITS.stalled_s


def test_a_client_that_reads_a_byte_now_and_then_is_cut_off(world: World) -> None:
    """It holds the whole answer in our memory."""
    world.answer = Response(200, b"x" * 10000000, "text/plain")
    world.send(b"GET / HTTP/1.1\r\n\r\n")
    for _ in range(200):
        world.after(1)
        if not world.is_open():
            break
        world.client.recv(1)
        world.reactor.turn(0)
    assert not world.is_open()


def test_a_run_may_take_its_time(world: World) -> None:
    """No deadline of ours is about ``run``."""
    world.holds = True
    world.send(b"GET / HTTP/1.1\r\n\r\n")
    world.after(100000)
    world.held[0][1](world.answer)
    assert world.heard().startswith(b"HTTP/1.1 200 ")
    world.after(LIMITS.idle_s - 1)
    assert world.is_open()
    world.after(2)
    assert world.heard() == b"|"


def test_a_bug_of_ours_is_an_answer_and_the_end_of_its_connection(world: World) -> None:
    """Not a client that waits for ever; the next connection is served."""
    world.send(b"GET /bug HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n")
    heard = world.heard()
    assert heard.startswith(b"HTTP/1.1 500 ") and heard.count(b"HTTP/1.1 ") == 1 and heard.endswith(b"|")
    world.client.close()
    world.client = world.connect()
    world.send(b"GET / HTTP/1.1\r\n\r\n")
    assert world.heard().startswith(b"HTTP/1.1 200 ")


def test_room_is_made_by_closing_what_has_been_idle_longest(world: World) -> None:
    """Never by closing what answers, arrives or has just been used; and not again at once."""
    clients = [world.client]
    world.send(b"GET /half")
    for _ in range(3 * ROOM):
        world.now += 1
        clients.append(world.connect())
    world.site.make_room()
    world.site.make_room()
    closed = []
    for client in clients:
        world.client = client
        closed.append(world.heard() == b"|")
    assert closed == [False] + [True] * ROOM + [False] * 2 * ROOM
    for _ in range(3):
        world.now += SHORTEST_IDLE_S / 2
        world.site.make_room()
    assert len(world.site.connections) == 1
    for client in clients:
        client.close()
