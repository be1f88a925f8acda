"""Start, drain, crashes: who ends when, with which code, and that no request is lost on the way."""

import fcntl
import os
import signal
import socket
import threading
import time
from typing import Any, Callable, List

import pytest
from server_process import ECHO, Answer, Server, alive, ask, until

Serve = Callable[..., Server]

SLEEPER = """
import os, sys, threading, time

def init():
    if os.path.exists("slow-init"):
        while not os.path.exists("go"):
            time.sleep(0.01)

def run(data):
    if data == "exit":
        sys.exit("because I say so")
    if data == "crash":
        os._exit(77)
    if data == "leak":
        threading.Thread(target=time.sleep, args=(600,)).start()
    if data == "wait":
        open("running", "w").close()
        while not os.path.exists("go"):
            time.sleep(0.01)
    return os.getpid()
"""


class Asking:
    """A request on a thread of its own."""

    def __init__(self, server: Server, text: str) -> None:
        self.answers: List[Answer] = []
        self._thread = threading.Thread(target=self._ask, args=(server, text))
        self._thread.start()

    def _ask(self, server: Server, text: str) -> None:
        self.answers.append(server.score(text))

    def answer(self) -> Answer:
        self._thread.join(20)
        return self.answers[0]


def until_ready(server: Server, count: int) -> None:
    """So many workers have finished ``init``."""
    until(lambda: sum("ready to score" in text for text in server.messages()) == count, "ready workers")


def until_running(folder: Any) -> None:
    """A run of ``wait`` has begun."""
    until((folder / "running").exists, "the run")


def go(folder: Any) -> None:
    """Let it end."""
    (folder / "go").write_text("")


def test_a_drain_finishes_what_runs_and_what_waits(serve: Serve, tmp_path: Any) -> None:
    """Not ready, still accepting, every answer sent with ``Connection: close``, exit 0."""
    server = serve(script=SLEEPER).healthy()
    idle = server.connect()
    assert ask(idle, "GET", "/ready").status == 200
    running = Asking(server, "wait")
    until_running(tmp_path)
    waiting = Asking(server, "x")
    server.terminate()
    until(lambda: server.request("GET", "/ready").status == 503, "not ready")
    late = Asking(server, "late")
    assert ask(idle, "GET", "/").headers["connection"] == "close"
    server.logged("draining")
    go(tmp_path)
    for asking in (running, waiting, late):
        answer = asking.answer()
        assert (answer.status, answer.headers["connection"]) == (200, "close")
    assert server.exit_code() == 0


def test_under_load_a_drain_loses_no_request(serve: Serve) -> None:
    """Whoever got a connection gets an answer on it; afterwards connections are refused, not reset."""
    server = serve("--worker_count", "2", script=ECHO).healthy()
    port = server.port
    lost: List[str] = []
    counts: List[int] = []

    def client() -> None:
        count = 0
        while True:
            try:
                connection = socket.create_connection(("127.0.0.1", port), timeout=20)
            except ConnectionRefusedError:
                counts.append(count)
                return
            with connection:
                try:
                    connection.sendall(b"POST /score HTTP/1.1\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx")
                    if not connection.recv(100).startswith(b"HTTP/1.1 200"):
                        lost.append("no answer")
                except OSError as error:
                    lost.append(repr(error))
            count += 1

    clients = [threading.Thread(target=client) for _ in range(4)]
    for thread in clients:
        thread.start()
    until(lambda: len(server.messages("shipway_serving.access")) > 50, "load")
    server.terminate()
    for thread in clients:
        thread.join(20)
    assert server.exit_code() == 0
    assert lost == [] and sum(counts) > 50


