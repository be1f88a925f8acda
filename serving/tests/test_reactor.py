"""The event loop, who drives it, and one client's socket on it."""

import os
import socket
import threading
import time
from typing import Any, Callable, Iterator, List

import pytest
from server_process import PATIENCE_S, until

from shipway_serving.server.channel import HIGH_WATER_BYTES, Channel
from shipway_serving.server.helm import IDLE_TICKS, TICK_S, Helm
from shipway_serving.server.reactor import Reactor


class Counting(Reactor):
    """Knows how often it was turned and by whom."""

    def __init__(self) -> None:
        super().__init__()
        self.turns: List[str] = []

    def turn(self, longest_s: Any = None) -> None:
        self.turns.append(threading.current_thread().name)
        super().turn(longest_s)


class Owner:
    """What a channel told its owner."""

    def __init__(self, *, stays: bool = False) -> None:
        self.heard: List[Any] = []
        self._stays = stays

    def received(self, data: bytes) -> None:
        self.heard.append(data)

    def eof(self) -> bool:
        self.heard.append("eof")
        return self._stays

    def lost(self) -> None:
        self.heard.append("lost")

    def stalled(self) -> None:
        self.heard.append("stalled")

    def flowing(self) -> None:
        self.heard.append("flowing")


class Pair:
    """A channel, its owner, and the client's end."""

    def __init__(self, reactor: Reactor, *, stays: bool = False) -> None:
        self.client, server = socket.socketpair()
        self.client.settimeout(PATIENCE_S)
        server.setblocking(False)
        self.owner = Owner(stays=stays)
        self.channel = Channel(reactor, server, self.owner)


@pytest.fixture
def reactor() -> Counting:
    return Counting()


@pytest.fixture
def pair(reactor: Counting) -> Iterator[Pair]:
    pair = Pair(reactor)
    yield pair
    pair.channel.abort()
    pair.client.close()


def turn_until(reactor: Reactor, condition: Callable[[], Any]) -> None:
    """Drive ``reactor`` until ``condition``."""
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline
        reactor.turn(0.05)


# Reactor.


def test_calls_from_other_threads_end_the_wait(reactor: Counting) -> None:
    """And every one of them is done once, in order, whatever thread it came from."""
    done: List[int] = []

    def call(base: int) -> None:
        for number in range(base, base + 500):
            reactor.call_soon(lambda number=number: done.append(number))

    threads = [threading.Thread(target=call, args=(base,)) for base in (0, 1000, 2000)]
    for thread in threads:
        thread.start()
    turn_until(reactor, lambda: len(done) == 1500)
    for thread in threads:
        thread.join()
    for base in (0, 1000, 2000):
        assert [n for n in done if base <= n < base + 500] == list(range(base, base + 500))


def test_an_action_that_calls_itself_again_leaves_others_their_turn(reactor: Counting) -> None:
    """One turn does what was there at its beginning."""
    done: List[str] = []

    def again() -> None:
        done.append("again")
        reactor.call_soon(again)

    reactor.call_soon(again)
    reactor.turn(0)
    reactor.turn(0)
    assert done == ["again", "again"]


def test_timers_ring_in_order_and_cancelled_ones_never(reactor: Counting) -> None:
    """A timer that fails does not keep the next one."""
    rung: List[str] = []
    reactor.call_later(0.02, lambda: rung.append("late"))
    reactor.call_later(0.0, lambda: rung.append("early"))
    reactor.call_later(0.01, lambda: os.close(-1))
    reactor.call_later(0.01, lambda: rung.append("never")).cancel()
    turn_until(reactor, lambda: "late" in rung)
    assert rung == ["early", "late"]


def test_an_event_of_a_closed_descriptor_does_not_reach_its_successor(reactor: Counting) -> None:
    """The numbers of closed descriptors are used again at once, and events come in batches."""
    (first, first_end), (second, second_end) = socket.socketpair(), socket.socketpair()
    heard: List[str] = []
    numbers = {}

    def replace(me: socket.socket, other: socket.socket) -> None:
        """The handler of either: closes the other one and puts a third in its place."""
        heard.append("one")
        os.read(me.fileno(), 10)
        number = other.fileno()
        reactor.forget(number)
        other.close()
        os.dup2(numbers["quiet"], number)
        reactor.watch(number, lambda events: heard.append("successor"))
        numbers["successor"] = number

    third, third_end = socket.socketpair()
    numbers["quiet"] = third.fileno()
    reactor.watch(first.fileno(), lambda events: replace(first, second))
    reactor.watch(second.fileno(), lambda events: replace(second, first))
    first_end.send(b"x")
    second_end.send(b"x")
    reactor.turn(1)
    assert heard == ["one"]
    reactor.forget(numbers["successor"])
    os.close(numbers["successor"])
    for one in (first, second, third, first_end, second_end, third_end):
        one.close()


# Helm.


def test_while_nothing_runs_nobody_turns(reactor: Counting) -> None:
    """The deputy sleeps after its idle ticks; it takes no turn in the meantime either."""
    helm = Helm(reactor)
    helm.give()
    helm.take()
    until(lambda: not helm._stir.is_set(), "the deputy's sleep")
    before = time.process_time()
    time.sleep(TICK_S * IDLE_TICKS)
    assert reactor.turns == []
    assert time.process_time() - before < TICK_S * IDLE_TICKS / 2


