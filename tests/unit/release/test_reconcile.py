"""What is found to be left, whatever else is broken."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from shipway.release.log import log_path
from shipway.release.open_releases import lease_name
from shipway.release.reconcile import settled_services, stranded
from shipway.release.run import hold
from shipway.store.holder import Holder
from shipway.store.lease import acquire
from tests.unit.release.driver import Bench

NOW = datetime.now(UTC)


def test_a_service_with_a_broken_journal_hides_no_other(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    bench = Bench(tmp_path)
    for release_id, service in (("rel-one", "alpha"), ("rel-two", "beta")):
        bench.keep(release_id, service=service)
        with hold(bench.workspace, release_id, tools=bench.tools):
            pass
    entry = tmp_path / "ws" / "releases" / "rel-one" / "journal" / "000001.json"
    (entry if entry.exists() else next((tmp_path / "ws").rglob("*rel-one*/**/000001*"))).write_text("{}")
    assert [left.service for left in stranded(bench.workspace, NOW)] == ["beta"]
    assert settled_services(bench.workspace, NOW) == ()
    assert "service alpha is left alone: journal" in caplog.text


def test_a_release_without_a_holder_is_stranded_until_it_ends(bench: Bench) -> None:
    bench.released("one")
    bench.keep("rel-two")
    now = datetime.now(UTC)
    with hold(bench.workspace, "rel-two", tools=bench.tools):
        assert stranded(bench.workspace, now) == ()
        assert settled_services(bench.workspace, now) == ()
    (left,) = stranded(bench.workspace, now)
    assert left.release_id == "rel-two"
    bench.release("rel-two")
    assert stranded(bench.workspace, now) == ()
    assert settled_services(bench.workspace, now) == ("digits",)


def test_a_first_release_that_was_stranded_is_found_too(bench: Bench) -> None:
    bench.keep("rel-one")
    with hold(bench.workspace, "rel-one", tools=bench.tools):
        pass
    assert [left.release_id for left in stranded(bench.workspace, datetime.now(UTC))] == ["rel-one"]


@pytest.mark.parametrize("has_log", [False, True])
def test_what_another_machine_has_begun_is_left_to_it_unless_the_name_alone_has_changed(
    bench: Bench, has_log: bool
) -> None:
    bench.keep("rel-one")
    with hold(bench.workspace, "rel-one", tools=bench.tools) as run:
        machine = run.machine
    now = datetime.now(UTC)
    there = Holder(host="elsewhere", pid=1, pid_started_at=0.0, release_id="rel-one")
    acquire(bench.workspace.records, lease_name("digits"), there, now=now - timedelta(minutes=5))
    if has_log:
        log_path(machine, "rel-one").write_text("")
    assert [left.release_id for left in stranded(bench.workspace, now)] == (["rel-one"] if has_log else [])
    assert settled_services(bench.workspace, now) == ()