def test_keep_alive_clients_lose_no_request_in_a_drain(serve: Serve) -> None:
    """They are told that their connection closes, with an answer."""
    server = serve(script=ECHO).healthy()
    lasts: List[str] = []

    def client() -> None:
        connection = server.connect()
        while True:
            answer = ask(connection, "POST", "/score", b"x", {"Content-Type": "text/plain"})
            assert answer.status == 200
            if answer.headers["connection"] == "close":
                lasts.append("close")
                connection.close()
                return

    clients = [threading.Thread(target=client) for _ in range(4)]
    for thread in clients:
        thread.start()
    until(lambda: len(server.messages("shipway_serving.access")) > 50, "load")
    server.terminate()
    for thread in clients:
        thread.join(20)
    assert lasts == ["close"] * 4 and server.exit_code() == 0


def test_leaked_threads_do_not_keep_the_server(serve: Serve) -> None:
    """Exit 0 past a non-daemon thread of the script."""
    server = serve(script=SLEEPER).healthy()
    assert server.score("leak").status == 200
    server.terminate()
    assert server.exit_code() == 0


def test_a_run_longer_than_the_drain_time_is_cut_off(serve: Serve, tmp_path: Any) -> None:
    """``--drain_s`` is a promise to whoever waits for the end."""
    server = serve("--drain_s", "0.5", script=SLEEPER).healthy()
    connection = server.connect()
    connection.request("POST", "/score", b"wait", {"Content-Type": "text/plain"})
    until_running(tmp_path)
    server.terminate()
    assert server.exit_code() == 0
    assert server.logged("before it has answered all its requests")["level"] == "ERROR"
    connection.close()


def test_a_drain_does_not_wait_for_init(serve: Serve, tmp_path: Any) -> None:
    """``init`` has no time limit, and nothing is to be answered yet."""
    (tmp_path / "slow-init").write_text("")
    server = serve(script=SLEEPER)
    until(lambda: server.request("GET", "/live").status == 200, "life")
    server.terminate()
    assert server.exit_code() == 0


def test_during_init_the_server_lives_but_is_not_ready(serve: Serve, tmp_path: Any) -> None:
    """H-1: healthy only after ``init``; a request that comes earlier waits for it."""
    (tmp_path / "slow-init").write_text("")
    server = serve(script=SLEEPER)
    until(lambda: server.request("GET", "/live").status == 200, "life")
    for path in ("/", "/ready"):
        answer = server.request("GET", path)
        assert (answer.status, answer.json()) == (503, {"message": "Not ready: init() has not finished."})
    early = Asking(server, "x")
    go(tmp_path)
    assert early.answer().status == 200
    assert (server.request("GET", "/ready").body, server.request("GET", "/").body) == (b"Ready", b"Healthy")


def test_health_answers_while_run_works(serve: Serve, tmp_path: Any) -> None:
    """Of one worker and of several, all of them busy."""
    server = serve("--worker_count", "2", script=SLEEPER).healthy()
    until_ready(server, 2)
    running = [Asking(server, "wait") for _ in range(2)]
    until_running(tmp_path)
    assert {server.request("GET", "/").body for _ in range(10)} == {b"Healthy"}
    go(tmp_path)
    assert [asking.answer().status for asking in running] == [200, 200]


def test_a_full_queue_refuses_and_says_when_to_come_again(serve: Serve, tmp_path: Any) -> None:
    """``--max_queue 1``: one runs, one waits, the third gets 503."""
    server = serve("--max_queue", "1", script=SLEEPER).healthy()
    first = Asking(server, "wait")
    until_running(tmp_path)
    refused: List[Answer] = []

    def third_is_refused() -> bool:
        with socket.create_connection(("127.0.0.1", server.port), timeout=20) as probe:
            probe.sendall(b"GET /score HTTP/1.1\r\n\r\n")
            probe.settimeout(0.2)
            try:
                return probe.recv(20).startswith(b"HTTP/1.1 503")
            except socket.timeout:
                return False

    until(third_is_refused, "a refusal")
    refused.append(server.score("x"))
    assert (refused[0].status, refused[0].headers["retry-after"]) == (503, "1")
    go(tmp_path)
    assert first.answer().status == 200


