"""Clients that misbehave, against a real server: each gets its refusal, the next one its answer, by the same worker."""

import contextlib
import os
import random
import re
import socket
import time
from typing import Any, Callable, Iterator, List, Tuple

import pytest
from server_process import PATIENCE_S, Server, ask, until

Serve = Callable[..., Server]

SCRIPT = """
import json
import os
import resource

def init():
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))

def run(data):
    if data == "big":
        return "x" * 3000000
    if data.startswith("["):
        return len(json.loads(data))
    return {"length": len(data), "pid": os.getpid()}
"""

SCHEMA_SCRIPT = """
from inference_schema.parameter_types.standard_py_parameter_type import StandardPythonParameterType
from inference_schema.schema_decorators import input_schema, output_schema

def init():
    pass

@input_schema("data", StandardPythonParameterType([1.0]))
@output_schema(StandardPythonParameterType({"kind": "list"}))
def run(data):
    return {"kind": type(data).__name__}
"""


class Raw:
    """A bare connection."""

    def __init__(self, server: Server, **options: Any) -> None:
        self.socket = socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE_S, **options)

    def send(self, data: bytes) -> "Raw":
        """Itself; a connection that is closed already is no error."""
        with contextlib.suppress(ConnectionError):
            self.socket.sendall(data)
        return self

    def answer(self) -> bytes:
        """Everything up to the end of the connection."""
        got = []
        try:
            while True:
                part = self.socket.recv(65536)
                if not part:
                    break
                got.append(part)
        except ConnectionError:
            pass
        self.socket.close()
        return b"".join(got)

    def statuses(self) -> List[int]:
        """Of all answers up to the end of the connection."""
        return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d\d\d) ", self.answer())]


def resident_kib(pid: int, which: str = "VmRSS") -> int:
    with open(f"/proc/{pid}/status") as status:
        return int(re.search(which + r":\s+(\d+)", status.read()).group(1))  # type: ignore[union-attr]


def cpu_s(pid: int) -> float:
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


@pytest.fixture(autouse=True)
def lives_on(request: Any) -> Iterator[None]:
    """After each test that uses the shared server: it scores, with its first worker, and has logged no failure."""
    yield
    if "server" in request.fixturenames:
        server = request.getfixturevalue("server")
        assert server.score("abc").json() == {"length": 3, "pid": server.worker_pids()[0]}
        assert len(server.worker_pids()) == 1
        assert [record for record in server.records() if record["level"] in ("ERROR", "CRITICAL")] == []


def short(value: Any) -> str:
    """For the name of a case."""
    return repr(value)[:40]


POST = b"POST /score HTTP/1.1\r\nHost: h\r\n"


