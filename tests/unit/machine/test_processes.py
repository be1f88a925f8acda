"""Processes that outlive their starter, and the locks that show they live."""

import os
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from shipway.errors import MachineError
from shipway.machine.locks import file_lock, is_locked
from shipway.machine.ports import can_bind, free_port, is_listening, listener_of
from shipway.machine.processes import Command, ProcessIdentity, holds, identify, is_alive, myself, start, stop
from shipway.machine.state import machine_state, write_whole

SLEEPER = [sys.executable, "-c", "import time; time.sleep(60)"]


def command(folder: Path, argv: list[str] = SLEEPER) -> Command:
    return Command(
        argv=argv, cwd=folder, environment=dict(os.environ), lock=folder / "running.lock", log=folder / "log"
    )


def test_a_started_process_holds_its_lock_until_it_is_stopped(tmp_path: Path) -> None:
    identity = start(command(tmp_path))
    assert identity is not None
    assert is_alive(identity)
    assert holds(tmp_path / "running.lock")
    stop(identity, grace_s=5)
    assert not is_alive(identity)
    assert not holds(tmp_path / "running.lock")


def test_several_threads_may_stop_processes_at_the_same_time(tmp_path: Path) -> None:
    folders = [tmp_path / str(number) for number in range(12)]
    for folder in folders:
        folder.mkdir()
    started = [start(command(folder, ["sleep", "60"])) for folder in folders]
    identities = [identity for identity in started if identity is not None]
    assert len(identities) == len(folders)
    with ThreadPoolExecutor(max_workers=len(identities)) as pool:
        list(pool.map(lambda identity: stop(identity, grace_s=5), identities))
    assert not any(is_alive(identity) for identity in identities)


def test_starting_what_runs_already_starts_nothing(tmp_path: Path) -> None:
    identity = start(command(tmp_path))
    assert identity is not None
    try:
        assert start(command(tmp_path)) is None
    finally:
        stop(identity, grace_s=5)


def test_the_lock_outlives_a_starter_that_was_killed(tmp_path: Path) -> None:
    """A starter that dies before it wrote anything down must not leave a process that nobody sees."""
    script = (
        "import os, sys; from pathlib import Path; from shipway.machine.processes import Command, start;"
        f"f = Path({str(tmp_path)!r});"
        f"c = Command(argv={SLEEPER!r}, cwd=f, environment=dict(os.environ), lock=f/'running.lock', log=f/'log');"
        "i = start(c);"
        "print(i.pid, flush=True); os.kill(os.getpid(), 9)"
    )
    starter = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert starter.returncode == -9
    assert holds(tmp_path / "running.lock")
    identity = identify(int(starter.stdout))
    assert identity is not None
    stop(identity, grace_s=5)
    assert not holds(tmp_path / "running.lock")


def test_a_process_id_that_somebody_else_has_now_is_not_ours() -> None:
    mine = myself()
    other = ProcessIdentity(pid=mine.pid, started_at=mine.started_at - 100)
    assert is_alive(mine)
    assert not is_alive(other)
    stop(other, grace_s=0)  # would end this very process


def test_a_process_that_ignores_sigterm_is_killed(tmp_path: Path) -> None:
    stubborn = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready', flush=True); time.sleep(60)"
    )
    identity = start(command(tmp_path, [sys.executable, "-c", stubborn]))
    assert identity is not None
    while "ready" not in (tmp_path / "log").read_text():
        assert is_alive(identity)
    stop(identity, grace_s=0.1)
    assert not is_alive(identity)


def test_a_program_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(MachineError, match="/no/such/program cannot be started: No such file or directory"):
        start(command(tmp_path, ["/no/such/program"]))
    assert not holds(tmp_path / "running.lock")


def test_a_lock_that_is_held_is_waited_for_and_then_named(tmp_path: Path) -> None:
    with file_lock(tmp_path / "lock"):
        assert is_locked(tmp_path / "lock")
        waiting = file_lock(tmp_path / "lock", timeout_s=0)
        with pytest.raises(MachineError, match=r"lock .*/lock is held by another process for more than 0 s"):
            waiting.__enter__()
    assert not is_locked(tmp_path / "lock")


def test_a_port_tells_who_listens_on_it() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        assert is_listening(port)
        assert not can_bind(port)
        assert listener_of(port).endswith(f"(process {os.getpid()})")
    assert can_bind(free_port(avoid=frozenset({port})))


def test_two_workspaces_have_two_private_state_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    one, two = machine_state("file:///a"), machine_state("file:///b")
    assert one.root != two.root
    assert one.root.stat().st_mode & 0o777 == 0o700
    assert one.venvs.stat().st_mode & 0o777 == 0o700
    assert (one.root / "workspace").read_text() == "file:///a\n"


def test_a_state_folder_that_cannot_be_made_names_the_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    with pytest.raises(MachineError, match="cannot be made: Not a directory; set XDG_STATE_HOME"):
        machine_state("file:///a")


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    write_whole(tmp_path / "a", "one")
    write_whole(tmp_path / "a", "two")
    assert (tmp_path / "a").read_text() == "two"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
