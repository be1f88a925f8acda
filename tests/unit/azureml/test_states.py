"""v1's words for the state of a local service (L-1), worked out from target, ledger and release."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from shipway.azureml._standing import LocalState, Standing, operation_of, state_of
from shipway.domain.release import ReleasePhase
from shipway.domain.service import NO_TRAFFIC, Service, ServiceState, ServiceStatus
from shipway.release.ledger import Event, LedgerEntry
from shipway.release.report import ReleaseReport

NOW = datetime(2026, 1, 1, tzinfo=UTC)
NOTHING = Standing(service=None, target=None, entries=(), champion=None, report=None)
PROMOTED = LedgerEntry(
    event=Event.PROMOTED, release_id="r", revision_id="r1", target="process", models={"m:1": "d"}, image_digest="i",
    config_digest="c", approver="me", reason="", journal_head="h", at=NOW,
)  # fmt: skip


def service(state: ServiceState) -> Service:
    status = ServiceStatus(state=state, native="native", message="", observed_at=NOW)
    return Service(
        name="s",
        kind="process",
        scoring_uri="http://localhost:1/score",
        status=status,
        revisions=(),
        traffic=NO_TRAFFIC,
    )


def report(phase: ReleasePhase) -> ReleaseReport:
    return ReleaseReport(
        release_id="r", service="s", phase=phase, standing=phase.value, reason="", requested_by="me", requested_at=NOW,
        ended_at=None, steps=(), checks=(), models={}, image_digest="",
    )  # fmt: skip


def in_service(state: ServiceState, phase: ReleasePhase | None = None) -> Standing:
    standing = replace(NOTHING, service=service(state), entries=(PROMOTED,), champion=PROMOTED)
    return standing if phase is None else replace(standing, report=report(phase))


@pytest.mark.parametrize(
    ("standing", "begun_here", "state"),
    [
        (NOTHING, False, LocalState.UNKNOWN),
        (in_service(ServiceState.HEALTHY), True, LocalState.FAILED),
        (replace(NOTHING, report=report(ReleasePhase.RUNNING)), False, LocalState.DEPLOYING),
        (replace(NOTHING, report=report(ReleasePhase.REFUSED)), True, LocalState.FAILED),
        (replace(NOTHING, report=report(ReleasePhase.ROLLED_BACK)), True, LocalState.FAILED),
        (replace(NOTHING, report=report(ReleasePhase.REFUSED)), False, LocalState.FAILED),
        (in_service(ServiceState.HEALTHY, ReleasePhase.ROLLED_BACK), False, LocalState.RUNNING),
        (in_service(ServiceState.HEALTHY), False, LocalState.RUNNING),
        (in_service(ServiceState.HEALTHY, ReleasePhase.PROMOTED), True, LocalState.RUNNING),
        (in_service(ServiceState.HEALTHY, ReleasePhase.RUNNING), True, LocalState.DEPLOYING),
        (in_service(ServiceState.HEALTHY, ReleasePhase.RUNNING), False, LocalState.RUNNING),
        (in_service(ServiceState.HEALTHY, ReleasePhase.ROLLED_BACK), True, LocalState.FAILED),
        (in_service(ServiceState.FAILED), False, LocalState.FAILED),
        (in_service(ServiceState.TRANSITIONING), False, LocalState.DEPLOYING),
        (in_service(ServiceState.UNHEALTHY), False, LocalState.UNKNOWN),
        (replace(NOTHING, entries=(PROMOTED,), champion=PROMOTED), False, LocalState.UNKNOWN),
        (replace(NOTHING, entries=(PROMOTED,)), False, LocalState.DELETED),
    ],
)
def test_the_state_is_that_of_the_release_for_who_began_it_and_of_the_service_for_others(
    standing: Standing, begun_here: bool, state: LocalState
) -> None:
    assert state_of(standing, begun_here=begun_here) is state


def test_a_service_that_was_deleted_and_deployed_again_counts_from_then() -> None:
    again = replace(PROMOTED, release_id="r2")
    retired = replace(PROMOTED, event=Event.RETIRED)
    assert replace(NOTHING, entries=(PROMOTED, retired, again)).this_life == (again,)
    assert replace(NOTHING, entries=(PROMOTED, retired)).this_life == (PROMOTED, retired)
    assert replace(NOTHING, entries=(PROMOTED, again)).this_life == (PROMOTED, again)


def test_each_state_has_v1s_word_for_its_operation() -> None:
    assert {state.value: operation_of(state) for state in LocalState} == {
        "deploying": "Running", "running": "Succeeded", "failed": "Failed", "deleted": "Cancelled",
        "unknown": "NotStarted",
    }  # fmt: skip
