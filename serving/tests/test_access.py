"""Who is let in, over what, and what a second port tells."""

import http.client
import os
import select
import socket
import ssl
import subprocess
import threading
import warnings
from typing import Any, Callable, Dict, List, Optional

import pytest
from server_process import ECHO, Answer, Server, ask, until

from shipway_serving.server.keys import BadKeys, Keys

Serve = Callable[..., Server]

STUBBORN = """
import os, time

def init():
    pass

def run(data):
    if data == "pid":
        return os.getpid()
    open("running", "w").close()
    while not os.path.exists("go"):
        try:
            time.sleep(0.05)
        except TimeoutError:
            pass
"""


def bearer(key: str) -> Dict[str, str]:
    return {"Authorization": "Bearer " + key}


def written(path: Any, text: str) -> str:
    path.write_text(text)
    return str(path)


def test_everything_but_the_probes_needs_a_key(serve: Serve, tmp_path: Any) -> None:
    """K-1, K-2, K-5: two keys of equal power."""
    keys = written(tmp_path / "keys", "first-key\nsecond-key\n")
    server = serve("--keys_file", keys, script=ECHO).healthy()
    for path in ("/", "/live", "/ready"):
        assert server.request("GET", path).status == 200
    for key in ("first-key", "second-key"):
        assert server.request("POST", "/score", b"x", bearer(key)).status == 200
    for headers in ({}, bearer("wrong"), bearer(""), {"Authorization": "first-key"}):
        refused = server.request("POST", "/score", b"x", headers)
        assert refused.status == 401 and refused.headers["www-authenticate"] == "Bearer"
        assert "Authorization: Bearer KEY" in refused.json()["message"]
    assert server.request("GET", "/swagger.json").status == 401
    assert server.request("GET", "/nope").status == 401
    until(lambda: [record.get("status") for record in server.records()].count(401) == 6, "six refusals in the log")
    page = server.request("GET", "/metrics", None, bearer("first-key")).body
    assert b'shipway_requests_total{route="/score",status="4xx"} 4' in page


RAW = """
from azureml.contrib.services.aml_request import rawhttp
def init(): pass
@rawhttp
def run(request): return request.method
"""


def test_browsers_of_other_origins_may_ask_without_a_key_whether_they_may_send_one(serve: Serve, tmp_path: Any) -> None:
    """A raw script, which answers OPTIONS by itself, does not run for that; and a refusal can be read."""
    keys = written(tmp_path / "keys", "first-key\n")
    server = serve("--keys_file", keys, "--access_control_allow_origins", "https://a.example", script=RAW).healthy()
    ours, theirs = {"Origin": "https://a.example"}, {"Origin": "https://b.example"}
    asks = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    allowed = server.request("OPTIONS", "/score", None, dict(ours, **asks))
    assert (allowed.status, allowed.body) == (200, b"")
    assert allowed.headers["access-control-allow-headers"] == "authorization"
    for refused in (
        server.request("OPTIONS", "/score", None, dict(theirs, **asks)),
        server.request("OPTIONS", "/score", None, ours),
        server.request("POST", "/score", b"x", ours),
    ):
        assert refused.status == 401
    assert refused.headers["access-control-allow-origin"] == "https://a.example"
    assert server.request("OPTIONS", "/score", None, dict(ours, **bearer("first-key"))).json() == "OPTIONS"


def test_a_regenerated_key_counts_without_a_restart(serve: Serve, tmp_path: Any) -> None:
    """The file is read again when it has changed."""
    keys = tmp_path / "keys"
    server = serve("--keys_file", written(keys, "old\n"), script=ECHO).healthy()
    written(tmp_path / "keys.new", "newer\n")
    os.replace(str(tmp_path / "keys.new"), str(keys))
    until(lambda: server.request("POST", "/score", b"x", bearer("newer")).status == 200, "the new key")
    assert server.request("POST", "/score", b"x", bearer("old")).status == 401


def test_keys_are_in_no_command_line(serve: Serve, tmp_path: Any) -> None:
    """Every user of the machine can read those."""
    server = serve("--keys_file", written(tmp_path / "keys", "topsecret\n"), script=ECHO).healthy()
    for pid in [server.process.pid] + server.worker_pids():
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            assert b"topsecret" not in file.read()


def test_a_keys_file_that_is_lost_leaves_the_keys_in_force(tmp_path: Any) -> None:
    """And an empty one at start is refused."""
    path = tmp_path / "keys"
    keys = Keys(written(path, "k\n"))
    path.unlink()
    keys.refresh()
    assert keys.allow("Bearer k") and keys.allow("bearer k") and not keys.allow("Bearer \u00fc")
    with pytest.raises(BadKeys, match="holds no key; write one or two, a line each"):
        Keys(written(path, "\n"))
    path.write_bytes(b"\xef\xbb\xbfk\r\n")
    assert Keys(str(path)).allow("Bearer k"), "an editor on Windows wrote it"


