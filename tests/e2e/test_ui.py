"""Releases from Prefect's form and its schedules: a real server, a real worker, and what a person does in the UI.

One server and one worker for the module; the tests go on from each other, in their order of writing.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import psutil
import pytest
from prefect.utilities.callables import parameter_schema

from shipway.domain.release import revision_id_of
from shipway.flows.parameters import AS_THE_FILE_SAYS, target_options
from shipway.flows.release import release
from shipway.release.steps import Step
from shipway.testing.assets import write_adder
from tests.e2e.browser import Browser, shades
from tests.e2e.prefect_api import Patient, PrefectUi, release_of
from tests.live import Live, live

pytestmark = [pytest.mark.prefect, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with live(tmp_path_factory.mktemp("ui")) as opened:
        for name, golden, bake_s in (("good", 2, 0.1), ("bad", 9, 0.1), ("short", 2, 1.5), ("long", 2, 60)):
            write_adder(opened.folder, offset="1", golden=golden, name=name, bake_s=bake_s)
        yield opened


@pytest.fixture(scope="module")
def up(shop: Live) -> dict[str, Any]:
    found: dict[str, Any] = shop.document("up", "--worker")
    return found


@pytest.fixture(scope="module")
def ui(shop: Live, up: dict[str, Any]) -> Iterator[PrefectUi]:
    with httpx.Client(base_url=up["url"], transport=Patient(), timeout=30) as client:
        yield PrefectUi(shop, client)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Browser:
    return Browser(tmp_path_factory.mktemp("browser"))


def settings_of(deployment: dict[str, Any]) -> dict[str, Any]:
    """Without what changes whenever a worker polls."""
    return {name: value for name, value in deployment.items() if name not in {"updated", "last_polled", "status"}}


def test_up_makes_the_deployments_and_one_worker(shop: Live, up: dict[str, Any]) -> None:
    made = {"release": "created", "rollback": "created", "retire": "created", "reconcile": "created"}
    assert up["worker"]["deployments"] == made
    assert up["worker"]["state"] == "running"
    assert shop.document("status")["worker"] == {
        "state": "running",
        "pid": up["worker"]["pid"],
        "pool": "shipway",
        "url": up["url"],
    }


def test_the_example_schedule_is_paused_and_the_reconciliation_is_not(ui: PrefectUi) -> None:
    (weekly,) = ui.deployment("release")["schedules"]
    (minutely,) = ui.deployment("reconcile")["schedules"]
    assert (weekly["slug"], weekly["active"]) == ("monday-morning", False)
    assert (minutely["schedule"]["cron"], minutely["active"]) == ("* * * * *", True)


def test_applied_again_nothing_changes_and_what_was_edited_in_the_ui_stays(
    shop: Live, ui: PrefectUi, up: dict[str, Any]
) -> None:
    release, reconcile = ui.deployment("release"), ui.deployment("reconcile")
    (weekly,) = release["schedules"]
    ui.client.patch(f"/deployments/{release['id']}/schedules/{weekly['id']}", json={"active": True})
    ui.client.patch(
        f"/deployments/{release['id']}", json={"parameters": {**release["parameters"], "file": "good.yaml"}}
    )
    ui.client.post(f"/deployments/{reconcile['id']}/pause_deployment")
    before = [settings_of(ui.deployment(name)) for name in ("release", "rollback", "retire", "reconcile")]
    again = shop.document("up", "--worker")
    assert [settings_of(ui.deployment(name)) for name in ("release", "rollback", "retire", "reconcile")] == before
    assert set(again["worker"]["deployments"].values()) == {"as it was"}
    assert again["worker"]["pid"] == up["worker"]["pid"]
    ui.client.patch(f"/deployments/{release['id']}/schedules/{weekly['id']}", json={"active": False})


def test_a_worker_on_other_terms_is_started_anew(shop: Live, up: dict[str, Any]) -> None:
    terms = next((shop.folder / "state").rglob("worker.json"))
    terms.write_text(terms.read_text().replace("shipway", "other", 1))
    done = shop.shipway("up", "--worker", "-o", "json")
    assert "the worker has another server, folder, environment or version of Shipway; starting it anew" in done.stderr
    assert json.loads(done.stdout)["worker"]["pid"] != up["worker"]["pid"]
    assert not psutil.pid_exists(up["worker"]["pid"])


@pytest.mark.parametrize(
    ("deployment", "parameters", "said"),
    [
        ("release", {"target": "moon"}, f"field 'target'. Failure reason: 'moon' is not one of {target_options()}"),
        ("release", {"file": "good.txt"}, "field 'file'. Failure reason: 'good.txt' does not match"),
        ("release", {"dry_run": "perhaps"}, "field 'dry_run'. Failure reason: 'perhaps' is not of type 'boolean'"),
        ("rollback", {"service": "UP"}, "field 'service'. Failure reason: 'UP'"),
        ("rollback", {}, "'service' is a required property"),
        ("retire", {"service": "adder"}, "'confirm' is a required property"),
    ],
)
def test_a_bad_value_in_a_form_is_refused_with_the_reason(
    ui: PrefectUi, deployment: str, parameters: dict[str, Any], said: str
) -> None:
    answer = ui.submit(deployment, **parameters)
    assert answer.status_code == 409
    assert said in answer.json()["detail"]


def test_a_release_from_the_form_is_a_release_like_any_other(shop: Live, ui: PrefectUi) -> None:
    run_id = ui.start("release", file="good.yaml", target="process", notes="from the form")
    planned = ui.start("release", file="good.yaml", dry_run=True)
    missing = ui.start("release", file="nowhere.yaml")
    run, release_id = ui.ended(run_id), release_of(run_id)
    assert run["state"]["message"].startswith(f"promoted: {revision_id_of(release_id)} answers at http://")
    assert run["name"] == f"release {release_id} of adder"
    assert run["tags"] == ["svc:adder", "target:process", "promoted"]
    (entry,) = shop.document("service", "history", "-n", "adder")
    assert (entry["release"], entry["reason"]) == (release_id, "from the form")
    assert entry["approver"].endswith(", in Prefect")
    assert ui.ended(planned)["state"]["message"].startswith("dry run: nothing was kept or changed")
    assert "**promote_service**: traffic" in ui.artifacts(planned)["plan"]["data"]
    refused = ui.ended(missing)["state"]
    assert (refused["name"], refused["message"]) == ("Refused", f"{shop.folder}/nowhere.yaml: no such file")
    assert [row["release"] for row in shop.document("release", "list")] == [release_id]


def test_its_page_shows_the_verdict_and_a_report_with_digests_and_the_way_back(ui: PrefectUi) -> None:
    (run,) = ui.runs(tags={"all_": ["promoted"]})
    shown = ui.artifacts(run["id"])
    assert {"models", "image", "smoke-test", "target", "scoring-uri", "verdict", "promotion"} <= set(shown)
    report = shown["release-report"]["data"]
    workspace = ui.deployment("release")["parameters"]["workspace"]
    assert f"    shipway service rollback -n adder --workspace {workspace}\n" in report
    assert report.count("digest `") == 2
    assert "| check | phase | measured | champion | limit |" in report


def test_the_form_shows_what_can_be_said_with_a_help_line_each(
    ui: PrefectUi, up: dict[str, Any], browser: Browser
) -> None:
    page = f"deployments/deployment/{ui.deployment('release')['id']}/run"
    shown = browser.text(f"{up['ui_url']}/v2/{page}", shows="The release file.")
    for field in parameter_schema(release).properties.values():
        assert field["description"].replace("\n", " ") in shown.replace("\n", " ")
    assert f"|{ui.deployment('release')['parameters']['file']}|" in shown
    assert f"|{AS_THE_FILE_SAYS}|" in shown
    assert shades(browser.picture(f"{up['ui_url']}/v2/{page}", "release-form")) > 100
    older = browser.text(
        f"{up['ui_url']}/{page}", shows="The release file."
    )  # its drop-down has its options in the document
    assert [option for option in target_options() if f"|{option}|" not in older] == []


def test_the_page_of_a_run_shows_state_tags_steps_and_what_was_found(
    ui: PrefectUi, up: dict[str, Any], browser: Browser
) -> None:
    (run,) = ui.runs(tags={"all_": ["promoted"]})
    page = f"{up['ui_url']}/v2/runs/flow-run/{run['id']}?tab=Artifacts"
    shown = browser.text(page, shows="Verification passed")
    for text in (run["name"], "Completed", "svc:adder", "target:process", "promoted", "release-report", "verdict"):
        assert text in shown
    assert "Verification passed: all 3 checks passed" in shown  # there was no champion to agree with
    assert shades(browser.picture(page, "release-run")) > 100


def test_a_second_release_is_told_who_holds_the_service_and_cancel_rolls_the_first_back(
    shop: Live, ui: PrefectUi
) -> None:
    champion = shop.traffic()
    run_id = ui.start("release", file="long.yaml")
    release_id = release_of(run_id)
    ui.until_begun(release_id, Step.PROMOTE)
    known = shop.document("release", "list")
    process = ui.process(run_id)

    second = ui.ended(ui.start("release", file="good.yaml"))["state"]
    assert second["name"] == "Refused"
    held = f"service adder is in the hands of release {release_id} (process {process.pid} on "
    assert second["message"].startswith(held)
    assert second["message"].endswith(" UTC, unless it renews; wait for it to end")
    assert [row["release"] for row in shop.document("release", "list")] == [row["release"] for row in known]

    ui.cancel(run_id)
    assert ui.ended(run_id)["state"]["type"] == "CANCELLED"
    told = [state["message"] for state in ui.states(run_id) if state["type"] == "CANCELLED"]
    assert told[0].startswith(f"release {release_id} rolled back: cancelled in Prefect; log: ")
    assert ui.artifacts(run_id)["release-report"]["description"] == f"Release {release_id} of adder: rolled back"
    assert shop.traffic() == champion
    last = shop.document("service", "history", "-n", "adder")[-1]
    assert (last["event"], last["release"]) == ("rolled_back", release_id)
    process.wait(timeout=60)


def test_retry_goes_on_where_the_journal_of_a_killed_run_stands(shop: Live, ui: PrefectUi) -> None:
    run_id = ui.start("release", file="short.yaml")
    release_id = release_of(run_id)
    ui.until_begun(release_id, Step.PROMOTE)
    ui.process(run_id).kill()
    assert ui.ended(run_id)["state"]["type"] == "CRASHED"
    (shop.folder / "short.yaml").unlink()  # what was kept is gone on with
    ui.retry(run_id)
    assert ui.ended(run_id)["state"]["message"].startswith(f"promoted: {revision_id_of(release_id)}")
    assert shop.traffic() == {revision_id_of(release_id): 100}
    steps = {step["step"]: step["attempts"] for step in shop.document("release", "show", release_id)["steps"]}
    assert steps[Step.DEPLOY] == 1
    assert steps[Step.PROMOTE] == 2


def test_a_cancelled_release_whose_process_was_killed_is_undone_by_the_reconciliation(
    shop: Live, ui: PrefectUi
) -> None:
    champion = shop.traffic()
    run_id = ui.start("release", file="long.yaml")
    ui.until_begun(release_of(run_id), Step.PROMOTE)
    ui.process(run_id).kill()
    ui.ended(run_id)
    ui.set_state(run_id, "CANCELLED", "Cancelled", force=True)
    told = ui.ended(ui.start("reconcile"))["state"]["message"]
    assert f"{release_of(run_id)}: release {release_of(run_id)} rolled back: cancelled in Prefect" in told
    assert shop.traffic() == champion


def test_cancel_reaches_a_release_that_a_terminal_carries_out(shop: Live, ui: PrefectUi) -> None:
    champion = shop.traffic()
    command = [sys.executable, "-m", "shipway.cli.main", "release", "long.yaml", "--id", "typed"]
    with subprocess.Popen(
        command, cwd=shop.folder, env=shop.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as typed:
        ui.until_begun("typed", Step.PROMOTE)
        (run,) = ui.runs(name={"any_": ["release typed of adder"]})
        ui.cancel(run["id"])
        said, progress = typed.communicate(timeout=100)
    assert typed.returncode == 1, progress
    assert "phase        rolled_back\nreason       cancelled in Prefect\n" in said
    state = ui.run(run["id"])["state"]
    assert (state["type"], state["message"].partition(";")[0]) == (
        "CANCELLED",
        "release typed rolled back: cancelled in Prefect",
    )
    assert shop.traffic() == champion


def test_of_scheduled_runs_that_come_late_the_newest_runs_and_the_others_say_so(ui: PrefectUi) -> None:
    # An hour ago the schedule was not there: a minute since then may have had its run already, and gets no other.
    now, deployment = datetime.now(UTC) - timedelta(hours=1), ui.deployment("reconcile")
    ui.client.patch("/work_pools/shipway", json={"is_paused": True})
    ui.client.post(f"/deployments/{deployment['id']}/resume_deployment")
    span = {"start_time": f"{now - timedelta(minutes=3):%FT%TZ}", "end_time": f"{now:%FT%TZ}", "min_runs": 3}
    ui.client.post(f"/deployments/{deployment['id']}/schedule", json=span)
    waiting = ui.runs(
        deployment_id={"any_": [deployment["id"]]},
        state={"type": {"any_": ["SCHEDULED"]}},
        expected_start_time={"before_": f"{now:%FT%TZ}"},
    )
    assert len(waiting) == 3
    ui.client.patch("/work_pools/shipway", json={"is_paused": False})
    states = [ui.ended(run["id"])["state"] for run in waiting]
    ui.client.post(f"/deployments/{deployment['id']}/pause_deployment")
    assert [state["name"] for state in states][:2] == ["Skipped", "Skipped"]
    assert states[0]["message"].startswith(f"skipped: it was due at {waiting[0]['expected_start_time'][:10]} ")
    assert states[0]["message"].endswith(" takes its place")


def test_rollback_and_retirement_from_the_form(shop: Live, ui: PrefectUi) -> None:
    (champion,) = shop.traffic()
    unconfirmed = ui.start("retire", service="adder", confirm="address")
    unknown = ui.start("rollback", service="nobody")
    back = ui.ended(ui.start("rollback", service="adder", reason="complaints"))["state"]
    assert back["message"].startswith(f"adder went back from {champion} to r")
    refused = ui.ended(unconfirmed)["state"]
    assert refused["message"] == (
        "confirm: 'address' is not the name of the service, 'adder'; nothing was deleted; "
        "type the same name twice to delete it"
    )
    assert ui.ended(unknown)["state"]["message"].startswith("WebserviceNotFound: no service 'nobody'")


def test_down_interrupts_what_runs_and_leaves_no_process(shop: Live, ui: PrefectUi) -> None:
    run_id = ui.start("release", file="long.yaml")
    ui.until_begun(release_of(run_id), Step.PROMOTE)
    run = ui.process(run_id)
    done = shop.shipway("down")
    assert "stopped the worker (process " in done.stdout
    assert "interrupted 1 run of it; `shipway release list` shows what is left to go on with" in done.stdout
    assert not run.is_running() or run.status() == psutil.STATUS_ZOMBIE
    assert shop.processes()["prefect"] == []
    assert shop.document("release", "list")[-1]["phase"] == "interrupted"
    assert shop.document("status")["worker"]["state"] == "stopped"
    assert shop.shipway("release", "abort", release_of(run_id)).returncode == 0
    assert shop.shipway("service", "delete", "-n", "adder").returncode == 0
    running = shop.processes()
    assert (running["prefect"], running["worker"], running["revision"], running["envoy"]) == ([], [], [], [])
