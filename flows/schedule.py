"""What a schedule has waiting when no worker ran for a while: Prefect then starts all of it at once, in any order."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterDeploymentId, FlowRunFilterExpectedStartTime
from prefect.client.schemas.objects import FlowRun

from shipway.flows.flow_run import this_client, this_run

_LOOKED_AT = 100
"""Prefect has no more than that waiting for a schedule."""


def overtaken(now: datetime) -> str:
    """Why this run is skipped: it comes late, and a later one of its schedule is due as well. Empty when it should run.

    Whatever the order in which a pile is started, exactly its newest run does the work. A run that somebody started or
    retried is never skipped.
    """
    run = this_run()
    if not run.auto_scheduled or run.deployment_id is None or run.expected_start_time is None:
        return ""
    due = FlowRunFilter(
        deployment_id=FlowRunFilterDeploymentId(any_=[run.deployment_id]),
        expected_start_time=FlowRunFilterExpectedStartTime(after_=run.expected_start_time, before_=now),
    )
    client = this_client()
    if client.read_flow_run(run.id).run_count > 1:
        return ""
    return overtaken_by(run, client.read_flow_runs(flow_run_filter=due, limit=_LOOKED_AT), now)


def overtaken_by(run: FlowRun, others: Iterable[FlowRun], now: datetime) -> str:
    """Pure. A deployment may have several schedules, for several services: one takes no other's place."""
    mine = run.expected_start_time
    assert mine is not None
    later = [o.expected_start_time for o in others if _same_schedule(o, run) and o.expected_start_time]
    newest = max((moment for moment in later if mine < moment <= now), default=None)
    if newest is None:
        return ""
    return (
        f"skipped: it was due at {mine:%Y-%m-%d %H:%M:%S} UTC and comes at {now:%H:%M:%S}; "
        f"the run that was due at {newest:%H:%M:%S} takes its place"
    )


def _same_schedule(other: FlowRun, run: FlowRun) -> bool:
    cancelled = other.state is not None and other.state.is_cancelled()
    return _schedule_of(other) == _schedule_of(run) and not cancelled


def _schedule_of(run: FlowRun) -> UUID | None:
    return run.created_by.id if run.created_by else None