# TLS.


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: Any) -> Any:
    """Folder with a certificate for localhost and its key."""
    folder = tmp_path_factory.mktemp("tls")
    names = ["-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")]
    subject = ["-subj", "/CN=localhost", "-days", "2", "-nodes"]
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", *names, *subject], check=True, stderr=-3)
    return folder


def tls_flags(folder: Any) -> "tuple[str, ...]":
    return ("--tls_certificate", str(folder / "cert.pem"), "--tls_private_key", str(folder / "key.pem"))


def https(server: Server, context: ssl.SSLContext, method: str, path: str, body: Optional[bytes] = None) -> Answer:
    connection = http.client.HTTPSConnection("127.0.0.1", server.port, context=context, timeout=20)
    try:
        return ask(connection, method, path, body)
    finally:
        connection.close()


def trusting() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def test_the_server_speaks_tls(serve: Serve, certificate: Any) -> None:
    """Bodies larger than any buffer, both ways, and many requests on a connection."""
    server = serve(*tls_flags(certificate), script=ECHO)
    server.logged("ready to score")
    body = b"x" * 3000000
    connection = http.client.HTTPSConnection("127.0.0.1", server.port, context=trusting(), timeout=20)
    for _ in range(2):
        assert ask(connection, "POST", "/score", body).json() == body.decode()
    connection.close()


def test_tls_below_1_2_and_plain_http_are_refused(serve: Serve, certificate: Any) -> None:
    """K-6; and neither harms the server."""
    server = serve(*tls_flags(certificate), script=ECHO)
    server.logged("ready to score")
    old = trusting()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        old.options |= ssl.OP_NO_TLSv1_2 | getattr(ssl, "OP_NO_TLSv1_3", 0)
    with pytest.raises(OSError):
        https(server, old, "GET", "/")
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as client:
        client.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert b"200" not in client.recv(1000)
    assert https(server, trusting(), "GET", "/").status == 200


def test_a_client_that_never_shakes_hands_holds_up_nobody(serve: Serve, certificate: Any) -> None:
    server = serve(*tls_flags(certificate), script=ECHO)
    server.logged("ready to score")
    with socket.create_connection(("127.0.0.1", server.port), timeout=20):
        assert https(server, trusting(), "POST", "/score", b"x").status == 200


def test_noise_and_truncated_handshakes_hold_up_nobody(serve: Serve, certificate: Any) -> None:
    """Nor does a big body that comes in one go, and a refusal can be read to its end."""
    server = serve(*tls_flags(certificate), script=ECHO)
    server.logged("ready to score")
    hello = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"
    clients = []
    for noise in (b"", b"GET / HTTP/1.1\r\n\r\n", hello, hello + b"\0" * 600, b"\x80\x2e\x01\x00\x02"):
        clients.append(socket.create_connection(("127.0.0.1", server.port), timeout=20))
        clients[-1].sendall(noise)
        # Gone before anybody has looked at it: a socket without its other end must not be read in the clear.
        with socket.create_connection(("127.0.0.1", server.port), timeout=20) as gone:
            gone.sendall(noise)
            gone.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    assert https(server, trusting(), "POST", "/score", b"x").status == 200
    sizes: List[int] = []
    big = threading.Thread(target=lambda: sizes.append(len(https(server, trusting(), "POST", "/score", BIG).json())))
    big.start()
    assert https(server, trusting(), "GET", "/").status == 200
    big.join(20)
    assert sizes == [len(BIG)]
    for client in clients:
        client.close()
    assert [record for record in server.records() if record["level"] in ("ERROR", "CRITICAL")] == []


BIG = b"b" * 30000000


