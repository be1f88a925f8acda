"""The flows on a real Prefect server, through the command and as Prefect runs them, and what one sees of them there."""

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from shipway.cli.server.environment import client_environment
from shipway.cli.server.record import read_record
from shipway.domain.release import revision_id_of
from shipway.machine.state import machine_state
from shipway.release.failpoints import VARIABLE, Boundary
from shipway.release.ledger import Event, LedgerEntry, ledger_of
from shipway.release.steps import STORY, Step
from shipway.store.workspace import open_workspace
from tests.e2e.prefect_api import wait_until
from tests.live import Live, live

pytestmark = [pytest.mark.prefect, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A service `adder` with two promoted revisions."""
    with live(tmp_path_factory.mktemp("flows")) as opened:
        for release_id in ("first", "second"):
            done = opened.shipway("release", opened.adder("good", offset="1", golden=2), "--id", release_id)
            assert done.returncode == 0, done.stderr
        yield opened


@pytest.fixture(scope="module")
def settings(shop: Live) -> dict[str, str]:
    """What a process that talks to the workspace's Prefect server has in its environment."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", shop.environment["XDG_STATE_HOME"])
        record = read_record(machine_state((shop.folder / ".shipway").as_uri()))
    assert record is not None
    return {**shop.environment, **client_environment(record)}


@pytest.fixture(scope="module")
def api(settings: dict[str, str]) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=settings["PREFECT_API_URL"], trust_env=False) as client:
        yield client


def ask(api: httpx.Client, path: str, **body: Any) -> Any:
    answer = api.post(path, json=body)
    answer.raise_for_status()
    return answer.json()


def run_of(api: httpx.Client, name: str) -> dict[str, Any]:
    runs = ask(api, "/flow_runs/filter", flow_runs={"name": {"any_": [name]}}, sort="START_TIME_DESC")
    assert runs, f"no flow run is called {name!r}"
    found: dict[str, Any] = runs[0]
    return found


def run_flow(shop: Live, settings: dict[str, str], call: str, expected: int = 0) -> Any:
    """Calls a flow in a process of its own, as a worker does; what it returned."""
    module = call.partition("(")[0]
    workspace = (shop.folder / ".shipway").as_uri()
    script = f"from shipway.flows.{module} import {module}; w = {workspace!r}; print('>>>', repr({call}))"
    done = subprocess.run(
        [sys.executable, "-c", script], env=settings, capture_output=True, text=True, check=False, cwd=shop.folder
    )
    assert done.returncode == expected, done.stdout + done.stderr
    return done.stdout.partition(">>> ")[2].strip()


def write_ledger_of_another_machine(shop: Live, service: str) -> None:
    entry = LedgerEntry(
        event=Event.PROMOTED,
        release_id="elsewhere",
        revision_id=revision_id_of("elsewhere"),
        target="process",
        models={},
        image_digest="0" * 64,
        config_digest="0" * 64,
        approver="ada",
        reason="",
        journal_head="0" * 64,
        at=datetime.now(UTC),
    )
    ledger_of(open_workspace(shop.folder / ".shipway"), service).append(entry)


def test_a_run_and_its_tasks_say_service_version_and_target(api: httpx.Client, shop: Live) -> None:
    run = run_of(api, "release second of adder")
    assert run["state"]["type"] == "COMPLETED"
    assert run["state"]["message"].startswith(f"promoted: {revision_id_of('second')} answers at http://")
    tasks = ask(api, "/task_runs/filter", flow_runs={"id": {"any_": [run["id"]]}})
    assert {task["name"] for task in tasks} == {
        "register_model adder",
        "build_image offset:2",
        "smoke_test adder",
        "choose_target adder",
        "deploy_service adder to process",
        f"verify_service adder {revision_id_of('second')}",
        "promote_service adder offset:2",
    }


