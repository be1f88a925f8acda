"""Processes that outlive the command that started them, found again by id and start time.

A process id alone is not enough: the kernel gives it to somebody else after a while. A process that holds a file lock
from birth can be seen to live even when its starter was killed before it could write anything down: `start` hands the
lock over.
"""

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from shipway.errors import MachineError
from shipway.machine.locks import is_locked, take_lock

_START_TIME_SLACK_S = 2.0
"""The start time is counted from the boot time, which moves when the clock is set. Ids do not come round that soon."""


_children: set[int] = set()
"""Those that we started, so that none stays behind as a zombie when it ends before we do."""


@dataclass(frozen=True, kw_only=True)
class ProcessIdentity:
    """Which process, beyond doubt: its id and when it started, in seconds since the epoch."""

    pid: int
    started_at: float


@dataclass(frozen=True, kw_only=True)
class Command:
    """What to start. `lock` is held by the process for as long as it lives. `log` gets stdout and stderr, appended."""

    argv: Sequence[str]
    cwd: Path
    environment: Mapping[str, str]
    lock: Path
    log: Path


def identify(pid: int) -> ProcessIdentity | None:
    """None when there is no such process, or only its zombie."""
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        return ProcessIdentity(pid=pid, started_at=process.create_time())
    except psutil.NoSuchProcess:
        return None


def myself() -> ProcessIdentity:
    identity = identify(os.getpid())
    assert identity is not None
    return identity


def is_alive(identity: ProcessIdentity) -> bool:
    now = identify(identity.pid)
    return now is not None and abs(now.started_at - identity.started_at) < _START_TIME_SLACK_S


def start(command: Command) -> ProcessIdentity | None:
    """Starts a process in a session of its own. None when its lock is held: it runs already. Safe to repeat.

    Raises MachineError, naming the program, when it cannot be started.
    """
    lock = take_lock(command.lock)
    if lock is None:
        return None
    try:
        with command.log.open("ab") as log:
            child = subprocess.Popen(
                list(command.argv),
                cwd=command.cwd,
                env=dict(command.environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                pass_fds=(lock,),
            )
    except OSError as error:
        raise MachineError(f"{command.argv[0]} cannot be started: {error.strerror}") from error
    finally:
        os.close(lock)
    child.returncode = 0  # it is meant to outlive us: Python need not warn that it does
    _children.add(child.pid)
    return identify(child.pid)


def holds(lock: Path) -> bool:
    """Whether the process that was started with this lock still lives."""
    return is_locked(lock)


def stop(identity: ProcessIdentity, *, grace_s: float) -> None:
    """SIGTERM, then SIGKILL after `grace_s`. A process that is gone, or another one of that id, is left alone."""
    if not _signal(identity, signal.SIGTERM):
        return
    if not _gone_within(identity, grace_s):
        _signal(identity, signal.SIGKILL)
        _gone_within(identity, 5.0)


def _signal(identity: ProcessIdentity, number: signal.Signals) -> bool:
    if not is_alive(identity):
        return False
    try:
        os.kill(identity.pid, number)
    except ProcessLookupError:
        return False
    return True


def _gone_within(identity: ProcessIdentity, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while is_alive(identity):
        _reap()
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _reap() -> None:
    """Takes the exit status of children of ours that ended: a zombie would count as alive for those who wait for it."""
    for pid in tuple(_children):
        try:
            ended, _ = os.waitpid(pid, os.WNOHANG)
        except ChildProcessError:
            ended = pid
        if ended:
            _children.discard(pid)  # another thread may have been first