def test_a_refusal_over_tls_can_be_read_while_the_body_is_still_coming(serve: Serve, certificate: Any) -> None:
    """What still comes is thrown away; a reset would throw away the refusal."""
    server = serve("--max_body_bytes", "1000", *tls_flags(certificate), script=ECHO)
    server.logged("ready to score")
    plain = socket.create_connection(("127.0.0.1", server.port), timeout=20)
    with trusting().wrap_socket(plain) as client:
        client.sendall(b"POST /score HTTP/1.1\r\nHost: h\r\nContent-Length: 5000000\r\n\r\n")
        # The refusal is here, unread, and the server has nothing more to say.
        assert select.select([client], [], [], 20)[0]
        for _ in range(5):
            client.sendall(b"b" * 1000)
            # By now the server has seen it.
            assert https(server, trusting(), "GET", "/").status == 200
        assert client.recv(100).startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize(
    "files, complaint",
    [
        ({"cert.pem": "no certificate"}, "TLS certificate "),
        ({}, "is not a file; it was named for keys or TLS"),
    ],
)
def test_a_bad_certificate_ends_the_server_with_1(
    serve: Serve, tmp_path: Any, files: Dict[str, str], complaint: str
) -> None:
    for name, text in files.items():
        written(tmp_path / name, text)
        written(tmp_path / "key.pem", text)
    server = serve(*tls_flags(tmp_path), script=ECHO)
    assert server.exit_code() == 1
    assert server.process.stdout is not None
    assert complaint in server.process.stdout.read().decode()


# The health port.


def health(port: int, path: str, method: str = "GET") -> Answer:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        return ask(connection, method, path)
    finally:
        connection.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_the_health_port_answers_machines_and_nobody_else(serve: Serve, tmp_path: Any) -> None:
    """It needs no key."""
    port = free_port()
    keys = written(tmp_path / "keys", "k\n")
    serve("--health_port", str(port), "--keys_file", keys, script=ECHO).healthy()
    until(lambda: health(port, "/").body == b"Healthy", "the supervisor's hearing of it")
    assert health(port, "/ready").body == b"Ready"
    assert health(port, "/live").body == b"Live"
    assert health(port, "/metrics").status == 200
    assert health(port, "/score").status == 404
    assert health(port, "/", "POST").status == 405


def test_the_log_says_which_health_port_the_system_has_chosen(serve: Serve) -> None:
    """0 takes a free one."""
    server = serve("--health_port", "0", script=ECHO).healthy()
    port = int(server.logged("health and metrics are on 127.0.0.1:")["message"].rpartition(":")[2])
    until(lambda: health(port, "/").body == b"Healthy", "the supervisor's hearing of it")


def test_a_run_that_does_not_end_makes_the_service_unhealthy(serve: Serve, tmp_path: Any) -> None:
    """Past its timeout and 10 s; it recovers when the run comes back, and the port says the same."""
    port = free_port()
    environment = {"SCORING_TIMEOUT_MS": "50"}
    server = serve("--health_port", str(port), script=STUBBORN, environment=environment).healthy()
    until(lambda: health(port, "/").status == 200, "the supervisor's hearing of it")
    asking = server.connect()
    asking.request("POST", "/score", b"wait")
    until(lambda: health(port, "/").status == 503, "the health port's no")
    assert "stuck in run()" in health(port, "/").json()["message"]
    assert server.request("GET", "/").status == 503
    assert server.request("GET", "/live").status == 200
    (tmp_path / "go").write_text("")
    until(lambda: health(port, "/").status == 200, "the health port's yes")
    assert asking.getresponse().status == 200
    asking.close()


def test_a_switch_keeps_a_stuck_service_healthy(serve: Serve, tmp_path: Any) -> None:
    """As v1's was: only the log knows."""
    port = free_port()
    environment = {"SCORING_TIMEOUT_MS": "50", "SHIPWAY_V1_BUGS": "dead-healthy"}
    server = serve("--health_port", str(port), script=STUBBORN, environment=environment).healthy()
    asking = server.connect()
    asking.request("POST", "/score", b"wait")
    server.logged("run() does not end")
    assert server.request("GET", "/").body == health(port, "/").body == b"Healthy"
    (tmp_path / "go").write_text("")
    assert asking.getresponse().status == 200
    asking.close()


def test_a_switch_brings_back_the_worker_timeout(serve: Serve) -> None:
    """v1 killed the worker; the client sees the connection break, and another worker comes."""
    environment = {"WORKER_TIMEOUT": "1", "SHIPWAY_V1_BUGS": "worker-timeout"}
    server = serve(script=STUBBORN, environment=environment).healthy()
    before = server.score("pid").json()
    with pytest.raises((ConnectionError, http.client.HTTPException)):
        server.score("wait")
    server.logged("WORKER TIMEOUT")
    until(server.is_healthy, "another worker")
    assert server.score("pid").json() != before


def test_without_the_switch_the_worker_timeout_is_ignored_and_said_so(serve: Serve) -> None:
    server = serve(script=ECHO, environment={"WORKER_TIMEOUT": "1", "WORKER_PRELOAD": "true"}).healthy()
    server.logged("WORKER_TIMEOUT is ignored: SCORING_TIMEOUT_MS ends a run")
    server.logged("WORKER_PRELOAD is ignored")
