import contextlib
import dataclasses
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from obstore.store import MemoryStore

from shipway.errors import FenceLost, LeaseHeld, StoreError
from shipway.store.lease import Holder, Keeper, Lease, acquire, check_fence, current, kept, release, renew
from shipway.store.objects import Objects
from shipway.store.records import Records
from shipway.store.workspace import Workspace

_HOLDS_ON = """
import sys
from datetime import datetime, UTC
from shipway.errors import LeaseHeld
from shipway.store.lease import Holder, acquire
from shipway.store.workspace import open_workspace
records = open_workspace(sys.argv[1]).records
holder = Holder.here(sys.argv[2])
sys.stdin.readline()
for number in range(int(sys.argv[3])):
    try:
        print(number, acquire(records, f"round-{number}", holder, now=datetime.now(UTC)).fence)
    except LeaseHeld:
        pass
print("done", flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def records(workspace: Workspace) -> Records:
    return workspace.records


def _elsewhere(release_id: str) -> Holder:
    """On a host that cannot be seen from here."""
    return Holder(release_id=release_id, host="elsewhere", pid=7, pid_started_at=1000.5)


def test_a_free_lease_is_taken_for_a_minute(records: Records, now: datetime) -> None:
    holder = Holder.here("r1")
    lease = acquire(records, "digits", holder, now=now)
    assert lease == Lease(name="digits", holder=holder, fence=1, expires_at=now + timedelta(seconds=60))
    assert current(records, "digits", now=now) == lease


def test_a_held_lease_is_refused_naming_the_holder_and_until_when(records: Records, now: datetime) -> None:
    acquire(records, "digits", _elsewhere("r1"), now=now)
    expected = (
        "digits is held by release r1 (process 7 on host elsewhere) until 2026-07-01 12:01:00 UTC, unless it renews; "
        "wait for it, or stop it there"
    )
    with pytest.raises(LeaseHeld, match=f"^{re.escape(expected)}$"):
        acquire(records, "digits", Holder.here("r2"), now=now)


def test_the_same_holder_gets_its_fence_again(records: Records, now: datetime) -> None:
    first = acquire(records, "digits", Holder.here("r1"), now=now)
    later = now + timedelta(seconds=30)
    assert acquire(records, "digits", Holder.here("r1"), now=later) == dataclasses.replace(
        first, expires_at=later + timedelta(seconds=60)
    )


def test_another_release_of_the_same_process_is_refused(records: Records, now: datetime) -> None:
    acquire(records, "digits", Holder.here("r1"), now=now)
    with pytest.raises(LeaseHeld, match=r"^digits is held by release r1 "):
        acquire(records, "digits", Holder.here("r2"), now=now)


def test_two_names_do_not_meet(records: Records, now: datetime) -> None:
    assert acquire(records, "digits", Holder.here("r1"), now=now).fence == 1
    assert acquire(records, "iris", Holder.here("r2"), now=now).fence == 1


def test_another_host_is_waited_for_until_its_lease_expires(records: Records, now: datetime) -> None:
    acquire(records, "digits", _elsewhere("r1"), now=now)
    with pytest.raises(LeaseHeld):
        acquire(records, "digits", Holder.here("r2"), now=now + timedelta(seconds=59))
    assert current(records, "digits", now=now + timedelta(seconds=60)) is None
    assert acquire(records, "digits", Holder.here("r2"), now=now + timedelta(seconds=60)).fence == 2


def test_a_killed_process_is_taken_over_at_once(workspace: Workspace, now: datetime) -> None:
    with _process(workspace, "r1", rounds=1) as process:
        holder = acquire_fails_for(workspace, "round-0")
        assert f"held by release r1 (process {process.pid} on host " in holder
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert current(workspace.records, "round-0", now=now) is None
    assert acquire(workspace.records, "round-0", Holder.here("r2"), now=now).fence == 2


def acquire_fails_for(workspace: Workspace, name: str) -> str:
    with pytest.raises(LeaseHeld) as refusal:
        acquire(workspace.records, name, Holder.here("r2"), now=datetime.fromisoformat("2026-07-01T12:00:00Z"))
    return str(refusal.value)


def _process(workspace: Workspace, release_id: str, *, rounds: int) -> subprocess.Popen[str]:
    """Has its leases when this returns."""
    process = subprocess.Popen(
        [sys.executable, "-c", _HOLDS_ON, workspace.url, release_id, str(rounds)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write("go\n")
    process.stdin.flush()
    while process.stdout.readline() not in ("done\n", ""):
        pass
    return process


def test_a_process_id_that_was_given_to_another_process_is_dead(records: Records, now: datetime) -> None:
    mine = Holder.here("r1")
    acquire(records, "digits", dataclasses.replace(mine, pid_started_at=mine.pid_started_at - 60), now=now)
    assert acquire(records, "digits", mine, now=now).fence == 2


def test_a_clock_that_was_set_does_not_make_a_process_dead(records: Records, now: datetime) -> None:
    """Start times are counted from the boot, whose own time moves with the clock."""
    mine = Holder.here("r1")
    acquire(records, "digits", dataclasses.replace(mine, pid_started_at=mine.pid_started_at + 1), now=now)
    assert acquire(records, "digits", mine, now=now).fence == 1


def test_a_container_of_the_same_host_name_is_not_judged_by_its_process_id(records: Records, now: datetime) -> None:
    there = dataclasses.replace(Holder.here("r1"), pid=2**22 + 1, pid_space="pid:[1]")
    acquire(records, "digits", there, now=now)
    with pytest.raises(LeaseHeld):
        acquire(records, "digits", Holder.here("r2"), now=now)


def test_renewing_holds_it_longer(records: Records, now: datetime) -> None:
    lease = acquire(records, "digits", _elsewhere("r1"), now=now)
    later = now + timedelta(seconds=50)
    assert renew(records, lease, now=later).expires_at == later + timedelta(seconds=60)
    with pytest.raises(LeaseHeld, match=r"until 2026-07-01 12:01:50 UTC"):
        acquire(records, "digits", Holder.here("r2"), now=now + timedelta(seconds=70))


def test_an_expired_lease_that_nobody_took_is_renewed(records: Records, now: datetime) -> None:
    lease = acquire(records, "digits", Holder.here("r1"), now=now)
    later = now + timedelta(hours=1)
    assert renew(records, lease, now=later).fence == 1
    check_fence(records, "digits", 1)


def test_whoever_was_taken_over_is_told_to_stop(records: Records, now: datetime) -> None:
    lease = acquire(records, "digits", Holder.here("r1"), now=now)
    acquire(records, "digits", _elsewhere("r2"), now=now + timedelta(seconds=60))
    expected = (
        r"^the lease on digits was taken over by release r2 \(process 7 on host elsewhere\): "
        r"its fence is 2, ours was 1; stop$"
    )
    with pytest.raises(FenceLost, match=expected):
        check_fence(records, "digits", lease.fence)
    with pytest.raises(FenceLost, match=expected):
        renew(records, lease, now=now)
    release(records, lease, now=now)
    check_fence(records, "digits", 2)


def test_a_released_lease_is_free_and_its_fence_no_longer_holds(records: Records, now: datetime) -> None:
    lease = acquire(records, "digits", Holder.here("r1"), now=now)
    release(records, lease, now=now)
    release(records, lease, now=now)
    assert current(records, "digits", now=now) is None
    with pytest.raises(FenceLost, match=r"^the lease on digits with fence 1 was released; acquire it again$"):
        check_fence(records, "digits", 1)
    with pytest.raises(FenceLost):
        renew(records, lease, now=now)
    assert acquire(records, "digits", Holder.here("r1"), now=now).fence == 2


def test_a_fence_that_never_was_does_not_hold(records: Records) -> None:
    with pytest.raises(
        FenceLost, match=r"^the lease on digits has no fence 1: its records are gone; stop, and acquire"
    ):
        check_fence(records, "digits", 1)


def test_fences_go_on_after_old_records_are_pruned(records: Records, now: datetime) -> None:
    for fence in range(1, 31):
        lease = acquire(records, "digits", Holder.here("r1"), now=now)
        assert lease.fence == fence
        release(records, lease, now=now)
    assert len(records.names("leases/digits")) == 9
    assert records.names("leases/digits")[-1] == "000060"


class _Sleeper(Records):
    """Falls asleep just before it creates a record, while `meanwhile` happens."""

    meanwhile: Callable[[], None] | None = None

    def create(self, key: str, value: object) -> None:
        if self.meanwhile is not None:
            meanwhile, self.meanwhile = self.meanwhile, None
            meanwhile()
        super().create(key, value)  # type: ignore[arg-type]


def test_a_writer_that_slept_until_its_number_was_pruned_has_not_won(records: Records, now: datetime) -> None:
    sleeper = _Sleeper(records._objects)

    def twenty_records_later() -> None:
        for _ in range(10):
            release(records, acquire(records, "digits", _elsewhere("r1"), now=now), now=now)
        acquire(records, "digits", _elsewhere("r1"), now=now)

    sleeper.meanwhile = twenty_records_later
    with pytest.raises(LeaseHeld):
        acquire(sleeper, "digits", Holder.here("r2"), now=now)
    check_fence(records, "digits", 11)
    assert "000001" not in records.names("leases/digits")


def test_of_sixteen_threads_one_wins_each_round(records: Records, now: datetime) -> None:
    def attempt(number: int) -> Lease | None:
        start.wait()
        try:
            return acquire(records, "digits", Holder.here(f"r{number}"), now=now)
        except LeaseHeld:
            return None

    for fence in range(1, 11):
        start = threading.Barrier(16)
        with ThreadPoolExecutor(16) as pool:
            won = [lease for lease in pool.map(attempt, range(16)) if lease]
        assert [lease.fence for lease in won] == [fence]
        release(records, won[0], now=now)


def test_of_eight_processes_one_wins_each_round(workspace: Workspace) -> None:
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", _HOLDS_ON, workspace.url, f"r{number}", "20"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(8)
    ]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    won = [line for process in processes for line in _lines_until_done(process)]
    for process in processes:
        process.communicate("end\n")
    assert sorted(won) == sorted(f"{number} 1\n" for number in range(20))


def _lines_until_done(process: subprocess.Popen[str]) -> list[str]:
    assert process.stdout is not None
    lines = list(iter(process.stdout.readline, "done\n"))
    assert "" not in lines
    return lines


class _Clock:
    """Says when it was asked for the third time."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._asked = 0
        self.third = threading.Event()

    def __call__(self) -> datetime:
        self._asked += 1
        if self._asked == 3:
            self.third.set()
        return self._now + timedelta(seconds=self._asked)


