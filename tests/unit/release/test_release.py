"""Whole releases on the fake target, without Prefect."""

import json
import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from shipway.domain.image import ImageConfig
from shipway.domain.release import Details, ErrorLimit, Limits, ReleasePhase, revision_id_of
from shipway.domain.service import NO_TRAFFIC, RevisionStats, Traffic
from shipway.errors import (
    ConfigError,
    FenceLost,
    LeaseHeld,
    ModelInUse,
    ReleaseEnded,
    ReleaseError,
    ReleaseNotFound,
    ServiceNotFound,
    StoreCorrupt,
    TargetError,
)
from shipway.machine.state import MachineState, machine_state
from shipway.registry.models import Registry
from shipway.release import acts, promote, trial
from shipway.release.details import details_of, keep_details
from shipway.release.inputs import config_digest, forget_unbegun, read_inputs
from shipway.release.ledger import Event, ledger_of
from shipway.release.log import log_path
from shipway.release.open_releases import lease_name, open_release, open_release_key, refuse_if_busy
from shipway.release.operations import Operator, history, retire, revert, served_at, settle
from shipway.release.report import report_of, verdict_rows
from shipway.release.roll_back import conclude_promoted, roll_back
from shipway.release.run import hold
from shipway.release.steps import Kind, Step
from shipway.store.lease import Holder, acquire
from shipway.testing.fake_target import FakeTarget
from tests.unit.release.driver import AT, Bench
from tests.unit.verification.little_server import little_server


def serving(bench: Bench) -> dict[str, int]:
    return dict(bench.target.traffic("digits").weights)


def operator(bench: Bench, operation_id: str = "op-1") -> Operator:
    return Operator(
        workspace=bench.workspace, operation_id=operation_id, approver="ada", reason="a hunch", tools=bench.tools
    )


def test_the_first_release_gets_all_traffic_and_the_ledger_says_so(bench: Bench) -> None:
    bench.keep("rel-one")
    ending = bench.release("rel-one")
    assert ending.phase is ReleasePhase.PROMOTED
    assert serving(bench) == {ending.champion: 100}
    (entry,) = history(bench.workspace, "digits")
    version = Registry(bench.workspace).resolve("digits:1")
    assert (entry.event, entry.approver, dict(entry.models)) == (Event.PROMOTED, "ada", {"digits:1": version.digest})
    assert entry.config_digest == config_digest(read_inputs(bench.workspace, "rel-one"))


def test_the_second_release_walks_through_its_traffic_steps(bench: Bench) -> None:
    one, two = bench.released("one", "two")
    walked = [call for call in bench.target.calls() if call.startswith("set_traffic")]
    expected = [f"{one}=90,{two}=10", f"{one}=50,{two}=50", f"{two}=100"]
    assert [set(call.split(" ")[2].split(",")) for call in walked[1:]] == [set(e.split(",")) for e in expected]


def test_the_revision_before_stays_up_and_the_one_before_that_goes(bench: Bench) -> None:
    one, two, three = bench.released("one", "two", "three")
    service = bench.target.find("digits")
    assert service is not None
    assert {r.revision_id for r in service.revisions} == {two, three}
    assert Registry(bench.workspace).uses("digits:1") == ()
    assert one not in serving(bench)


def test_a_smoke_test_that_fails_refuses_the_release_and_leaves_nothing(bench: Bench) -> None:
    (one,) = bench.released("one")
    bench.trials.deploys_become("failed")
    bench.keep("rel-bad", model="bad")
    ending = bench.release("rel-bad")
    assert (ending.phase, ending.champion) == (ReleasePhase.REFUSED, one)
    assert ending.reason.startswith("smoke test: start failed: revision")
    assert bench.trials.find("digits") is None
    assert not [call for call in bench.target.calls() if revision_id_of("rel-bad") in call]
    assert [e.event for e in history(bench.workspace, "digits")] == [Event.PROMOTED, Event.REFUSED]


def test_wrong_answers_are_rolled_back_before_they_get_traffic(bench: Bench) -> None:
    (one,) = bench.released("one")
    with little_server(lambda _: (200, "[7]")) as url:
        (bench.folder / "address").write_text(url.removeprefix("http://"))
        bench.keep("rel-bad", model="bad")
        ending = bench.release("rel-bad")
    assert ending.phase is ReleasePhase.ROLLED_BACK
    assert ending.reason.startswith("verification: golden failed")
    assert serving(bench) == {one: 100}
    assert bench.target.calls()[-1] == f"delete_revision digits {revision_id_of('rel-bad')}"
    assert Registry(bench.workspace).uses("digits:2") == ()