def test_a_known_id_says_that_it_goes_on_with_what_was_kept(shop: Live) -> None:
    done = shop.shipway("release", shop.adder("good", offset="7", golden=8), "--id", "first")
    assert done.returncode == 0, done.stderr
    assert "warning: release first was asked for at 20" in done.stderr
    assert "what its files said then; for what they say now, give another --id" in done.stderr


def test_the_graph_of_a_run_has_an_arrow_into_every_task_but_the_first(api: httpx.Client, shop: Live) -> None:
    run = run_of(api, "release second of adder")
    graph = api.get(f"/flow_runs/{run['id']}/graph-v2").json()
    nodes = [node for _, node in graph["nodes"]]
    assert len(nodes) == len(STORY)
    assert [node["label"] for node in nodes if not node["parents"]] == ["register_model adder"]


def test_a_run_has_the_verdict_and_a_report_with_the_rollback_command(api: httpx.Client, shop: Live) -> None:
    run = run_of(api, "release second of adder")
    artifacts = ask(api, "/artifacts/filter", flow_runs={"id": {"any_": [run["id"]]}})
    by_key = {artifact["key"]: artifact for artifact in artifacts}
    assert {"models", "image", "smoke-test", "target", "scoring-uri", "verdict", "promotion"} <= set(by_key)
    assert "shipway service rollback -n adder" in by_key["release-report"]["data"]
    verdict = json.loads(by_key["verdict"]["data"])
    assert {"golden", "errors", "latency", "agreement"} <= {row["check"] for row in verdict}


def test_logs_of_a_run_can_be_followed_in_prefect(api: httpx.Client, shop: Live) -> None:
    run = run_of(api, "release second of adder")
    logs = ask(api, "/logs/filter", logs={"flow_run_id": {"any_": [run["id"]]}}, limit=200)
    assert any("golden passed" in line["message"] for line in logs)


def test_a_release_that_is_rolled_back_fails_its_run_with_reason_log_and_next_command(
    api: httpx.Client, shop: Live
) -> None:
    before = shop.traffic()
    done = shop.shipway("release", shop.adder("bad", offset="7", golden=2), "--id", "bad")
    assert done.returncode == 1
    message = run_of(api, "release bad of adder")["state"]["message"]
    assert message.startswith("release bad rolled back: verification: golden failed")
    assert message.endswith("release-bad.log; next: shipway release show bad")
    assert shop.traffic() == before


def test_the_reconcile_flow_finishes_what_a_killed_process_left(
    api: httpx.Client, shop: Live, settings: dict[str, str]
) -> None:
    file = shop.adder("good", offset="1", golden=2)
    killed = shop.shipway("release", file, "--id", "killed", **{VARIABLE: f"{Step.DEPLOY}/{Boundary.AFTER_ACT}"})
    assert killed.returncode == -9
    write_ledger_of_another_machine(shop, "aaa")
    told = run_flow(shop, settings, "reconcile(w)")
    assert "'killed': 'promoted:" in told
    assert "'aaa': 'service aaa is in service by its ledger, but target process has none of it here;" in told
    assert f"'adder': '{revision_id_of('killed')}'" in told
    assert shop.traffic() == {revision_id_of("killed"): 100}


def test_a_cancel_that_falls_into_the_last_step_of_the_promotion_leaves_one_champion_with_all_traffic(
    api: httpx.Client, shop: Live, settings: dict[str, str]
) -> None:
    """The traffic is on the new one and the ledger says so; its process dies before it can say that it is done."""
    champion = shop.traffic()
    file = shop.adder("good", offset="1", golden=2)
    killed = shop.shipway("release", file, "--id", "torn", **{VARIABLE: f"{Step.PROMOTE}/{Boundary.AFTER_ACT}"})
    assert killed.returncode == -9
    assert shop.traffic() == {revision_id_of("torn"): 100}
    run = run_of(api, "release torn of adder")
    ask(api, f"/flow_runs/{run['id']}/set_state", state={"type": "CANCELLING", "name": "Cancelling"})
    assert "'torn': 'release torn rolled back: cancelled in Prefect;" in run_flow(shop, settings, "reconcile(w)")
    assert shop.traffic() == champion
    events = [(entry["event"], entry["release"]) for entry in shop.document("service", "history", "-n", "adder")]
    assert events[-3:] == [("promoted", "torn"), ("reverted", "torn"), ("rolled_back", "torn")]


