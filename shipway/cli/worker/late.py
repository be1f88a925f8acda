"""What schedules asked for while no worker ran. A worker would start all of it, a process each: after a weekend, one
for each of some thousand minutes. So before it starts, each schedule is left its newest run.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from shipway.cli.worker.place import Place

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient
    from prefect.client.schemas.objects import FlowRun

_PAGE = 200
"""The most that Prefect's server gives at once."""

_DELETED_AT_ONCE = 50
"""Likewise, for deleting."""

_TOLD = 10
"""So many stay and say why they were skipped; a server takes a third of a second for each. Older ones are deleted."""


def skip_overtaken(place: Place, now: datetime) -> int:
    """Ends every late run whose schedule has a later one due; how many. Safe to repeat."""
    from prefect.client.orchestration import get_client
    from prefect.states import Cancelled

    from shipway.flows.schedule import overtaken_by

    with get_client(sync_client=True) as client:
        late = tuple(_late(client, place.pool, now))  # newest first
        skipped = [(run.id, why) for run in late if (why := overtaken_by(run, late, now))]
        for run_id, why in skipped[:_TOLD]:
            client.set_flow_run_state(run_id, Cancelled(name="Skipped", message=why), force=True)
        _delete(client, [run_id for run_id, _ in skipped[_TOLD:]])
    return len(skipped)


def utc_now() -> datetime:
    return datetime.now(UTC)


def _late(client: "SyncPrefectClient", pool: str, now: datetime) -> "Iterator[FlowRun]":
    """Of those that a schedule made. What a person asked for is never skipped."""
    from prefect.client.schemas.filters import (
        FlowRunFilter,
        FlowRunFilterExpectedStartTime,
        FlowRunFilterState,
        FlowRunFilterStateType,
        WorkPoolFilter,
        WorkPoolFilterName,
    )
    from prefect.client.schemas.objects import StateType
    from prefect.client.schemas.sorting import FlowRunSort

    waiting = FlowRunFilter(
        state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.SCHEDULED])),
        expected_start_time=FlowRunFilterExpectedStartTime(before_=now),
    )
    of_pool, offset = WorkPoolFilter(name=WorkPoolFilterName(any_=[pool])), 0
    newest_first = FlowRunSort.EXPECTED_START_TIME_DESC
    while page := client.read_flow_runs(
        flow_run_filter=waiting, work_pool_filter=of_pool, sort=newest_first, limit=_PAGE, offset=offset
    ):
        yield from (run for run in page if run.auto_scheduled)
        offset += _PAGE


def _delete(client: "SyncPrefectClient", run_ids: list[UUID]) -> None:
    for start in range(0, len(run_ids), _DELETED_AT_ONCE):
        ids = [str(run_id) for run_id in run_ids[start : start + _DELETED_AT_ONCE]]
        body = {"flow_runs": {"id": {"any_": ids}}}
        client.request("POST", "/flow_runs/bulk_delete", json=body)  # type: ignore[arg-type] # not in its list of routes