def test_the_script_may_ask_for_the_end_of_its_worker(serve: Serve) -> None:
    """``SystemExit``: 500, the reason in the log, another worker."""
    server = serve(script=SLEEPER).healthy()
    assert server.score("exit").status == 500
    assert "SystemExit: because I say so" in server.logged("run() ended its process with SystemExit")["message"]
    first, second = until(lambda: len(server.worker_pids()) == 2 and server.worker_pids(), "another worker")
    assert server.score("x").json() == second
    assert not alive(first)


def test_three_deaths_without_a_success_end_the_server(serve: Serve) -> None:
    """Exit 3, whatever killed them; a success in between starts the count anew."""
    server = serve(script=SLEEPER).healthy()
    for text in ("exit", "exit", "x", "exit", "exit", "exit"):
        server.score(text)
    assert server.exit_code() == 3
    assert server.logged("3 workers have died without one successful run")["level"] == "CRITICAL"


def test_a_crashed_worker_is_replaced(serve: Serve) -> None:
    """The connection breaks, the next request is served."""
    server = serve(script=SLEEPER).healthy()
    connection = server.connect()
    try:
        ask(connection, "POST", "/score", b"crash", {"Content-Type": "text/plain"})
        raise AssertionError("answered")
    except ConnectionError:
        connection.close()
    assert server.score("x").status == 200
    assert server.logged("ended with exit code 77")


def test_a_worker_in_init_leaves_requests_to_those_that_are_ready(serve: Serve, tmp_path: Any) -> None:
    """A replacement that takes its time takes no connection with it."""
    server = serve("--worker_count", "2", script=SLEEPER).healthy()
    until_ready(server, 2)
    (tmp_path / "slow-init").write_text("")
    server.score("exit")
    until(lambda: len(server.worker_pids()) == 3, "the third worker")
    assert {server.score("x").status for _ in range(20)} == {200}
    go(tmp_path)
    until_ready(server, 3)


def test_connections_go_to_the_worker_that_is_not_busy(serve: Serve, tmp_path: Any) -> None:
    """While one worker is in a long run, new clients are scored by the other, keep-alive or not."""
    server = serve("--worker_count", "2", script=SLEEPER).healthy()
    until_ready(server, 2)
    running = Asking(server, "wait")
    until_running(tmp_path)

    def is_scored() -> bool:
        connection = server.connect()
        connection.timeout = 0.5
        try:
            return ask(connection, "POST", "/score", b"x", {"Content-Type": "text/plain"}).status == 200
        except socket.timeout:
            return False
        finally:
            connection.close()

    until(is_scored, "an answer from the other worker")
    go(tmp_path)
    assert running.answer().status == 200


def test_workers_do_not_outlive_a_killed_supervisor(serve: Serve, tmp_path: Any) -> None:
    """Even in the middle of a run."""
    server = serve(script=SLEEPER).healthy()
    connection = server.connect()
    connection.request("POST", "/score", b"wait", {"Content-Type": "text/plain"})
    until_running(tmp_path)
    (pid,) = server.worker_pids()
    server.process.send_signal(signal.SIGKILL)
    until(lambda: not alive(pid), "the worker's end")
    connection.close()


def test_the_pid_file_names_the_supervisor(serve: Serve, tmp_path: Any) -> None:
    """Written whole, and by the supervisor alone."""
    server = serve("--pid_file", "pid", script=ECHO)
    text = until(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text(), "the pid file")
    assert text == f"{server.process.pid}\n"
    server.healthy()
    assert [name for name in os.listdir(str(tmp_path)) if name.startswith("pid")] == ["pid"]


def test_a_passed_descriptor_stays_with_the_supervisor(serve: Serve, tmp_path: Any) -> None:
    """A lock on it says that the server lives; no worker may hold it on."""
    path = str(tmp_path / "lock")
    ours = os.open(path, os.O_RDWR | os.O_CREAT)
    fcntl.flock(ours, fcntl.LOCK_EX)
    server = serve(script=ECHO, pass_fds=(ours,)).healthy()
    os.close(ours)
    targets = [os.readlink(f"/proc/{pid}/fd/{fd}") for pid in server.worker_pids() for fd in fds(pid)]
    assert path in [os.readlink(f"/proc/{server.process.pid}/fd/{fd}") for fd in fds(server.process.pid)]
    assert targets and path not in targets