@pytest.mark.parametrize(
    ("data", "statuses"),
    [
        (b"\0\1\2\3\r\n\r\n", [400]),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 200, [400]),
        (b"get / HTTP/1.1\r\n\r\n", [400]),
        (b"M" * 100000 + b" / HTTP/1.1\r\n\r\n", [400]),
        (b"GET /" + b"a" * 200000 + b" HTTP/1.1\r\n\r\n", [431]),
        (b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 20000 + b"\r\n", [431]),
        (b"GET / HTTP/1.1\r\nX: " + b"y" * 200000 + b"\r\n\r\n", [431]),
        (b"GET / HTTP/1.1\r\n" + b"X" * 200000 + b": y\r\n\r\n", [431]),
        (POST + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", [400]),
        (POST + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", [400]),
        (POST + b"Content-Length: -1\r\n\r\n", [400]),
        (POST + b"Content-Length: 104857601\r\n\r\n", [413]),
        (POST + b"Content-Length: 999999999999999999999999\r\n\r\n", [400]),
        (POST + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n", [400]),
        (POST + b"Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n" + b"X: y\r\n" * 80000, [431]),
        (POST + b"Transfer-Encoding: chunked\r\n\r\n1;" + b"x" * 400000, [431]),
        (b"GET / HTTP/1.1\r\nA: b\0c\r\n\r\n", [400]),
        (b"GET / HTTP/1.1\nHost: h\n\n", [400]),
        (b"GET http://h/ HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", [200]),
        (b"GET /%00%ff%0d%0aX:%20y?%zz=%0d HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", [404]),
        (b"OPTIONS * HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", [404]),
        (b"CONNECT h:80 HTTP/1.1\r\nHost: h\r\n\r\nabc", [404]),
        (b"GET /score?" + b"a=1&" * 15000 + b" HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", [200]),
        (b"GET / HTTP/1.1\r\nx-ms-request-id: " + b"i" * 5000 + b"\r\nConnection: close\r\n\r\n", [431]),
        (b"GET / HTTP/1.1\r\nx-ms-request-id: \xff\xfe\r\nConnection: close\r\n\r\n", [200]),
        (b"GET / HTTP/1.1\r\nHost: h\r\n\r\n" * 2 + b"rubbish\r\n\r\n", [200, 200, 400]),
        (POST + b"Connection: Upgrade, close\r\nUpgrade: h2c\r\nContent-Length: 2\r\n\r\n[]", [200]),
    ],
    ids=short,
)
def test_rubbish_is_refused(server: Server, data: bytes, statuses: List[int]) -> None:
    """With the status that says what is wrong, and an end of the connection that the client can read up to."""
    assert Raw(server).send(data).statuses() == statuses


@pytest.mark.parametrize("how", ["close", "half-close", "reset"])
@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"POST /sco",
        POST + b"Content-Length: 100\r\n\r\nhalf",
        POST + b"Transfer-Encoding: chunked\r\n\r\n5\r\nab",
        POST + b"Content-Length: 3\r\n\r\nbig",
        (POST + b"Content-Length: 3\r\n\r\nbig") * 5,
    ],
)
def test_clients_that_go_away_cost_nothing_afterwards(server: Server, data: bytes, how: str) -> None:
    """Neither an answer nor a turn of the loop nor a descriptor."""
    client = Raw(server).send(data)
    if how == "half-close":
        client.socket.shutdown(socket.SHUT_WR)
        client.answer()
    else:
        if how == "reset":
            client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        client.socket.close()


def test_an_idle_server_with_every_kind_of_client_uses_no_cpu(serve: Serve) -> None:
    """Idle, half-sent, stalled and half-closed ones."""
    server = serve(script=SCRIPT).healthy()
    pid = server.score("abc").json()["pid"]
    clients = [Raw(server).send(data) for data in (b"", b"POST /s", POST + b"Content-Length: 9\r\n\r\nx")]
    stalled = Raw(server).send((POST + b"Content-Length: 3\r\n\r\nbig") * 20)
    half_closed = Raw(server).send((POST + b"Content-Length: 3\r\n\r\nbig") * 20)
    half_closed.socket.shutdown(socket.SHUT_WR)
    time.sleep(0.5)
    before = cpu_s(pid)
    time.sleep(1.5)
    assert cpu_s(pid) - before <= 0.1
    assert half_closed.statuses() == [200] * 20
    for client in [stalled, *clients]:
        client.socket.close()


def test_pipelining_without_reading_fills_no_memory(server: Server) -> None:
    """The requests stay in the kernel while their answers do."""
    pid = server.score("abc").json()["pid"]
    before = resident_kib(pid)
    client = Raw(server)
    client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
    client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536)
    client.socket.settimeout(0.5)
    sent = 0
    request = (b"GET / HTTP/1.1\r\nHost: h\r\n\r\n") * 1000
    try:
        while sent < 64 * 1024 * 1024:
            sent += client.socket.send(request)
    except socket.timeout:
        pass
    assert sent < 64 * 1024 * 1024
    assert resident_kib(pid) - before < 20 * 1024
    client.socket.settimeout(PATIENCE_S)
    client.socket.shutdown(socket.SHUT_WR)
    answers = client.answer()
    assert answers.count(b"HTTP/1.1 200 OK") >= sent // 30


