"""Scripts that misbehave: the worker says so in the log, the server goes on or ends with the reason."""

import os
import signal
import socket
from typing import Any, Callable

import pytest
from server_process import Server, alive, ask, until

Serve = Callable[..., Server]

SCRIPT = """
import asyncio, ctypes, multiprocessing, os, signal, sys, threading, time

state = {}

def init():
    pass

def nothing():
    pass

def squared(number):
    return number * number

def sleep_long():
    time.sleep(600)

def twice():
    if os.fork() == 0:
        return "the child's"
    return "the parent's"

def twice_slowly():
    pid = os.fork()
    time.sleep(0.2)
    return "the child's" if pid == 0 else "the parent's"

def raise_in_a_fork():
    if os.fork() == 0:
        raise SystemExit("the child's")
    return "the parent's"

def pool():
    with multiprocessing.get_context("fork").Pool(2) as workers:
        return workers.map(squared, [1, 2, 3])

def run_and_say_so(started):
    started.set()
    time.sleep(600)

def terminate_a_child():
    context = multiprocessing.get_context("fork")
    started = context.Event()
    child = context.Process(target=run_and_say_so, args=(started,))
    child.start()
    # Python 3.6 loses a signal that comes before the child has begun.
    started.wait()
    child.terminate()
    child.join()
    return child.exitcode

def fork_and_leave():
    child = os.fork()
    if child == 0:
        time.sleep(600)
        os._exit(0)
    return child

def segfault():
    ctypes.string_at(0)

def leave():
    os._exit(0)

def leak_a_thread():
    threading.Thread(target=sleep_long).start()
    return threading.active_count()

def take_signals():
    state["heard"] = []
    for number in (signal.SIGTERM, signal.SIGALRM, signal.SIGCHLD):
        signal.signal(number, lambda number, frame: state["heard"].append(number))
    signal.setitimer(signal.ITIMER_REAL, 0.01)
    os.system("true")
    time.sleep(0.05)
    return len(state["heard"]) >= 2

def raise_later():
    def fail(number, frame):
        raise RuntimeError("too late")
    signal.signal(signal.SIGALRM, fail)
    threading.Thread(target=sleep_long).start()
    signal.setitimer(signal.ITIMER_REAL, 0.3)
    return "soon"

def replace_output():
    class Silent:
        def write(self, text):
            raise RuntimeError("no")
    sys.stdout = sys.stderr = Silent()
    return "replaced"

def close_output():
    for number in (0, 1, 2):
        os.close(number)
    sys.stdout.close()
    return "closed"

def say():
    print("I am here")
    return "said"

def close_everything():
    os.closerange(3, 1000)
    return "closed"

def close_everything_and_sleep():
    os.closerange(3, 1000)
    time.sleep(600)

def change_folder():
    os.chdir("/")
    return os.getcwd()

def loop_in_a_thread():
    def forever():
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        loop.run_forever()
    threading.Thread(target=forever, daemon=True).start()
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(asyncio.sleep(0.01, "slept"))
    finally:
        loop.close()

def end_the_supervisor():
    os.kill(os.getppid(), signal.SIGKILL)
    time.sleep(600)

def recurse():
    deep = []
    for _ in range(100000):
        deep = [deep]
    return deep

def recurse_for_ever():
    return recurse_for_ever()

def run(data):
    return globals()[data]()
"""


@pytest.fixture
def hostile(serve: Serve) -> Server:
    """A healthy server with the script above."""
    return serve(script=SCRIPT).healthy()


def says(server: Server, what: str) -> Any:
    answer = server.score(what)
    assert answer.status == 200, answer.body
    return answer.json()


# Forks.


@pytest.mark.parametrize("what", ["twice", "twice_slowly", "raise_in_a_fork"])
def test_a_fork_that_returns_twice_answers_once(hostile: Server, what: str) -> None:
    """The child ends where it comes back to us; the parent's client gets one answer and keeps its connection."""
    connection = hostile.connect()
    for _ in range(3):
        answer = ask(connection, "POST", "/score", what.encode("ascii"))
        assert (answer.status, answer.json()) == (200, "the parent's")
    connection.close()
    assert says(hostile, "say") == "said"
    assert len(hostile.worker_pids()) == 1


def test_a_fork_in_init_that_returns_twice_makes_one_worker(serve: Serve) -> None:
    """As above."""
    script = "import os\n\ndef init():\n    os.fork()\n\ndef run(data):\n    return os.getpid()\n"
    server = serve(script=script).healthy()
    assert {server.score("x").json() for _ in range(5)} == set(server.worker_pids())


def test_multiprocessing_works_in_run_and_its_processes_end_when_told(hostile: Server) -> None:
    """A forked process has our handler of SIGTERM, which is not for it."""
    assert says(hostile, "terminate_a_child") == -signal.SIGTERM
    assert says(hostile, "pool") == [1, 4, 9]


def test_a_fork_left_behind_disturbs_neither_answers_nor_the_end(hostile: Server) -> None:
    """Its copies of our descriptors keep nothing alive."""
    connection = hostile.connect()
    child = ask(connection, "POST", "/score", b"fork_and_leave").json()
    connection.close()
    try:
        assert says(hostile, "say") == "said"
        hostile.terminate()
        assert hostile.exit_code() == 0
    finally:
        os.kill(child, signal.SIGKILL)