def test_a_keeper_renews_until_its_block_ends(records: Records, now: datetime) -> None:
    clock = _Clock(now)
    lease = acquire(records, "digits", _elsewhere("r1"), now=now)
    with Keeper(records, lease, clock=clock, every_s=0.001) as keeper:
        assert clock.third.wait(10)
        assert not keeper.lost
    assert keeper.lease.expires_at >= now + timedelta(seconds=62)
    assert current(records, "digits", now=now) == keeper.lease


def test_a_keeper_sees_that_its_lease_was_lost(records: Records, now: datetime) -> None:
    lease = acquire(records, "digits", Holder.here("r1"), now=now)
    acquire(records, "digits", _elsewhere("r2"), now=now + timedelta(seconds=60))
    with Keeper(records, lease, clock=_Clock(now), every_s=0.001) as keeper:
        keeper._thread.join(10)
        assert keeper.lost


def test_a_kept_lease_is_given_back_once_nobody_renews_it_any_more(records: Records, now: datetime) -> None:
    lease = acquire(records, "digits", _elsewhere("r1"), now=now)
    renewing: list[list[str]] = []

    def clock() -> datetime:
        renewing.append([thread.name for thread in threading.enumerate() if thread.name == "lease-digits"])
        return now

    with contextlib.suppress(ValueError), kept(records, lease, clock=clock):
        assert current(records, "digits", now=now) == lease
        raise ValueError("as it is")
    assert renewing == [[]]
    assert current(records, "digits", now=now) is None