def test_the_deputy_takes_over_while_the_main_thread_is_away_and_gives_back(reactor: Counting) -> None:
    """Again and again, also out of its sleep; what happens meanwhile is seen to."""
    helm = Helm(reactor)
    ticks: List[float] = []
    helm.on_tick = ticks.append
    for number in range(5):
        done = threading.Event()
        helm.give()
        reactor.call_soon(done.set)
        assert done.wait(PATIENCE_S)
        helm.take()
        turns = len(reactor.turns)
        done.clear()
        reactor.call_soon(done.set)
        assert not done.is_set() and len(reactor.turns) == turns
        turn_until(reactor, done.is_set)
        if number == 2:
            until(lambda: not helm._stir.is_set(), "the deputy's sleep")
    assert ticks and min(ticks) > 0


def test_short_absences_in_any_rhythm_never_leave_two_at_the_helm(reactor: Counting) -> None:
    """Between ``take`` and ``give`` the deputy takes no turn."""
    helm = Helm(reactor)
    for number in range(400):
        helm.give()
        if number % 7 == 0:
            time.sleep(TICK_S * 1.2)
        helm.take()
        turns = len(reactor.turns)
        reactor.call_soon(lambda: None)
        if number % 50 == 0:
            time.sleep(TICK_S * 1.2)
        assert len(reactor.turns) == turns
        reactor.turn(0)
    assert "shipway-http" in reactor.turns


# Channel.


def test_bytes_go_both_ways(reactor: Counting, pair: Pair) -> None:
    """As they come."""
    pair.client.send(b"ping")
    reactor.turn(1)
    pair.channel.write(b"pong")
    assert pair.client.recv(10) == b"pong"
    assert pair.owner.heard == [b"ping"]


def test_a_client_that_does_not_read_stalls_its_channel_and_costs_no_turns(reactor: Counting, pair: Pair) -> None:
    """Until it reads; then all of it arrives."""
    data = os.urandom(4 * 1024 * 1024)
    pair.channel.write(data)
    assert pair.owner.heard == ["stalled"]
    began = time.monotonic()
    reactor.turn(0.05)
    assert time.monotonic() - began >= 0.04
    got = bytearray()

    def read() -> bool:
        got.extend(pair.client.recv(HIGH_WATER_BYTES))
        return len(got) == len(data)

    pair.client.settimeout(0.001)
    while len(got) < len(data):
        try:
            read()
        except socket.timeout:
            reactor.turn(0.01)
    assert bytes(got) == data
    assert pair.owner.heard == ["stalled", "flowing"]
    assert pair.channel.taken_late > len(data) / 2


def test_a_half_closed_client_costs_no_turns_while_its_answer_is_due(reactor: Counting) -> None:
    """End of file is heard once; the answer still goes out."""
    pair = Pair(reactor, stays=True)
    pair.client.shutdown(socket.SHUT_WR)
    reactor.turn(1)
    began = time.monotonic()
    reactor.turn(0.05)
    assert time.monotonic() - began >= 0.04
    pair.channel.write(b"answer")
    pair.channel.close()
    assert pair.client.recv(10) == b"answer" and pair.client.recv(10) == b""
    assert pair.owner.heard == ["eof", "lost"]
    pair.client.close()


@pytest.mark.parametrize("reading", [True, False])
def test_a_client_that_goes_away_ends_its_channel_once(reactor: Counting, reading: bool) -> None:
    """Also when the channel did not want to read."""
    pair = Pair(reactor, stays=True)
    pair.channel.read(reading)
    pair.client.close()
    turn_until(reactor, lambda: "eof" in pair.owner.heard or "lost" in pair.owner.heard)
    pair.channel.write(b"x" * 10)
    turn_until(reactor, lambda: pair.channel.ended)
    pair.channel.abort()
    pair.channel.close()
    pair.channel.write(b"more")
    assert pair.owner.heard.count("lost") == 1


def test_a_reset_connection_ends_its_channel(reactor: Counting) -> None:
    """With nothing asked for it would otherwise be reported for ever."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(1)
    client = socket.create_connection(listener.getsockname())
    server, _ = listener.accept()
    listener.close()
    server.setblocking(False)
    owner = Owner(stays=True)
    channel = Channel(reactor, server, owner)
    channel.read(False)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    client.close()
    turn_until(reactor, lambda: channel.ended)
    assert owner.heard == ["lost"]


def test_closing_sends_what_is_unsent_first(reactor: Counting, pair: Pair) -> None:
    """And what the client sends meanwhile does no harm."""
    data = b"x" * (4 * 1024 * 1024)
    pair.channel.write(data)
    pair.channel.close()
    pair.client.send(b"noise")
    got = 0
    pair.client.settimeout(0.001)
    while got < len(data):
        try:
            got += len(pair.client.recv(HIGH_WATER_BYTES))
        except socket.timeout:
            reactor.turn(0.01)
    turn_until(reactor, lambda: pair.channel.ended)
    assert pair.owner.heard[-1] == "lost"