# Ends.


def test_a_segmentation_fault_is_in_the_log_and_the_worker_is_replaced(hostile: Server) -> None:
    """With Python's stack, and the signal's number."""
    with pytest.raises(ConnectionError):
        hostile.score("segfault")
    hostile.logged(f"was ended by signal {int(signal.SIGSEGV)}")
    hostile.logged("Segmentation fault")
    assert says(hostile, "say") == "said"


def test_three_exits_with_0_end_the_server_too(hostile: Server) -> None:
    """Only a worker that was told to go may go for nothing."""
    for _ in range(3):
        with pytest.raises(ConnectionError):
            hostile.score("leave")
    assert hostile.exit_code() == 3


def test_exits_with_0_in_init_end_the_server(serve: Serve) -> None:
    """Else it would start workers for ever."""
    server = serve(script="import os\n\ndef init():\n    os._exit(0)\n\ndef run(data):\n    return 1\n")
    assert server.exit_code() == 3


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("def init(:\n", "SyntaxError"),
        ("raise ValueError('at import')\n", "ValueError: at import"),
        ("import sys\nsys.exit('at import')\n", "SystemExit: at import"),
        ("raise KeyboardInterrupt\n", "KeyboardInterrupt"),
        ("def init():\n    raise SystemExit(0)\n\ndef run(data):\n    return 1\n", "SystemExit: 0"),
        ("def init():\n    init()\n\ndef run(data):\n    return 1\n", "RecursionError"),
        ("def run(data):\n    return 1\n", "does not define a function init()"),
    ],
)
def test_a_script_that_cannot_start_ends_the_server_with_3_and_its_reason(serve: Serve, script: str, said: str) -> None:
    """Once, not three times."""
    server = serve(script=script)
    assert server.exit_code() == 3
    assert any(said in message for message in server.messages())
    assert len(server.worker_pids()) == 1


def test_a_signal_handler_that_raises_between_runs_costs_a_worker_and_not_the_server(hostile: Server) -> None:
    """Leaked threads do not keep the worker, which has nobody at its helm."""
    assert says(hostile, "raise_later") == "soon"
    assert "RuntimeError: too late" in hostile.logged("was interrupted between two runs")["message"]
    until(lambda: len(hostile.worker_pids()) == 2, "another worker")
    assert says(hostile, "say") == "said"


def test_a_script_that_kills_its_supervisor_ends_with_it(hostile: Server) -> None:
    """Also in the middle of ``run``."""
    worker = hostile.worker_pids()[0]
    with pytest.raises(ConnectionError):
        hostile.score("end_the_supervisor")
    assert hostile.exit_code() == -signal.SIGKILL
    until(lambda: not alive(worker), "the worker's end")


@pytest.mark.parametrize("what", ["close_everything", "close_everything_and_sleep"])
def test_a_script_that_closes_our_descriptors_costs_a_worker(hostile: Server, what: str) -> None:
    """Which leaves nobody waiting, whether ``run`` returns or not."""
    with pytest.raises(ConnectionError):
        hostile.score(what)
    until(lambda: len(hostile.worker_pids()) == 2, "another worker")
    assert says(hostile, "say") == "said"


# Whatever else a script does to its process.


@pytest.mark.parametrize(
    ("what", "result"),
    [
        ("leak_a_thread", None),
        ("take_signals", True),
        ("replace_output", "replaced"),
        ("close_output", "closed"),
        ("change_folder", "/"),
        ("loop_in_a_thread", "slept"),
    ],
)
def test_the_server_scores_on_and_drains_whatever_a_script_did_to_its_process(
    hostile: Server, what: str, result: Any
) -> None:
    """By the same worker."""
    found = says(hostile, what)
    assert result is None or found == result
    if what not in ("replace_output", "close_output"):
        assert says(hostile, "say") == "said"
    for _ in range(3):
        assert says(hostile, "change_folder") == "/"
        assert hostile.request("GET", "/").status == 200
    assert len(hostile.worker_pids()) == 1
    hostile.terminate()
    assert hostile.exit_code() == 0


def test_results_and_runs_without_end_are_the_scripts_failures(hostile: Server) -> None:
    """500, and the worker lives."""
    for what in ("recurse", "recurse_for_ever"):
        assert hostile.score(what).status == 500
    assert says(hostile, "say") == "said"
    assert len(hostile.worker_pids()) == 1


QUITS = """
import sys

def init():
    pass

def run(data):
    if data == "quit":
        sys.exit(1)
    return "x" * 20000000 if data == "much" else data
"""


def test_a_client_that_does_not_read_keeps_no_new_worker_from_starting(serve: Any) -> None:
    """The only worker retires, and whoever has been answered has a few seconds to read it."""
    server = serve(script=QUITS).healthy()
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as slow:
        slow.sendall(b"POST /score HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nmuch")
        assert slow.recv(15) == b"HTTP/1.1 200 OK"
        assert server.score("quit").status == 500
        assert server.score("again").json() == "again"