class _Deaf(Records):
    def names(self, prefix: str) -> tuple[str, ...]:
        raise StoreError("no answer")


def test_a_keeper_goes_on_when_the_workspace_does_not_answer(records: Records, now: datetime) -> None:
    lease = acquire(records, "digits", Holder.here("r1"), now=now)
    clock = _Clock(now)
    with Keeper(_Deaf(records._objects), lease, clock=clock, every_s=0.001) as keeper:
        assert clock.third.wait(10)
        assert not keeper.lost


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["acquire", "renew", "release", "wait"]), st.integers(0, 2)), max_size=25))
def test_whatever_happens_one_fence_holds_and_fences_only_rise(steps: list[tuple[str, int]]) -> None:
    records = Records(Objects(MemoryStore(), where="memory", folder=None))
    now = datetime.fromisoformat("2026-07-01T12:00:00Z")
    leases: dict[int, Lease] = {}
    newest = 0
    for what, who in steps:
        match what:
            case "acquire":
                try:
                    lease = acquire(records, "digits", _elsewhere(f"r{who}"), now=now)
                except LeaseHeld:
                    continue
                assert lease.fence in (newest, newest + 1)
                newest, leases[who] = lease.fence, lease
            case "renew" if who in leases:
                if _holds(records, leases[who].fence):
                    leases[who] = renew(records, leases[who], now=now)
            case "release" if who in leases:
                release(records, leases[who], now=now)
            case "wait":
                now += timedelta(seconds=25)
        assert sum(_holds(records, fence) for fence in {lease.fence for lease in leases.values()}) <= 1


def _holds(records: Records, fence: int) -> bool:
    try:
        check_fence(records, "digits", fence)
    except FenceLost:
        return False
    return True
