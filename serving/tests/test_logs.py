"""What ends up in the log, and in which form."""

import json
import os
import re
import socket
import threading
from typing import Any, Callable, List

from server_process import ECHO, Answer, Server, ask, until

from shipway_serving.telemetry import emitter, output_lines
from shipway_serving.telemetry.emitter import Emitter
from shipway_serving.telemetry.output_lines import OutputLines

Serve = Callable[..., Server]

TALKER = """
import logging, os, subprocess, sys, traceback

def init():
    print("printed in init")
    print("no end of line", end="")
    sys.stderr.write("to stderr\\n")
    subprocess.check_call(["echo", "from a child"])
    subprocess.Popen(["sleep", "1000"]) if os.path.exists("leave-child") else None
    logging.getLogger("mine").info("logged, 100%% of %s", "it")
    logging.getLogger("mine").debug("too quiet")
    os.fork() or (logging.warning("from a fork"), os._exit(0))

def run(data):
    print("h\\u00e9 " * 3)
    try:
        raise ValueError("handled")
    except ValueError:
        traceback.print_exc()
    return data
"""


def test_everything_that_a_script_says_becomes_a_record_of_its_own(serve: Serve) -> None:
    """Print, output without an end, children, forks, logging, tracebacks."""
    server = serve(script=TALKER).healthy()
    assert server.score("x").status == 200
    for text in ("printed in init", "no end of line", "from a child"):
        assert server.logged(text)["message"] == text
        assert server.logged(text)["logger"] == "script.stdout"
    assert server.logged("to stderr")["logger"] == "script.stderr"
    own = server.logged("100%")
    assert (own["logger"], own["level"], own["message"]) == ("mine", "INFO", "logged, 100% of it")
    assert server.logged("from a fork")["pid"] not in server.worker_pids()
    assert server.logged("h\u00e9")["message"] == "h\u00e9 h\u00e9 h\u00e9 "
    trace = server.logged("ValueError: handled")["message"]
    assert trace.startswith("Traceback (most recent call last):\n") and trace.endswith("ValueError: handled")
    assert "too quiet" not in server.messages()


def test_records_have_the_fields_that_collectors_read(serve: Serve) -> None:
    """Time, level, process, logger, message; for a request also what, how and how long."""
    server = serve(script=ECHO).healthy()
    assert server.request("POST", "/score?secret=1", b"x", {"x-request-id": 'a"b'}).status == 200
    record = server.logged("POST /score 200")
    assert re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$", record["ts"])
    assert record["pid"] in server.worker_pids()
    assert isinstance(record["duration_ms"], float)
    known = {key: record[key] for key in ("level", "logger", "method", "path", "status", "request_id")}
    assert known == {
        "level": "INFO",
        "logger": "shipway_serving.access",
        "method": "POST",
        "path": "/score",
        "status": 200,
        "request_id": 'a"b',
    }


def test_probes_stay_out_of_the_access_log(serve: Serve) -> None:
    """P-5."""
    server = serve(script=ECHO).healthy()
    for path in ("/", "/live", "/ready", "/nothing"):
        server.request("GET", path)
    server.logged("GET /nothing 404")
    assert server.messages("shipway_serving.access") == ["GET /nothing 404"]


def test_several_workers_rotate_one_log(serve: Serve, tmp_path: Any) -> None:
    """Every line whole, none lost between the files, none past the limit."""
    limit = 4096
    server = serve("--worker_count", "2", "--log_max_bytes", str(limit), "--log_backups", "50", script=ECHO)
    port = until(lambda: server.port, "the port")
    server.healthy()
    for _ in range(60):
        assert server.score("x").status == 200
    server.terminate()
    assert server.exit_code() == 0
    files = [name for name in os.listdir(str(tmp_path)) if name.startswith("server.log")]
    lines: List[bytes] = []
    for name in files:
        data = (tmp_path / name).read_bytes()
        assert len(data) <= limit and data.endswith(b"\n")
        lines.extend(data.splitlines())
    assert port and len(files) > 3
    assert sum(b"POST /score 200" in line for line in lines) == 60


def test_without_a_log_file_the_log_goes_to_standard_output(serve: Serve) -> None:
    """As containers want it."""
    server = serve("--log_file", "", script="raise SystemExit('at import')")
    assert server.exit_code() == 3
    assert server.process.stdout is not None
    assert b"SystemExit: at import" in server.process.stdout.read()


def test_a_process_that_the_script_leaves_behind_keeps_neither_server_nor_port(serve: Serve, tmp_path: Any) -> None:
    """It holds the worker's output open; the end does not wait for that."""
    (tmp_path / "leave-child").write_text("")
    script = TALKER.replace('["sleep", "1000"]', '["sh", "-c", "echo $$ > child; exec sleep 60"]')
    server = serve(script=script).healthy()
    child = int(until(lambda: (tmp_path / "child").exists() and (tmp_path / "child").read_text(), "the child"))
    port = server.port
    server.terminate()
    try:
        assert server.exit_code() == 0
        again = serve("--port", str(port), script=ECHO, folder=tmp_path)
        assert again.logged("listens on")
    finally:
        os.kill(child, 9)


