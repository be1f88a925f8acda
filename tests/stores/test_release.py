"""A release keeps its state in a bucket, also in one that throttles and loses answers; and it does not wait in vain."""

import itertools
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest

from shipway.domain.release import ReleasePhase
from shipway.release.journal import journal_of
from shipway.release.ledger import ledger_of
from shipway.release.report import report_of
from shipway.store.workspace import Workspace, open_workspace
from tests.stores.proxy import Act, Proxy, Request, Rule
from tests.unit.release.driver import Bench
from tests.unit.verification.little_server import little_server


@dataclass(frozen=True)
class _Bench(Bench):
    """On a workspace in a bucket."""

    url: str

    @property
    def workspace(self) -> Workspace:
        return open_workspace(self.url, create=True)


@pytest.fixture
def bench(tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[_Bench]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    with little_server(lambda _: (200, "[1]")) as address:
        (tmp_path / "address").write_text(address.removeprefix("http://"))
        yield _Bench(tmp_path, url)


def test_a_store_that_throttles_and_loses_answers_harms_no_release(proxy: Proxy, bench: _Bench, now: datetime) -> None:
    proxy.rule = _every({3: (Act.LOSE_ANSWER, "PUT"), 11: (Act.SLOW_DOWN, "GET"), 7: (Act.HANG_UP, "PUT")})
    bench.keep("rel-1")
    assert bench.release("rel-1").phase is ReleasePhase.PROMOTED
    assert {Act.LOSE_ANSWER, Act.SLOW_DOWN, Act.HANG_UP} <= set(proxy.acts)
    workspace = bench.workspace
    ledger = ledger_of(workspace, "digits").entries()
    assert [entry.release_id for entry in ledger] == ["rel-1"]
    for entry in ledger:
        journal_of(workspace, entry.release_id).verify(entry.journal_head)
        assert report_of(workspace, entry.release_id, now=now).phase is ReleasePhase.PROMOTED
    assert workspace.records.names("models/digits") == ("1",)


def _every(acts: dict[int, tuple[Act, str]]) -> Rule:
    """The nth request of a method, counted for each act by itself."""
    counters = {act: itertools.count(1) for act, _ in acts.values()}

    def rule(request: Request) -> Act:
        for nth, (act, method) in acts.items():
            if request.method == method and next(counters[act]) % nth == 0:
                return act
        return Act.FORWARD

    return rule


def test_many_small_reads_wait_together(proxy: Proxy, url: str, now: datetime, tmp_path: Path) -> None:
    workspace = open_workspace(url, create=True)
    for number in range(8):
        workspace.journal("journal").append({"number": number}, at=now)
        (tmp_path / "tree" / "below").mkdir(parents=True, exist_ok=True)
        (tmp_path / "tree" / "below" / str(number)).write_text(str(number))
    assert _at_once(proxy, "GET", workspace.journal("journal").entries) == 8
    tree: list[object] = []
    assert _at_once(proxy, "PUT", lambda: tree.append(workspace.blobs.put_tree(tmp_path / "tree"))) == 8
    [kept] = tree
    assert _at_once(proxy, "GET", lambda: workspace.blobs.fetch_tree(kept, tmp_path / "out")) == 8  # type: ignore[arg-type]
    assert [path.read_text() for path in sorted((tmp_path / "out").rglob("?"))] == list("01234567")


def _at_once(proxy: Proxy, method: str, act: Callable[[], object]) -> int:
    """How many requests for objects were under way together: each waits until eight are, or for 20 s."""
    barrier, most, lock = threading.Barrier(8, timeout=20), [0], threading.Lock()

    def rule(request: Request) -> Act:
        if request.method == method and "list" not in request.path:
            barrier.wait()
            with lock:
                most[0] += 1
        return Act.FORWARD

    proxy.rule = rule
    try:
        act()
    finally:
        proxy.rule = lambda _request: Act.FORWARD
    return most[0]
