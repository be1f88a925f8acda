"""The local Prefect server, really started: one whatever happens, found again, and replaced when it dies.

One server is started for the whole module and killed or stopped by the tests, in their order of writing.
"""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from shipway.cli.server import ServerRecord, client_environment, ensure_server, find_server, stop_server
from shipway.cli.server.health import is_healthy
from shipway.cli.server.local import log_path
from shipway.cli.server.record import home_of, our_record, read_record, record_path, write_record
from shipway.cli.server.template import has_template
from shipway.errors import MachineError
from shipway.machine.state import MachineState, machine_state

pytestmark = [pytest.mark.prefect, pytest.mark.timeout(240)]

ENSURE = """
import sys
from shipway.cli.server import ensure_server
from shipway.machine.state import machine_state
record = ensure_server(machine_state(sys.argv[1]), lambda text: print(text, file=sys.stderr))
print(record.pid, record.url)
"""

FLOW = """
from prefect import flow, task
@task
def add(a, b): return a + b
@flow
def total(): return add(1, 2)
assert total() == 3
"""


@pytest.fixture(scope="module", autouse=True)
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        patch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
        for name in [name for name in os.environ if name.startswith("PREFECT_")]:
            patch.delenv(name)
        yield


@pytest.fixture(scope="module")
def state(environment: None) -> Iterator[MachineState]:
    state = machine_state("file:///first")
    yield state
    stop_server(state)


def quiet(_text: str) -> None:
    """Nobody listens."""


def servers_of(state: MachineState) -> list[int]:
    """Every process that serves this workspace, seen from outside."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        words = process.info["cmdline"] or []
        if "prefect" in words and process.environ().get("PREFECT_HOME") == str(home_of(state)):
            found.append(process.pid)
    return found


def test_two_commands_at_once_start_one_server(state: MachineState) -> None:
    commands = [
        subprocess.Popen(
            [sys.executable, "-c", ENSURE, "file:///first"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    answers = [command.communicate(timeout=200) for command in commands]
    assert [command.returncode for command in commands] == [0, 0], answers
    out = {answer for answer, _ in answers}
    said = sorted(remark for _, remark in answers)
    assert len(out) == 1
    assert said == [
        "starting the local Prefect server (first time: about 20 s) ...\n",
        "waiting for the local Prefect server, which is starting ...\n",
    ]
    record = read_record(state)
    assert record is not None
    assert out == {f"{record.pid} {record.url}\n"}
    assert servers_of(state) == [record.pid]
    assert has_template()


def test_a_later_command_uses_it_without_a_word(state: MachineState) -> None:
    said: list[str] = []
    assert ensure_server(state, said.append) == read_record(state)
    assert said == []


def test_a_flow_runs_on_it_and_prefect_writes_nothing_elsewhere(state: MachineState, tmp_path: Path) -> None:
    record = ensure_server(state, quiet)
    environment = {**os.environ, **client_environment(record), "HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", FLOW], env=environment, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert list(tmp_path.iterdir()) == []


def test_its_page_asks_its_own_port(state: MachineState) -> None:
    record = ensure_server(state, quiet)
    with socket.create_connection(("127.0.0.1", record.port)) as connection:
        connection.sendall(b"GET /ui-settings HTTP/1.0\r\n\r\n")
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert f'"api_url":"{record.url}"'.encode() in answer


def test_its_own_url_in_the_environment_is_not_taken_for_the_user_s(
    state: MachineState, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A command that a command of ours starts inherits its environment."""
    record = ensure_server(state, quiet)
    for name, value in client_environment(record).items():
        monkeypatch.setenv(name, value)
    assert ensure_server(state, quiet) == record
    assert find_server(state) == record


def test_a_server_whose_starter_died_before_writing_its_id_is_found(state: MachineState) -> None:
    record = ensure_server(state, quiet)
    record_path(state).unlink()
    said: list[str] = []
    assert ensure_server(state, said.append) == record
    assert said == []
    assert read_record(state) == record


def test_a_killed_one_is_noticed_and_starts_again_where_it_was(state: MachineState) -> None:
    before = ensure_server(state, quiet)
    kill(before)
    assert find_server(state) is None
    said: list[str] = []
    record = ensure_server(state, said.append)
    assert said == [
        "the local Prefect server is gone; starting it again",
        "starting the local Prefect server (about 6 s) ...",
    ]
    assert record.url == before.url
    assert record.pid != before.pid


def test_another_workspace_has_its_own_and_moves_from_a_port_that_a_stranger_took(state: MachineState) -> None:
    first = ensure_server(state, quiet)
    second = machine_state("file:///second")
    said: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        port = stranger.getsockname()[1]
        write_record(second, our_record(port=port, home=home_of(second), identity=None))
        record = ensure_server(second, said.append)
    try:
        moved, starting = said
        assert moved.startswith(f"port {port} of the local Prefect server is taken by ")
        assert moved.endswith(f" (process {os.getpid()}); it moves to port {record.port}")
        assert starting == "starting the local Prefect server (about 6 s) ..."
        assert is_healthy(record.url)
    finally:
        stopped = stop_server(second)
    assert stopped == record
    assert stop_server(second) is None
    assert ensure_server(state, quiet) == first


def test_one_that_dies_while_it_starts_is_told_with_its_log() -> None:
    state = machine_state("file:///dying")
    killer = threading.Thread(target=kill_when_started, args=(state,))
    killer.start()
    with pytest.raises(MachineError) as error:
        ensure_server(state, quiet)
    killer.join()
    assert str(error.value) == f"the local Prefect server ended while it started; its log is {log_path(state)}"
    assert find_server(state) is None


def kill_when_started(state: MachineState) -> None:
    while (record := read_record(state)) is None or record.pid is None:
        os.sched_yield()
    os.kill(record.pid, signal.SIGKILL)


def kill(record: ServerRecord) -> None:
    assert record.pid is not None
    os.kill(record.pid, signal.SIGKILL)
    psutil.Process(record.pid).wait()
