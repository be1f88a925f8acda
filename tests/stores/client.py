"""One of many clients of a workspace: `python -m tests.stores.client URL NAME TASK`.

Says what it did, one JSON document a line. Waits for a line on its input before it begins, so that all begin together.
"""

import json
import random
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from shipway.errors import LeaseHeld, RecordMissing
from shipway.registry.models import Registry
from shipway.store.lease import Holder, Lease, acquire, check_fence, release
from shipway.store.workspace import Workspace, open_workspace

SECTIONS, VERSIONS, ENTRIES = 2, 2, 3


def contend(workspace: Workspace, name: str) -> None:
    """Enters a section that only the lease's holder may be in, where two at once would lose a count."""
    for _ in range(SECTIONS):
        lease = _patiently(workspace, Holder.here(name))
        workspace.records.create(f"sections/{lease.fence:06d}", {"by": name})  # raises when a fence is held twice
        workspace.records.put("count", _count(workspace) + 1)
        check_fence(workspace.records, lease.name, lease.fence)
        release(workspace.records, lease, now=_now())
        _say({"fence": lease.fence})


def register(workspace: Workspace, name: str) -> None:
    file = Path(__file__)
    for _ in range(VERSIONS):
        _say({"version": Registry(workspace).register_path(file, name="shared", now=_now()).version})


def append(workspace: Workspace, name: str) -> None:
    for number in range(ENTRIES):
        _say({"seq": workspace.journal("shared").append({"by": name, "number": number}, at=_now()).seq})


def hold(workspace: Workspace, name: str) -> None:
    """For a second and a half, unless it is killed; without renewing."""
    lease = acquire(workspace.records, "held", Holder.here(name), now=_now(), lifetime=timedelta(seconds=1.5))
    _say({"fence": lease.fence, "expires_at": lease.expires_at.isoformat(), "host": lease.holder.host})
    sys.stdin.readline()


TASKS: dict[str, Callable[[Workspace, str], None]] = {task.__name__: task for task in (contend, register, append, hold)}


def _patiently(workspace: Workspace, holder: Holder) -> Lease:
    while True:
        try:
            return acquire(workspace.records, "shared", holder, now=_now())
        except LeaseHeld:
            time.sleep(random.uniform(0.02, 0.3))


def _count(workspace: Workspace) -> int:
    try:
        count = workspace.records.read("count")
    except RecordMissing:
        return 0
    assert isinstance(count, int)
    return count


def _now() -> datetime:
    return datetime.now(UTC)


def _say(document: object) -> None:
    sys.stdout.write(f"{json.dumps(document)}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    opened = open_workspace(sys.argv[1])
    _say("ready")
    sys.stdin.readline()
    for named in sys.argv[3].split(","):
        TASKS[named](opened, sys.argv[2])