def test_a_first_release_that_fails_leaves_no_service(bench: Bench) -> None:
    with little_server(lambda _: (200, "[7]")) as url:
        (bench.folder / "address").write_text(url.removeprefix("http://"))
        bench.keep("rel-bad")
        assert bench.release("rel-bad").phase is ReleasePhase.ROLLED_BACK
    assert bench.target.find("digits") is None


def test_failures_that_the_gateway_counts_stop_the_walk(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    (one,) = bench.released("one")
    bad = revision_id_of("rel-bad")
    readings = iter([0, 40])

    def stats(_name: str) -> dict[str, RevisionStats]:
        failures = next(readings)
        quick = {"p50_ms": 1.0, "p95_ms": 1.0, "p99_ms": 1.0}
        return {
            bad: RevisionStats(revision_id=bad, requests=failures * 2, failures=failures, **quick),
            one: RevisionStats(revision_id=one, requests=failures * 9, failures=0, **quick),
        }

    monkeypatch.setattr("shipway.testing.fake_target.FakeTarget.revision_stats", lambda self, name: stats(name))
    bench.keep("rel-bad", model="bad")
    ending = bench.release("rel-bad")
    assert ending.phase is ReleasePhase.ROLLED_BACK
    assert ending.reason.startswith("promotion: traffic 10 % failed")
    assert serving(bench) == {one: 100}


def test_a_deploy_that_fails_is_rolled_back_with_its_reason(bench: Bench) -> None:
    (one,) = bench.released("one")
    bench.target.fail_deploys("no room on this machine")
    bench.keep("rel-bad", model="bad")
    ending = bench.release("rel-bad")
    assert (ending.phase, ending.reason) == (ReleasePhase.ROLLED_BACK, "no room on this machine")
    assert serving(bench) == {one: 100}


def test_the_same_release_again_does_nothing_again(bench: Bench) -> None:
    bench.keep("rel-one")
    first = bench.release("rel-one")
    calls = bench.target.calls()
    bench.keep("rel-one", model="changed since")
    assert bench.release("rel-one") == first
    assert bench.target.calls() == calls
    assert [v.id for v in Registry(bench.workspace).list()] == ["digits:1"]


def test_a_release_on_its_way_back_takes_no_further_step(bench: Bench) -> None:
    bench.keep("rel-one")
    with hold(bench.workspace, "rel-one", tools=bench.tools) as run:
        run.append(Step.ROLL_BACK, Kind.INTENT, {"reason": "changed my mind"})
        with pytest.raises(
            ReleaseEnded,
            match=r"release rel-one is rolling back \(changed my mind\): register_model is not carried out",
        ):
            acts.register(run)


def test_a_second_release_of_a_service_is_told_who_holds_it_and_until_when(bench: Bench) -> None:
    bench.keep("rel-one")
    bench.keep("rel-two")
    with hold(bench.workspace, "rel-one", tools=bench.tools):
        text = rf"held by release rel-one \(process {os.getpid()} on .*\) until \d{{4}}-.* UTC, unless it renews"
        with pytest.raises(LeaseHeld, match=text), hold(bench.workspace, "rel-two", tools=bench.tools):
            pass
        with pytest.raises(LeaseHeld, match="service digits is in the hands of release rel-one"):
            refuse_if_busy(bench.workspace, "digits", besides="rel-two", now=datetime.now(UTC))


def test_a_service_whose_release_was_interrupted_takes_no_other_before_that_has_ended(bench: Bench) -> None:
    bench.keep("rel-one")
    bench.keep("rel-two")
    with hold(bench.workspace, "rel-one", tools=bench.tools):
        pass
    with (
        pytest.raises(ReleaseError, match="release rel-one of service digits was interrupted and has not ended; first"),
        hold(bench.workspace, "rel-two", tools=bench.tools),
    ):
        pass
    with hold(bench.workspace, "rel-one", tools=bench.tools) as run:
        assert roll_back(run, "aborted").phase is ReleasePhase.REFUSED
    assert bench.release("rel-two").phase is ReleasePhase.PROMOTED


def test_whoever_lost_the_lease_acts_no_more(bench: Bench) -> None:
    bench.keep("rel-one")
    with hold(bench.workspace, "rel-one", tools=bench.tools) as run:
        acts.register(run)
        late = datetime.now(UTC) + timedelta(minutes=5)
        other = Holder(host="elsewhere", pid=1, pid_started_at=0.0, release_id="rel-one")
        acquire(bench.workspace.records, lease_name("digits"), other, now=late)
        with pytest.raises(FenceLost, match="was taken over by release rel-one"):
            acts.build(run, acts.register(run))


def test_an_image_that_came_out_otherwise_when_it_was_built_again_is_tried_again(bench: Bench) -> None:
    bench.keep("rel-one")
    with hold(bench.workspace, "rel-one", tools=bench.tools) as run:
        image = acts.build(run, acts.register(run))
        trial.smoke_test(run, image)
        trial.smoke_test(run, image)
        assert run.state().of(Step.SMOKE).attempts == 1
        trial.smoke_test(run, replace(image, digest="another"))
        assert run.state().of(Step.SMOKE).attempts == 2


def test_going_back_moves_all_traffic_to_the_revision_before(bench: Bench) -> None:
    one, two = bench.released("one", "two")
    reverted = revert(operator(bench), "digits")
    assert (reverted.from_revision, reverted.to_revision) == (two, one)
    assert serving(bench) == {one: 100}
    entry = history(bench.workspace, "digits")[-1]
    assert (entry.event, entry.reason, entry.revision_id) == (Event.REVERTED, "a hunch", two)


def test_going_back_twice_with_one_id_goes_back_once(bench: Bench) -> None:
    one, _ = bench.released("one", "two")
    assert revert(operator(bench), "digits").to_revision == one
    assert revert(operator(bench), "digits").to_revision == one
    with pytest.raises(ReleaseError, match=f"service digits has no revision before {one} to go back to"):
        revert(operator(bench, "op-2"), "digits")


def test_traffic_that_is_not_as_the_ledger_says_is_put_right(bench: Bench) -> None:
    """As after a kill between the ledger's entry and the switch."""
    one, two = bench.released("one", "two")
    bench.target.set_traffic("digits", Traffic.all_to(one), fence=2)
    assert settle(operator(bench), "digits").champion == two
    assert serving(bench) == {two: 100}


def test_a_service_that_is_as_its_ledger_says_is_looked_at_without_its_lease(bench: Bench) -> None:
    (one,) = bench.released("one")
    with hold(bench.workspace, "rel-one", tools=bench.tools):
        assert settle(operator(bench), "digits").champion == one
        bench.target.set_traffic("digits", NO_TRAFFIC, fence=99)
        with pytest.raises(LeaseHeld):
            settle(operator(bench), "digits")


def test_who_served_at_any_time_is_in_the_ledger(bench: Bench) -> None:
    one, two = bench.released("one", "two")
    first, second = history(bench.workspace, "digits")
    assert served_at(bench.workspace, "digits", first.at - timedelta(seconds=1)) is None
    at_first = served_at(bench.workspace, "digits", first.at)
    at_second = served_at(bench.workspace, "digits", second.at)
    assert at_first is not None
    assert at_second is not None
    assert (at_first.revision_id, at_second.revision_id) == (one, two)


def test_a_ledger_that_was_changed_is_noticed(bench: Bench) -> None:
    bench.released("one", "two")
    path = next((bench.folder / "ws").glob("**/services/digits/ledger/*1.json"))
    document = json.loads(path.read_text())
    document["data"]["approver"] = "mallory"
    path.write_text(json.dumps(document, sort_keys=True, separators=(",", ":")))
    with pytest.raises(StoreCorrupt, match="services/digits/ledger"):
        history(bench.workspace, "digits")


def test_a_model_in_service_cannot_be_deleted_until_the_service_is_gone(bench: Bench) -> None:
    bench.released("one")
    registry = Registry(bench.workspace)
    with pytest.raises(ModelInUse, match="digits"):
        registry.delete("digits:1", now=AT)
    retired = retire(operator(bench), "digits")
    assert retired.revisions == (revision_id_of("rel-one"),)
    assert bench.target.find("digits") is None
    registry.delete("digits:1", now=AT)
    assert history(bench.workspace, "digits")[-1].event is Event.RETIRED


def test_what_was_said_of_a_service_goes_with_it(bench: Bench) -> None:
    bench.released("one")
    keep_details(bench.workspace, "digits", Details(properties={"team": "old"}))
    retire(operator(bench), "digits")
    assert details_of(bench.workspace, "digits") == Details()


class AnotherTarget(FakeTarget):
    """Shares its folder with the fake target, as local targets do, and sorts before it."""

    kind = "another"


def test_a_service_is_deleted_also_when_a_release_was_sent_to_another_target_once(bench: Bench) -> None:
    bench.released("one")
    promoted = history(bench.workspace, "digits")[-1]
    elsewhere = replace(promoted, event=Event.ROLLED_BACK, release_id="rel-two", target="another")
    ledger_of(bench.workspace, "digits").append(elsewhere)

    def load(kind: str, state: MachineState) -> FakeTarget:
        return AnotherTarget(bench.target.folder) if kind == "another" else bench.tools.load_target(kind, state)

    retire(replace(operator(bench), tools=replace(bench.tools, load_target=load)), "digits")
    assert bench.target.find("digits") is None


def test_a_release_to_another_target_than_the_champions_is_refused_and_leaves_it_alone(bench: Bench) -> None:
    bench.released("one")
    bench.keep("rel-two", model="two", targets=("docker",))
    ending = bench.release("rel-two")
    assert ending.phase is ReleasePhase.REFUSED
    assert "docker: the service is in service on process: release there, or delete it first" in ending.reason
    assert serving(bench) == {revision_id_of("rel-one"): 100}


def test_a_service_that_its_target_has_not_got_is_only_written_off_when_told_so(bench: Bench) -> None:
    """As on another machine that shares the workspace."""
    bench.released("one")
    bench.target.delete("digits", fence=1)
    with pytest.raises(TargetError, match="service digits is in service by its ledger, but target process has none"):
        retire(operator(bench), "digits")
    assert history(bench.workspace, "digits")[-1].event is Event.PROMOTED
    retire(operator(bench), "digits", lost=True)
    assert history(bench.workspace, "digits")[-1].event is Event.RETIRED


def test_a_service_that_is_not_there_is_named_with_those_that_are(bench: Bench) -> None:
    bench.released("one")
    with pytest.raises(ServiceNotFound, match=r"WebserviceNotFound: no service 'digts' in .*; services: digits;"):
        retire(operator(bench), "digts")


def test_a_release_that_is_not_there_is_named(bench: Bench) -> None:
    with pytest.raises(ReleaseNotFound, match=r"there is no release 'rel-9' in file://.*; releases: none;"):
        bench.release("rel-9")


def test_aborting_a_promoted_release_changes_nothing(bench: Bench) -> None:
    (one,) = bench.released("one")
    with hold(bench.workspace, "rel-one", tools=bench.tools) as run:
        assert roll_back(run, "too late").phase is ReleasePhase.PROMOTED
    assert serving(bench) == {one: 100}


def test_notes_and_who_asked_are_no_part_of_the_config_digest(bench: Bench) -> None:
    bench.keep("rel-one")
    inputs = read_inputs(bench.workspace, "rel-one")
    assert config_digest(replace(inputs, notes="other", requested_by="bob")) == config_digest(inputs)
    stricter = replace(inputs.verification, limits=Limits(errors=ErrorLimit(floor_pct=1)))
    assert config_digest(replace(inputs, verification=stricter)) != config_digest(inputs)


def test_the_report_tells_steps_and_checks(bench: Bench) -> None:
    bench.keep("rel-one")
    bench.release("rel-one")
    report = report_of(bench.workspace, "rel-one", now=AT)
    assert [step.state for step in report.steps] == ["done"] * 7
    assert report.ended_at is not None
    assert {"golden", "errors", "latency"} <= {row["check"] for row in verdict_rows(report.checks)}


def test_an_open_release_without_a_living_holder_is_interrupted(bench: Bench) -> None:
    bench.keep("rel-one")

    def standing() -> str:
        return report_of(bench.workspace, "rel-one", now=datetime.now(UTC)).standing

    assert standing() == "not begun"
    with hold(bench.workspace, "rel-one", tools=bench.tools):
        assert standing() == "running"
    assert standing() == "interrupted"
    bench.release("rel-one")
    assert standing() == "promoted"


def test_a_release_that_could_not_be_begun_is_forgotten_and_one_that_was_is_not(bench: Bench) -> None:
    bench.keep("rel-one")
    bench.keep("rel-two")
    with hold(bench.workspace, "rel-one", tools=bench.tools):
        forget_unbegun(bench.workspace, "rel-one", now=AT)
        forget_unbegun(bench.workspace, "rel-two", now=AT)
    assert read_inputs(bench.workspace, "rel-one").release_id == "rel-one"
    with pytest.raises(ReleaseNotFound, match="there is no release 'rel-two'"):
        read_inputs(bench.workspace, "rel-two")


def test_a_start_that_fails_leaves_its_last_log_lines_as_evidence(bench: Bench) -> None:
    bench.trials.deploys_become("failed")
    bench.keep("rel-bad")
    bench.release("rel-bad")
    (start,) = report_of(bench.workspace, "rel-bad", now=AT).checks
    assert (start.name, start.evidence) == ("start", (f"{revision_id_of('rel-bad')}: failed",))


def test_files_are_read_once(bench: Bench) -> None:
    bench.keep("rel-one", model="as it was")
    (bench.folder / "assets" / "model.bin").write_text("changed before the release began")
    bench.release("rel-one")
    got = Registry(bench.workspace).download("digits:1", bench.folder / "got")
    assert Path(got).read_text() == "as it was"
    assert read_inputs(bench.workspace, "rel-one").requested_at == AT


def test_a_release_of_another_service_under_a_known_id_is_refused(bench: Bench) -> None:
    bench.keep("rel-one")
    with pytest.raises(ReleaseError, match="release rel-one is of service digits, not letters: give another --id"):
        bench.keep("rel-one", service="letters")


def test_a_known_id_keeps_what_was_kept_first(bench: Bench) -> None:
    bench.keep("rel-one", model="one")
    before = read_inputs(bench.workspace, "rel-one")
    bench.keep("rel-one", model="two")
    assert read_inputs(bench.workspace, "rel-one") == before


@pytest.mark.parametrize("release_id", ["a/b", "../../models/digits/1", "", ".hidden", "x" * 101, "two words"])
def test_an_id_that_cannot_name_files_is_refused(bench: Bench, release_id: str) -> None:
    with pytest.raises(ConfigError, match=r"release id .* is not allowed: use 1 to 100 letters"):
        bench.keep(release_id)


def test_a_champion_that_its_target_has_not_got_is_said_before_anything_is_deployed(bench: Bench) -> None:
    """As on another machine that shares the workspace: the release could neither walk nor go back."""
    bench.released("one")
    bench.target.delete("digits", fence=1)
    bench.keep("rel-two", model="two")
    ending = bench.release("rel-two")
    assert ending.phase is ReleasePhase.ROLLED_BACK
    assert ending.reason.startswith("service digits is in service by its ledger, but target process has none of it")
    assert bench.target.find("digits") is None


def test_going_back_to_a_champion_that_is_gone_sends_traffic_to_nobody(bench: Bench) -> None:
    (one,) = bench.released("one")
    bench.keep("rel-two", model="two")
    with hold(bench.workspace, "rel-two", tools=bench.tools) as run:
        image = acts.build(run, acts.register(run))
        deployed = acts.deploy(run, image, acts.choose(run))
        run.append(Step.PROMOTE, Kind.INTENT, {"target": deployed.target, "champion": deployed.champion})
        bench.target.set_traffic("digits", Traffic.all_to(deployed.revision_id), fence=run.ref.fence)
        bench.target.delete_revision("digits", one, fence=run.ref.fence)
        assert roll_back(run, "aborted").phase is ReleasePhase.ROLLED_BACK
    assert bench.target.find("digits") is None


def test_going_back_to_a_revision_whose_process_is_gone_is_refused(bench: Bench) -> None:
    one, two = bench.released("one", "two")
    bench.target.set_native("digits", one, "failed", "it was killed")
    text = rf"revision {one} of service digits has failed: it was killed; .*shipway up"
    with pytest.raises(TargetError, match=text):
        revert(operator(bench), "digits")
    assert serving(bench) == {two: 100}
    assert history(bench.workspace, "digits")[-1].event is Event.PROMOTED


def test_going_back_again_after_a_kill_between_ledger_and_traffic_finishes_it(bench: Bench) -> None:
    one, two = bench.released("one", "two")
    revert(operator(bench, "killed"), "digits")
    bench.target.set_traffic("digits", Traffic.all_to(two), fence=3)  # as it was when the ledger had been written
    reverted = revert(operator(bench, "again"), "digits")
    assert (reverted.from_revision, reverted.to_revision) == (two, one)
    assert serving(bench) == {one: 100}
    assert [e.release_id for e in history(bench.workspace, "digits")] == ["rel-one", "rel-two", "killed"]


def test_a_service_that_was_written_off_uses_no_model(bench: Bench) -> None:
    bench.released("one")
    bench.target.delete("digits", fence=1)
    retire(operator(bench), "digits", lost=True)
    Registry(bench.workspace).delete("digits:1", now=AT)


def test_a_model_is_free_though_its_revision_s_removal_was_killed_half_way(bench: Bench) -> None:
    one, _ = bench.released("one", "two")
    bench.target.delete_revision("digits", one, fence=2)  # killed here: the revision is gone, its use is not
    bench.released("three")
    assert Registry(bench.workspace).uses("digits:1") == ()


def test_whoever_lost_the_lease_writes_no_ledger_and_leaves_the_next_release_alone(bench: Bench) -> None:
    bench.keep("rel-one")
    bench.keep("rel-two", model="two")
    with hold(bench.workspace, "rel-one", tools=bench.tools) as slow:
        registered = acts.register(slow)
        image = acts.build(slow, registered)
        deployed = acts.deploy(slow, image, acts.choose(slow))
        late = datetime.now(UTC) + timedelta(minutes=5)
        other = Holder(host="elsewhere", pid=1, pid_started_at=0.0, release_id="rel-two")
        acquire(bench.workspace.records, lease_name("digits"), other, now=late)
        bench.workspace.records.put(open_release_key("digits"), {"release_id": "rel-two"})
        with pytest.raises(FenceLost):
            promote._record(slow, registered, image, deployed)
        with pytest.raises(FenceLost):
            conclude_promoted(slow)
    assert open_release(bench.workspace, "digits") == "rel-two"
    with pytest.raises(ServiceNotFound):
        history(bench.workspace, "digits")


def test_a_ledger_s_times_go_forward_when_the_clock_goes_back(bench: Bench) -> None:
    one, _ = bench.released("one", "two")
    before = history(bench.workspace, "digits")[-1].at
    early = replace(bench.tools, clock=lambda: before - timedelta(hours=1))
    revert(replace(operator(bench), tools=early), "digits")
    assert history(bench.workspace, "digits")[-1].at == before
    served = served_at(bench.workspace, "digits", before)
    assert served is not None
    assert served.revision_id == one


def test_an_old_revision_that_cannot_be_removed_does_not_undo_a_promotion(bench: Bench) -> None:
    one, _ = bench.released("one", "two")
    bench.target.fail_deletes("a file of it belongs to root")
    (three,) = bench.released("three")
    assert serving(bench) == {three: 100}
    bench.target.fail_deletes(None)
    bench.released("four")
    service = bench.target.find("digits")
    assert service is not None
    assert one not in {r.revision_id for r in service.revisions}


def test_how_the_image_is_made_is_kept_with_the_release(bench: Bench) -> None:
    wanted = ImageConfig(base="python:3.9-slim", registry="registry.example/team")
    bench.keep("rel-one", image=wanted)
    assert read_inputs(bench.workspace, "rel-one").image == wanted


def test_the_commit_is_kept_and_decides_nothing(bench: Bench) -> None:
    bench.keep("rel-one")
    kept = read_inputs(bench.workspace, "rel-one")
    assert config_digest(kept) == config_digest(replace(kept, commit="abc"))


def test_the_log_of_a_revision_that_goes_is_kept_in_that_of_its_release(bench: Bench) -> None:
    with little_server(lambda _: (200, "[7]")) as url:
        (bench.folder / "address").write_text(url.removeprefix("http://"))
        bench.keep("rel-bad")
        assert bench.release("rel-bad").phase is ReleasePhase.ROLLED_BACK
    revision = revision_id_of("rel-bad")
    kept = log_path(machine_state(bench.workspace.url), "rel-bad").read_text()
    assert f"--- the log of revision {revision}\n" in kept


def test_a_service_whose_releases_were_all_refused_has_nothing_to_delete(bench: Bench) -> None:
    bench.trials.deploys_become("failed")
    bench.keep("rel-bad")
    assert bench.release("rel-bad").phase is ReleasePhase.REFUSED
    with pytest.raises(ServiceNotFound) as error:
        retire(operator(bench), "digits")
    assert str(error.value) == (
        "WebserviceNotFound: service digits was never deployed: what was to be released was refused; nothing is left "
        "to delete"
    )
