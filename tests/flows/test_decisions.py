"""What flows, the worker and its deployments decide, without a server."""

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from prefect.client.schemas.objects import CreatedBy, FlowRun
from prefect.states import Cancelled, Scheduled
from prefect.utilities.callables import parameter_schema

from shipway.cli.server.record import ServerRecord, our_record
from shipway.cli.worker.deployments import Wanted, changed_fields, wanted_deployments
from shipway.cli.worker.local import find_worker, stop_worker, worker_environment
from shipway.cli.worker.place import Place, place_of
from shipway.flows.parameters import AS_THE_FILE_SAYS
from shipway.flows.reconcile import reconcile
from shipway.flows.release import release
from shipway.flows.retire import retire
from shipway.flows.rollback import rollback
from shipway.flows.schedule import overtaken_by
from shipway.machine.state import MachineState
from shipway.targets.base import known_kinds

NOW = datetime(2026, 11, 25, 6, 5, tzinfo=UTC)
WEEKLY, HOURLY = uuid4(), uuid4()


def due(minutes_ago: int, schedule: UUID = WEEKLY, **changed: Any) -> FlowRun:
    made_by = CreatedBy(id=schedule, type="SCHEDULE", display_value="")
    moment = NOW - timedelta(minutes=minutes_ago)
    given = {"state": Scheduled(), "created_by": made_by, "expected_start_time": moment, **changed}
    return FlowRun(flow_id=uuid4(), auto_scheduled=True, **given)


def test_of_a_late_pile_only_the_newest_runs_whatever_the_order() -> None:
    pile = [due(3), due(1), due(4), due(2)]
    said = [overtaken_by(run, pile, NOW) for run in pile]
    assert [bool(why) for why in said] == [True, False, True, True]
    assert said[0] == (
        "skipped: it was due at 2026-11-25 06:02:00 UTC and comes at 06:05:00; "
        "the run that was due at 06:04:00 takes its place"
    )


def test_a_run_of_another_schedule_a_later_one_and_a_cancelled_one_take_no_place() -> None:
    others = [due(1, HOURLY), due(-10), due(2, state=Cancelled())]
    assert overtaken_by(due(3), others, NOW) == ""


@pytest.mark.parametrize("flow", [release, rollback, retire, reconcile])
def test_every_field_of_a_form_has_a_help_line(flow: Any) -> None:
    for name, field in parameter_schema(flow).properties.items():
        assert field.get("description"), name


def test_the_form_offers_every_target_and_leaves_it_to_the_file_unless_told() -> None:
    target = parameter_schema(release).properties["target"]
    assert target["enum"] == [AS_THE_FILE_SAYS, *known_kinds()]
    assert target["default"] == AS_THE_FILE_SAYS


def test_a_target_that_there_is_not_is_refused_by_the_flow_as_well() -> None:
    with pytest.raises(Exception, match="there is no target 'moon'; choose one of: as the release file says, "):
        release.validate_parameters({"file": "a.yaml", "target": "moon", "workspace": "file:///ws"})


OURS = our_record(port=4321, home=Path("/home"), identity=None)
THEIRS = ServerRecord(url="https://team/api", ui_url="https://team", pid=None, started_at=None, host="team", home=None)


def test_on_a_server_that_is_shared_names_say_machine_and_workspace() -> None:
    ours = place_of("file:///ws", "vm.example", OURS)
    assert (ours.pool, ours.deployment("release")) == ("shipway", "release")
    theirs, other = (place_of(ws, "vm.example", THEIRS) for ws in ("file:///ws", "file:///other"))
    assert theirs.pool.startswith("shipway-vm-")
    assert theirs.deployment("release") == f"release{theirs.suffix}"
    assert theirs.suffix != other.suffix


def test_the_file_asks_for_four_deployments_that_name_this_installation() -> None:
    wanted = wanted_deployments(Place(workspace="s3://team/models", host="vm", suffix="-vm-1"))
    assert [one.name for one in wanted] == ["release-vm-1", "rollback-vm-1", "retire-vm-1", "reconcile-vm-1"]
    assert {one.parameters["workspace"] for one in wanted} == {"s3://team/models"}
    assert {one.fields["work_pool_name"] for one in wanted} == {"shipway-vm-1"}
    assert {one.fields["job_variables"]["command"] for one in wanted} == {f"{sys.executable} -m prefect.engine"}
    assert wanted[0].fields["description"].endswith("\n\nWorkspace s3://team/models, on vm.")


def test_a_deployment_that_is_there_is_told_what_differs_and_never_its_schedules_or_defaults() -> None:
    fields = {
        "description": "",
        "entrypoint": "new",
        "work_pool_name": "shipway",
        "job_variables": {},
        "parameter_openapi_schema": {},
    }
    wanted = Wanted(
        flow_name="release",
        name="release",
        fields=fields,
        parameters={"workspace": "file:///ws", "file": "release.yaml"},
        schedules=({"slug": "a"},),
    )
    existing = {**fields, "entrypoint": "old", "parameters": {"workspace": "file:///ws", "file": "mine.yaml"}}
    assert changed_fields(existing, wanted) == {"entrypoint": "new"}
    moved = {**existing, "entrypoint": "new", "parameters": {"workspace": "file:///before", "file": "mine.yaml"}}
    assert changed_fields(moved, wanted) == {"parameters": {"workspace": "file:///ws", "file": "mine.yaml"}}


def test_a_worker_s_runs_have_this_workspace_s_server_folder_and_state(tmp_path: Path) -> None:
    environment = worker_environment({"PATH": "/bin"}, OURS, MachineState(tmp_path), Path("/shop"))
    assert environment["PREFECT_API_URL"] == OURS.url
    assert environment["PREFECT_WORKER_QUERY_SECONDS"] == "2"
    assert (environment["SHIPWAY_FOLDER"], environment["SHIPWAY_WORKER_OF"]) == ("/shop", str(tmp_path))


def test_where_no_worker_was_ever_started_there_is_none_to_find_or_stop(tmp_path: Path) -> None:
    assert find_worker(MachineState(tmp_path)) is None
    assert stop_worker(MachineState(tmp_path)) == (None, 0)
    assert list(tmp_path.iterdir()) == []
