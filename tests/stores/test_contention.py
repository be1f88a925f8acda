"""Sixteen clients on two hosts: one holder a fence, gapless versions, journals that do not fork."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from shipway.errors import LeaseHeld
from shipway.store.lease import Holder, Lease, acquire, current
from shipway.store.workspace import Workspace, open_workspace
from tests.absent import absent
from tests.stores.client import ENTRIES, SECTIONS, VERSIONS

_ROOT = Path(__file__).parents[2]
_CLIENTS = 16
_OTHER_HOST = "the-other-host"
_READY = '"ready"'


@pytest.fixture
def workspace(any_url: str) -> Workspace:
    return open_workspace(any_url, create=True)


def test_sixteen_clients_on_two_hosts_get_along(workspace: Workspace) -> None:
    with _clients(workspace, "register,append,contend") as clients:
        said = [document for client in clients for document in _all_that(client)]
    fences = sorted(document["fence"] for document in said if "fence" in document)
    assert fences == list(range(1, _CLIENTS * SECTIONS + 1))
    assert workspace.records.names("sections") == tuple(f"{fence:06d}" for fence in fences)
    assert workspace.records.read("count") == _CLIENTS * SECTIONS
    versions = sorted(document["version"] for document in said if "version" in document)
    assert versions == list(range(1, _CLIENTS * VERSIONS + 1))
    entries = workspace.journal("shared").entries()
    assert {(entry.data["by"], entry.data["number"]) for entry in entries} == {
        (f"r{client}", number) for client in range(_CLIENTS) for number in range(ENTRIES)
    }
    assert len(entries) == _CLIENTS * ENTRIES
    assert sorted(document["seq"] for document in said if "seq" in document) == [entry.seq for entry in entries]


def test_a_holder_that_was_killed_on_this_host_is_replaced_at_once(workspace: Workspace) -> None:
    with _holder(workspace, other_host=False) as (process, held):
        just_before = held.expires_at - timedelta(microseconds=1)
        with pytest.raises(LeaseHeld, match=rf"^held is held by release r0 \(process {process.pid} on host "):
            _take(workspace, at=just_before)
        process.kill()
        process.wait()
        assert _take(workspace, at=just_before).fence == held.fence + 1


def test_a_holder_that_was_killed_on_another_host_is_replaced_when_its_lease_expires(workspace: Workspace) -> None:
    with _holder(workspace, other_host=True) as (process, held):
        process.kill()
        process.wait()
        with pytest.raises(LeaseHeld, match=rf"on host {_OTHER_HOST}\) until "):
            _take(workspace, at=held.expires_at - timedelta(microseconds=1))
        assert _take(workspace, at=held.expires_at).fence == held.fence + 1


def _take(workspace: Workspace, *, at: datetime) -> Lease:
    return acquire(workspace.records, "held", Holder.here("r1"), now=at)


@contextmanager
def _holder(workspace: Workspace, *, other_host: bool) -> Iterator[tuple[subprocess.Popen[str], Lease]]:
    with _client(workspace, "r0", "hold", other_host=other_host) as process:
        assert _line(process) == _READY
        _tell(process)
        held_until = datetime.fromisoformat(json.loads(_line(process))["expires_at"])
        lease = current(workspace.records, "held", now=held_until - timedelta(microseconds=1))
        assert lease is not None
        yield process, lease


@contextmanager
def _clients(workspace: Workspace, tasks: str) -> Iterator[list[subprocess.Popen[str]]]:
    processes: list[subprocess.Popen[str]] = []
    try:
        processes.extend(_start(workspace, f"r{n}", tasks, other_host=n % 2 == 1) for n in range(_CLIENTS))
        for process in processes:
            assert _line(process) == _READY
        for process in processes:
            _tell(process)
        yield processes
    finally:
        for process in processes:
            _end(process)


@contextmanager
def _client(workspace: Workspace, name: str, task: str, *, other_host: bool) -> Iterator[subprocess.Popen[str]]:
    process = _start(workspace, name, task, other_host=other_host)
    try:
        yield process
    finally:
        _end(process)


def _start(workspace: Workspace, name: str, tasks: str, *, other_host: bool) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.stores.client", workspace.url, name, tasks]
    if other_host:
        command = ["unshare", "--uts", "sh", "-c", f'hostname {_OTHER_HOST} && exec "$@"', "sh", *command]
    return subprocess.Popen(
        command, cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def _tell(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("go\n")
    process.stdin.flush()


def _line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip() or _failed(process)


def _failed(process: subprocess.Popen[str]) -> str:
    assert process.stderr is not None
    return process.stderr.read()


def _all_that(process: subprocess.Popen[str]) -> list[dict[str, Any]]:
    out, err = process.communicate(timeout=100)
    assert process.returncode == 0, err
    return [json.loads(line) for line in out.splitlines()]


def _end(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()


@pytest.fixture(autouse=True)
def two_hosts() -> None:
    done = subprocess.run(["unshare", "--uts", "hostname", _OTHER_HOST], capture_output=True, check=False)
    if done.returncode != 0:
        absent("a second host name needs root and the right to unshare")