def test_resume_marks_the_run_of_a_killed_process_as_crashed(api: httpx.Client, shop: Live) -> None:
    file = shop.adder("good", offset="1", golden=2)
    shop.shipway("release", file, "--id", "crashed", **{VARIABLE: f"{Step.BUILD}/{Boundary.AFTER_INTENT}"})
    assert shop.shipway("release", "resume", "crashed").returncode == 0
    runs = ask(api, "/flow_runs/filter", flow_runs={"name": {"any_": ["release crashed of adder"]}})
    assert sorted(run["state"]["type"] for run in runs) == ["COMPLETED", "CRASHED"]


def test_a_release_in_the_background_outlives_who_started_it_and_is_carried_out_once(shop: Live) -> None:
    """It is started twice, by a process that is killed right after."""
    shop.adder("good", offset="1", golden=2)
    script = f"""if True:
        import os, signal
        from pathlib import Path
        from shipway.machine.state import machine_state
        from shipway.release.begin import FileAsked, keep, prepare, start_in_background
        from shipway.release.run import utc_now
        from shipway.store.workspace import open_workspace
        workspace = open_workspace({str(shop.folder / ".shipway")!r})
        prepared = prepare(FileAsked(file=Path("good.yaml")), workspace, machine_state(workspace.url))
        keep(prepared, workspace, release_id="behind", requested_by="ada", now=utc_now())
        for _ in range(2):
            start_in_background(workspace, "behind")
        os.kill(os.getpid(), signal.SIGKILL)
    """
    killed = subprocess.run([sys.executable, "-c", script], cwd=shop.folder, env=shop.environment, check=False)
    assert killed.returncode == -9
    wait_until(lambda: shop.document("release", "show", "behind")["phase"] == "promoted", "its promotion")
    events = [entry["event"] for entry in shop.document("service", "history", "-n", "adder")]
    releases = [entry["release"] for entry in shop.document("service", "history", "-n", "adder")]
    assert (events[-1], releases.count("behind")) == ("promoted", 1)


def test_a_release_goes_on_to_its_end_when_prefect_s_server_dies(shop: Live) -> None:
    file = shop.adder("good", offset="1", golden=2)
    command = [sys.executable, "-m", "shipway.cli.main", "release", file, "--id", "alone"]
    impatient = {**shop.environment, "PREFECT_CLIENT_MAX_RETRIES": "0"}
    with subprocess.Popen(
        command, cwd=shop.folder, env=impatient, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as released:
        assert released.stderr is not None
        while "traffic: " not in (line := released.stderr.readline()):
            assert line, "it ended before it moved any traffic"
        for server in shop.processes()["prefect"]:
            server.kill()
        said, progress = released.communicate(timeout=200)
    assert released.returncode == 0, progress
    assert f"champion     {revision_id_of('alone')}" in said
    assert "warning: Prefect could not be told how release alone ended" in progress
    assert shop.traffic() == {revision_id_of("alone"): 100}
    assert shop.shipway("up", "--no-services").returncode == 0


def test_the_rollback_flow_goes_back_and_the_retire_flow_takes_away(shop: Live, settings: dict[str, str]) -> None:
    (champion,) = shop.traffic()
    told = run_flow(shop, settings, "rollback('adder', 'complaints', workspace=w)")
    assert f"from_revision='{champion}'" in told
    assert champion not in shop.traffic()
    history = shop.document("service", "history", "-n", "adder")
    assert (history[-1]["event"], history[-1]["reason"]) == ("reverted", "complaints")
    run_flow(shop, settings, "retire('adder', 'adder', workspace=w)")
    assert shop.document("service", "list") == []
    running = shop.processes()
    assert (running["envoy"], running["revision"], running["worker"]) == ([], [], [])
