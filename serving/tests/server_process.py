"""A real server on 127.0.0.1 for a test: started, asked, ended by its process id."""

import http.client
import json
import os
import pathlib
import signal
import subprocess
import sys
import time
from typing import Any, Callable, Dict, List, NamedTuple, Optional

PACKAGE_PARENT = pathlib.Path(__file__).resolve().parents[1]

PATIENCE_S = 20.0
"""For anything that must happen; generous, because the machine may be busy. When all is well nothing takes so long."""

ECHO = """
def init():
    pass

def run(data):
    return data
"""


class Answer(NamedTuple):
    """A response, read whole."""

    status: int
    headers: Dict[str, str]
    """By lower-case name."""
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body.decode("utf-8"))


def until(condition: Callable[[], Any], what: str) -> Any:
    """Poll until ``condition`` gives something true, and return it."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(0.01)
    raise AssertionError(f"did not happen within {PATIENCE_S:g} s: {what}")


class Server:
    """One ``python -m shipway_serving`` with its app root in ``folder``."""

    def __init__(
        self,
        folder: pathlib.Path,
        *flags: str,
        script: Optional[str] = None,
        environment: Optional[Dict[str, str]] = None,
        **popen: Any,
    ) -> None:
        self.folder = folder
        if script is not None:
            (folder / "score.py").write_text(script)
            flags = ("--entry_script", "score.py") + flags
        self.log_path = folder / "server.log"
        base = {"PATH": os.environ["PATH"], "PYTHONPATH": str(PACKAGE_PARENT), "PYTHONDONTWRITEBYTECODE": "1"}
        address = ("--host", "127.0.0.1", "--port", "0", "--log_file", str(self.log_path))
        self.process = subprocess.Popen(
            [sys.executable, "-m", "shipway_serving", *address, *flags],
            cwd=str(folder),
            env=dict(base, **(environment or {})),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            **popen,
        )
        self._port: Optional[int] = None

    # The log.

    def records(self) -> List[Dict[str, Any]]:
        """Every record so far; a line that is not JSON fails the test."""
        if not self.log_path.exists():
            return []
        lines = self.log_path.read_bytes().split(b"\n")[:-1]
        return [json.loads(line.decode("ascii")) for line in lines]

    def messages(self, logger: str = "") -> List[str]:
        return [record["message"] for record in self.records() if record["logger"].startswith(logger)]

    def logged(self, text: str) -> Dict[str, Any]:
        """The first record whose message contains ``text``, waiting for it while the server lives."""

        def found() -> Any:
            has_ended = self.process.poll() is not None
            record = next((record for record in self.records() if text in record["message"]), None)
            if record is None and has_ended:
                said = self.process.stdout.read() if self.process.stdout else b""
                raise AssertionError(f"the server has ended without a record of {text!r}: {said!r} {self.messages()}")
            return record

        return until(found, f"a log record with {text!r}")

    def worker_pids(self) -> List[int]:
        """Of all workers ever started."""
        started = [message.split() for message in self.messages("shipway_serving.supervisor")]
        return [int(words[1]) for words in started if words[0] == "worker" and words[-1] == "started"]

    # Requests.

    @property
    def port(self) -> int:
        if self._port is None:
            self._port = int(self.logged("listens on")["message"].rpartition(":")[2])
        return self._port

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)

    def request(self, method: str, path: str, body: Any = None, headers: Optional[Dict[str, str]] = None) -> Answer:
        """One request on a connection of its own."""
        connection = self.connect()
        try:
            return ask(connection, method, path, body, headers)
        finally:
            connection.close()

    def score(self, text: str) -> Answer:
        return self.request("POST", "/score", text.encode("utf-8"), {"Content-Type": "application/json"})

    def is_healthy(self) -> bool:
        if self.process.poll() is not None:
            raise AssertionError(f"the server has ended: {self.messages()}")
        return self.request("GET", "/").status == 200

    def healthy(self) -> "Server":
        """Itself, once it is healthy."""
        until(self.is_healthy, "health")
        return self

    # The end.

    def terminate(self) -> None:
        self.process.send_signal(signal.SIGTERM)

    def exit_code(self) -> int:
        """Wait for the end."""
        return self.process.wait(timeout=PATIENCE_S)

    def kill(self) -> None:
        """Whatever state it is in; its workers notice by themselves."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()
        for pid in self.worker_pids():
            until(lambda pid=pid: not alive(pid), f"the end of worker {pid}")


def ask(
    connection: http.client.HTTPConnection,
    method: str,
    path: str,
    body: Any = None,
    headers: Optional[Dict[str, str]] = None,
) -> Answer:
    """One request on ``connection``, which stays open if the server lets it."""
    connection.request(method, path, body=body, headers=headers or {})
    response = connection.getresponse()
    return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, response.read())


def alive(pid: int) -> bool:
    """Whether a process exists and is more than a zombie."""
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