def fds(pid: int) -> List[str]:
    """The open descriptors of a process, less those that close meanwhile."""
    folder = f"/proc/{pid}/fd"
    return [fd for fd in os.listdir(folder) if os.path.lexists(os.path.join(folder, fd))]


def test_a_taken_port_ends_the_server_with_4(serve: Serve, tmp_path: Any) -> None:
    """One clear line on standard error."""
    first = serve(script=ECHO).healthy()
    second = serve("--port", str(first.port), script=ECHO, folder=tmp_path / ".")
    assert second.exit_code() == 4
    assert second.process.stdout is not None
    line = f"shipway-serve: cannot listen on 127.0.0.1:{first.port}: Address already in use\n"
    assert second.process.stdout.read().decode() == line


@pytest.mark.parametrize(
    "flags, line",
    [
        (["--port", "many"], "argument --port: invalid whole number value: 'many'"),
        (["--pid_file", "no/such/folder"], "cannot write the pid file: [Errno 2]"),
        (["--log_file", "no/such/folder"], "cannot write the log: [Errno 2]"),
    ],
)
def test_bad_arguments_end_the_server_with_1(serve: Serve, flags: List[str], line: str) -> None:
    """As in Microsoft's server; with one line that says why."""
    server = serve(*flags)
    assert server.exit_code() == 1
    assert server.process.stdout is not None
    assert line in server.process.stdout.read().decode()


def test_half_a_request_does_not_hold_up_a_drain(serve: Serve) -> None:
    """A client that never finishes its headers is not waited for; it is told so."""
    server = serve(script=ECHO).healthy()
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as client:
        client.sendall(b"POST /score HTTP/1.1\r\n")
        server.terminate()
        assert client.recv(100).startswith(b"HTTP/1.1 408 Request Timeout\r\n")
    assert server.exit_code() == 0


def test_interrupting_from_a_terminal_drains(serve: Serve) -> None:
    """SIGINT reaches the whole group; the workers leave the decision to the supervisor."""
    server = serve(script=ECHO, start_new_session=True).healthy()
    os.killpg(server.process.pid, signal.SIGINT)
    assert server.exit_code() == 0
    assert not [record for record in server.records() if record["level"] == "ERROR"]


@pytest.mark.parametrize("workers", ["1", "3"])
def test_sigterm_at_any_moment_of_the_start_ends_the_server(serve: Serve, tmp_path: Any, workers: str) -> None:
    """With 0, or by the signal itself before anything has begun; no worker stays."""
    for number in range(10):
        folder = tmp_path / str(number)
        folder.mkdir()
        server = serve("--worker_count", workers, script=ECHO, folder=folder)
        time.sleep(number * 0.04)
        server.terminate()
        assert server.exit_code() in (0, -signal.SIGTERM)
        assert not [pid for pid in server.worker_pids() if alive(pid)]


def test_a_worker_that_is_told_to_go_counts_for_nothing(serve: Serve) -> None:
    """However often; each is replaced."""
    server = serve(script=SLEEPER).healthy()
    for number in range(4):
        pid = until(lambda number=number: server.worker_pids()[number:], "a worker")[0]
        until_ready(server, number + 1)
        os.kill(pid, signal.SIGTERM)
        until(lambda pid=pid: not alive(pid), "its end")
    until_ready(server, 5)
    assert server.score("x").json() == server.worker_pids()[4]


def test_a_run_that_never_ends_is_told_to_and_the_server_scores_on(serve: Serve) -> None:
    """The scoring timeout; health answers meanwhile."""
    server = serve("--scoring_timeout_ms", "400", script=SLEEPER).healthy()
    asking = Asking(server, "wait")
    until((server.folder / "running").exists, "the run")
    assert server.request("GET", "/").status == 200
    assert asking.answer().status == 500
    assert server.score("x").status == 200
    assert len(server.worker_pids()) == 1
