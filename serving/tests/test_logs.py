"""What ends up in the log, and in which form."""

import os
import re
from typing import Any, Callable, List

from server_process import ECHO, Server, until

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