def test_many_connections_are_served_and_let_go(server: Server) -> None:
    """A thousand at once, idle or half-sent, beside one that asks."""
    pid = server.score("abc").json()["pid"]
    clients = [Raw(server).send(b"POST /score HT" if number % 2 else b"") for number in range(1000)]
    assert server.score("abc").status == 200
    for client in clients:
        client.socket.close()
    until(lambda: len(descriptors(pid)) < 100, "the end of the connections")


def descriptors(pid: int) -> List[str]:
    return os.listdir(f"/proc/{pid}/fd")


def test_idle_connections_make_room_when_descriptors_run_out(serve: Serve) -> None:
    """More clients than descriptors: whoever asks is served, and the script can still open its files."""
    script = SCRIPT.replace("(4096, 4096)", "(64, 64)").replace(
        'if data == "big"', "open(os.devnull).close()\n    if 0"
    )
    server = serve(script=script).healthy()
    connection = server.connect()
    clients = [Raw(server) for _ in range(100)]
    for _ in range(3):
        assert ask(connection, "POST", "/score", b"abc").status == 200
        assert server.score("abc").status == 200
    for client in clients:
        client.socket.close()
    connection.close()


# Bodies.


def test_a_body_of_100_mb_is_taken_and_one_byte_more_is_not(serve: Serve) -> None:
    """In memory no more than thrice its size while it is scored."""
    server = serve(script="def init():\n    pass\n\ndef run(data):\n    return len(data)\n").healthy()
    pid = server.worker_pids()[0]
    size = 100 * 1024 * 1024
    client = Raw(server).send(POST + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % size)
    piece = b"b" * (1024 * 1024)
    for _ in range(100):
        client.send(piece)
    assert client.answer().endswith(b"\r\n\r\n%d" % size)
    assert resident_kib(pid, "VmHWM") < 400 * 1024
    assert resident_kib(pid) < 150 * 1024
    assert Raw(server).send(POST + b"Content-Length: %d\r\n\r\n" % (size + 1)).statuses() == [413]


def test_an_endless_chunked_body_is_cut_off_at_the_limit(serve: Serve) -> None:
    """Memory stays bounded, with chunks of whatever size."""
    server = serve("--max_body_bytes", "2000000", script=SCRIPT).healthy()
    pid = server.score("abc").json()["pid"]
    before = resident_kib(pid, "VmHWM")
    for chunk in (b"2\r\nab\r\n" * 20000, b"%x\r\n%b\r\n" % (100000, b"b" * 100000)):
        client = Raw(server).send(POST + b"Transfer-Encoding: chunked\r\n\r\n")
        for _ in range(60):
            client.send(chunk)
        assert client.statuses() == [413]
    assert resident_kib(pid, "VmHWM") - before < 20 * 1024


DEEP = [b"[" * 100000 + b"]" * 100000, b'{"data":' * 100000 + b"1" + b"}" * 100000, b"[" * 5000000]


@pytest.fixture(scope="module")
def schema_server(tmp_path_factory: Any) -> Iterator[Server]:
    """A server whose script has a schema, so that bodies are parsed before ``run``."""
    running = Server(tmp_path_factory.mktemp("schema"), script=SCHEMA_SCRIPT)
    try:
        yield running.healthy()
        assert len(running.worker_pids()) == 1
    finally:
        running.kill()


@pytest.mark.parametrize("body", DEEP, ids=["lists", "objects", "unfinished"])
def test_deep_json_is_refused(schema_server: Server, body: bytes) -> None:
    """400 on every Python, whatever its stack."""
    answer = schema_server.request("POST", "/score", body, {"Content-Type": "application/json"})
    assert answer.status == 400
    assert schema_server.score('{"data": [1]}').json() == {"kind": "list"}