# More than anybody reads.


CHATTERBOX = """
import logging, os, sys

def init():
    pass

def run(data):
    if data == "gigabytes":
        for _ in range(200):
            sys.stdout.write(("x" * 1000 + "\\n") * 1000)
            logging.info("y" * 1000000)
    if data == "much":
        print("z" * 1000000)
    return os.getpid()
"""


def test_a_script_that_says_gigabytes_fills_neither_memory_nor_disk(serve: Serve, tmp_path: Any) -> None:
    """Here 400 MB: health answers meanwhile, the run ends, and the next one is scored."""
    flags = ("--log_max_bytes", "5000000", "--log_backups", "1")
    server = serve(*flags, script=CHATTERBOX).healthy()
    worker = server.score("x").json()
    before = [peak_kib(pid) for pid in (worker, server.process.pid)]
    answers: List[Answer] = []
    run = threading.Thread(target=lambda: answers.append(server.score("gigabytes")))
    run.start()
    asked = 0
    while run.is_alive():
        assert server.request("GET", "/").status == 200
        asked += 1
        run.join(0.05)
    assert asked and answers[0].status == 200
    assert server.score("x").json() == worker
    grown = [peak_kib(pid) - kib for pid, kib in zip((worker, server.process.pid), before)]
    assert max(grown) < 150 * 1024
    assert sum(file.stat().st_size for file in tmp_path.glob("server.log*")) <= 10000000


def peak_kib(pid: int) -> int:
    """The most memory that the process has had."""
    with open(f"/proc/{pid}/status") as status:
        found = re.search(r"VmHWM:\s+(\d+)", status.read())
    assert found
    return int(found.group(1))


def test_a_log_that_nobody_reads_stops_only_what_prints(serve: Serve) -> None:
    """Scoring goes on without its access log; a script that prints waits, as with any pipe, until the log is read."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = serve("--log_file", "", "--port", str(port), script=CHATTERBOX)
    server._port = port

    def is_up() -> bool:
        try:
            return server.is_healthy()
        except OSError:
            return False

    until(is_up, "health")
    connection = server.connect()
    for _ in range(1500):
        assert ask(connection, "POST", "/score", b"x").status == 200
    connection.close()
    answers: List[Answer] = []
    run = threading.Thread(target=lambda: answers.append(server.score("much")))
    run.start()
    run.join(0.3)
    assert not answers and server.request("GET", "/").status == 200
    assert server.process.stdout is not None
    reader = threading.Thread(target=server.process.stdout.read)
    reader.start()
    run.join(20)
    assert answers[0].status == 200
    server.terminate()
    assert server.exit_code() == 0
    reader.join(20)


def test_what_looks_like_a_traceback_without_end_is_cut_into_records() -> None:
    """Else it would be held back for ever."""
    output = OutputLines()
    messages = output.feed(b"Traceback (most recent call last):\n")
    for _ in range(300):
        messages += output.feed(b"  x" * 100 + b"\n")
    assert max(len(message) for message in messages) <= output_lines.LONGEST_MESSAGE + 1000
    assert sum(message.count("  x") for message in messages + output.flush()) == 300 * 100


def test_a_queue_of_records_is_bounded_in_bytes_and_says_what_was_lost() -> None:
    """The pipe here is full and nobody reads it; then somebody does."""
    read, write = os.pipe()
    os.set_blocking(write, False)
    try:
        while True:
            os.write(write, b"\n" * 65536)
    except BlockingIOError:
        os.set_blocking(write, True)
    log = Emitter(write)
    size = 100000
    for _ in range(2 * emitter.LARGEST_QUEUE // size):
        log.log("INFO", "script", "m" * size)
    got: List[bytes] = []

    def lines() -> List[Any]:
        return [json.loads(line) for line in b"".join(got).split(b"\n")[:-1] if line]

    while not (got and b"dropped" in got[-1] and got[-1].endswith(b"\n")):
        got.append(os.read(read, 1 << 20))
    dropped = int(lines()[-1]["message"].split()[0])
    assert dropped > 0
    assert dropped + len(lines()) - 1 == 2 * emitter.LARGEST_QUEUE // size


def test_a_message_beyond_reason_is_shortened_in_its_middle() -> None:
    """The end of a traceback says most."""
    message = emitter.shortened("a" * emitter.LONGEST_MESSAGE + "the end")
    assert message.startswith("aaa") and message.endswith("the end")
    assert "... 7 characters are left out ..." in message
    assert len(message) < emitter.LONGEST_MESSAGE + 100
