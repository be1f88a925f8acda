"""Servers that run for a benchmark: started, awaited, asked, weighed and ended. On 127.0.0.1 only."""

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from benchmarks.serving_peers import PEERS, Rows, Server, program

START_S = 90
LOOK_S = 0.005
"""Between two looks at a server that starts: what a cold start is known to."""


@dataclass(frozen=True, kw_only=True)
class Running:
    """`folder` has its log and the body that is sent."""

    server: Server
    port: int
    folder: Path
    process: "subprocess.Popen[bytes]"
    began: float

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}{self.server.path}"

    @property
    def body_file(self) -> Path:
        return self.folder / "body.json"

    @property
    def request(self) -> bytes:
        """As the open-loop client sends it."""
        body = self.body_file.read_bytes()
        head = f"POST {self.server.path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nContent-Type: application/json\r\n"
        return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body

    def until_200(self, method: str, path: str) -> float:
        """Seconds from the start of the process to the first such answer. Raises RuntimeError when none comes."""
        body = self.body_file.read_bytes() if method == "POST" else None
        while time.perf_counter() < self.began + START_S:
            if self.process.poll() is not None:
                break
            if _ask(self.port, method, path, body)[0] == 200:
                return time.perf_counter() - self.began
            time.sleep(LOOK_S)
        ended = self.process.poll()
        what = f"no 200 to {method} {path} within {START_S} s" if ended is None else f"ended with {ended} before a 200"
        log = (self.folder / "log").read_text(errors="replace")[-2000:]
        raise RuntimeError(f"{self.server.name}: {what}; the end of its log: {log}")

    def labels(self) -> list[int]:
        """What it says of the rows in its body."""
        _, answer = _ask(self.port, "POST", self.server.path, self.body_file.read_bytes())
        return self.server.labels(json.loads(answer))

    def cpu_s(self) -> float:
        """Of all its processes since their start, in steps of 10 ms."""
        times = [process.cpu_times() for process in self._family()]
        return sum(each.user + each.system for each in times)

    def memory_mb(self) -> "Memory":
        family = self._family()
        workers = [process for process in family if not process.children()]
        sizes = [_pss_mb(process.pid) for process in workers]
        return Memory(worker=sum(sizes) / len(sizes), all=sum(_pss_mb(process.pid) for process in family))

    def _family(self) -> list[psutil.Process]:
        parent = psutil.Process(self.process.pid)
        return [parent, *parent.children(recursive=True)]


@dataclass(frozen=True, kw_only=True)
class Memory:
    """Megabytes (PSS: what is shared with others counts in part) of a worker, and of all of the server's processes."""

    worker: float
    all: float


@contextmanager
def running(server: Server, model: Path, rows: Rows, folder: Path, *, workers: int = 1) -> Iterator[Running]:
    """A server that was started and may not answer yet; it and all of its children are gone afterwards."""
    folder.mkdir(parents=True)
    _lay_out(server, rows, folder)
    ports = _free_ports(3)
    values = {"port": ports[0], "port2": ports[1], "port3": ports[2]}
    filled = {name: str(value) for name, value in values.items()}
    filled |= {"workers": str(workers), "folder": str(folder), "peers": str(PEERS)}
    command = [program(server), *(word.format(**filled) for word in server.words)]
    with (folder / "log").open("wb") as log:
        environment = _environment(server, model, filled)
        began = time.perf_counter()
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
    try:
        yield Running(server=server, port=ports[0], folder=folder, process=process, began=began)
    finally:
        _end(process)
        shutil.rmtree(folder, ignore_errors=True)


def _lay_out(server: Server, rows: Rows, folder: Path) -> None:
    files = {"score.py": (PEERS / "score.py").read_text(), "body.json": json.dumps(server.body(rows))}
    for name, text in (files | dict(server.files)).items():
        (folder / name).write_text(text)


def _environment(server: Server, model: Path, filled: Mapping[str, str]) -> dict[str, str]:
    """The user's, less what would change how Python starts; MODEL is where the model lies."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "AZUREML_", "AML_"))}
    own = {name: value.format(**filled) for name, value in server.environment.items()}
    bin_folder = str(Path(program(server)).parent)
    return {**kept, "PATH": f"{bin_folder}:{kept['PATH']}", "AZUREML_MODEL_DIR": str(model), **own}


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Asks, and kills what is left of its session after 10 s."""
    family = [process.pid, *(child.pid for child in _children(process.pid))]
    if process.poll() is None:
        process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for pid in family[1:]:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


def _children(pid: int) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _ask(port: int, method: str, path: str, body: bytes | None) -> tuple[int, bytes]:
    """Status and body; status 0 when nobody answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request(method, path, body, {"Content-Type": "application/json"} if body else {})
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (OSError, http.client.HTTPException):
        return 0, b""
    finally:
        connection.close()


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [int(each.getsockname()[1]) for each in sockets]
    finally:
        for each in sockets:
            each.close()


def _pss_mb(pid: int) -> float:
    return pss_mb_of(Path(f"/proc/{pid}/smaps_rollup").read_text())


def pss_mb_of(rollup: str) -> float:
    """From the text of /proc/PID/smaps_rollup, in millions of bytes."""
    line = next(line for line in rollup.splitlines() if line.startswith("Pss:"))
    return int(line.split()[1]) * 1024 / 1e6


def answer_alike(all_running: Mapping[str, Running]) -> None:
    """Raises RuntimeError when they do not say the same of the same rows."""
    said: dict[str, Any] = {name: each.labels() for name, each in all_running.items()}
    if len({str(labels) for labels in said.values()}) > 1:
        raise RuntimeError(f"the servers do not do the same work: {said}; look at their apps in {PEERS}")