@pytest.mark.parametrize(
    ("body", "statuses"),
    [
        (b'{"data": 1e999999}', (200, 400, 500)),
        (b'{"data": [-1e999999, NaN, Infinity]}', (200,)),
        (b'{"data": [' + b"1" * 5000 + b"]}", (200, 400)),
        (b'{"data": [' + b"1" * 1000000 + b"]}", (400,)),
        (b'{"data": ["\\ud800"]}', (200,)),
        (b'{"data": ["\\u0000"]}', (200,)),
        (b'\xff\xfe{"data": [1]}', (400,)),
        (b'\xef\xbb\xbf{"data": [1]}', (200, 400)),
        (b"\x80", (400,)),
        (b"null", (400,)),
        (b'{"\\ud800": 1}', (400,)),
        (b"{" + b'"data": [1], ' * 100000 + b'"data": [2]}', (200,)),
    ],
    ids=short,
)
def test_odd_json_never_is_the_servers_failure(schema_server: Server, body: bytes, statuses: Tuple[int, ...]) -> None:
    """A refusal, or the script's turn."""
    answer = schema_server.request("POST", "/score", body, {"Content-Type": "application/json"})
    assert answer.status in statuses, answer.body
    assert answer.status != 500 or answer.headers["x-ms-run-function-failed"] == "True"


# Streams of bytes.


def fragments(rng: random.Random) -> bytes:
    """Something like HTTP: good requests, pieces of such, and noise."""
    good = (
        b"GET / HTTP/1.1\r\nHost: h\r\n\r\n",
        POST + b"Content-Length: 3\r\n\r\nabc",
        POST + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        POST + b"Expect: 100-continue\r\nContent-Length: 1\r\n\r\na",
        POST + b"Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 3\r\n\r\nabc",
        b"OPTIONS /score HTTP/1.1\r\nOrigin: http://a\r\n\r\n",
        b"GET /swagger.json?version=3 HTTP/1.1\r\n\r\n",
        b"POST /v2/models/x/infer HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}",
        b"HEAD /ready HTTP/1.0\r\n\r\n",
    )
    data = b"".join(rng.choice(good) for _ in range(rng.randint(1, 4)))
    for _ in range(rng.randint(0, 3)):
        place = rng.randrange(len(data))
        kind = rng.randrange(4)
        noise = bytes(rng.randrange(256) for _ in range(rng.randint(1, 8)))
        if kind == 0:
            data = data[:place] + noise + data[place:]
        elif kind == 1:
            data = data[:place] + data[place + rng.randint(1, 9) :] or b"x"
        elif kind == 2:
            data = data[:place] + bytes([data[place] ^ (1 << rng.randrange(8))]) + data[place + 1 :]
        else:
            data = data[:place] + rng.choice([b"\r\n", b"\n", b"\r", b"\0", b": ", b"chunked", b"9"]) + data[place:]
    return data


def test_mutated_streams_cut_at_random_leave_the_server_well(server: Server) -> None:
    """No answer is a failure, and nothing is left open: seeded, so the same every time."""
    rng = random.Random(20201)
    for _ in range(250):
        data = fragments(rng)
        client = Raw(server)
        client.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while data:
            cut = rng.randint(1, max(1, len(data)))
            client.send(data[:cut])
            data = data[cut:]
        with contextlib.suppress(OSError):
            client.socket.shutdown(socket.SHUT_WR)
        answers = client.answer()
        assert not re.findall(rb"HTTP/1\.1 5\d\d ", answers), answers


# Slow clients.


def test_slow_readers_get_all_of_a_big_answer(server: Server) -> None:
    """Beside others that are served meanwhile."""
    client = Raw(server)
    client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 200000)
    client.send(POST + b"Connection: close\r\nContent-Length: 3\r\n\r\nbig")
    client.socket.recv(100)
    assert server.score("abc").status == 200
    assert len(client.answer()) > 2900000
