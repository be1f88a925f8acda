"""Waiting for a release that another process carries out, and that process dying."""

import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shipway.azureml import Workspace
from shipway.azureml._deploying import Begun
from shipway.azureml._standing import LocalState, look, state_of
from shipway.azureml._waiting import error_of, failure_of, wait_for_release
from shipway.azureml.exceptions import WebserviceException
from shipway.azureml.webservice import AciWebservice, LocalWebservice, Webservice
from shipway.domain.release import ReleasePhase
from shipway.domain.verdict import CheckResult, Phase
from shipway.release.begin import Started, V1Asked, keep, prepare
from shipway.release.details import forget_failure
from shipway.release.inputs import forget_unbegun
from shipway.release.log import append_lines
from shipway.release.report import ReleaseReport, StepReport
from shipway.release.roll_back import roll_back
from shipway.release.run import hold
from shipway.release.steps import STORY
from shipway.store.workspace import open_workspace

SCRIPT = "def init():\n    pass\n\ndef run(data):\n    return data\n"


class Clock:
    """Seconds that pass when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def kept(workspace: Workspace, desk: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A release of the service `echo` that nobody has begun."""
    monkeypatch.setenv("DOCKER_HOST", f"unix://{desk}/no-engine")
    (desk / "score.py").write_text(SCRIPT)
    asked = V1Asked(service="echo", inference={"entryScript": "score.py"}, working_directory=desk)
    prepared = prepare(asked, workspace._store, workspace._state)
    keep(prepared, workspace._store, release_id="echo-1", requested_by="ada", now=datetime.now(UTC))
    return "echo-1"


def wait(
    workspace: Workspace,
    release: str,
    *,
    timeout_s: float | None = None,
    dead: str | None = None,
    at_work: bool = False,
) -> None:
    clock = Clock()
    wait_for_release(
        workspace, release, show_output=True, timeout_s=timeout_s, has_died=lambda: dead, is_at_work=lambda: at_work,
        clock=clock, sleep=clock.sleep,
    )  # fmt: skip


def test_a_release_that_nobody_begins_is_given_up_with_what_to_type(workspace: Workspace, kept: str) -> None:
    with pytest.raises(WebserviceException) as refused:
        wait(workspace, kept)
    assert refused.value.message == (
        "release echo-1 of service echo is not begun: nobody has begun it for 300 s; go on with "
        "`shipway release resume echo-1`, or undo it with `shipway release abort echo-1`"
    )


def test_a_process_that_is_slow_to_begin_is_waited_for_as_long_as_it_lives(workspace: Workspace, kept: str) -> None:
    with pytest.raises(WebserviceException, match="was still being deployed after 3600 s; nothing was stopped"):
        wait(workspace, kept, timeout_s=3600, at_work=True)


def test_a_process_that_died_before_it_began_is_told_by_its_last_line(workspace: Workspace, kept: str) -> None:
    with pytest.raises(
        WebserviceException, match="release echo-1 of service echo is not begun: no room on the disk; go on"
    ):
        wait(workspace, kept, dead="no room on the disk")
    seen = look(workspace, "echo", kept)
    assert state_of(seen, begun_here=True, is_dead=True) is LocalState.FAILED
    assert state_of(seen, begun_here=True) is LocalState.DEPLOYING


def test_a_release_that_was_interrupted_is_told_at_once(workspace: Workspace, kept: str) -> None:
    with hold(open_workspace(workspace._store.url), kept):
        assert state_of(look(workspace, "echo"), begun_here=False) is LocalState.DEPLOYING
    with pytest.raises(
        WebserviceException, match="release echo-1 of service echo is interrupted: nobody carries it out"
    ):
        wait(workspace, kept)
    assert state_of(look(workspace, "echo"), begun_here=False) is LocalState.FAILED


def test_one_that_was_refused_before_it_began_is_told_with_the_reason(workspace: Workspace, kept: str) -> None:
    forget_unbegun(workspace._store, kept, now=datetime.now(UTC))
    with pytest.raises(WebserviceException) as refused:
        wait(workspace, kept, dead="service echo is in the hands of release other")
    assert refused.value.message == (
        "release echo-1 was refused before it began: service echo is in the hands of release other; nothing was changed"
    )
    assert state_of(look(workspace, "echo", kept), begun_here=True) is LocalState.FAILED


def test_the_time_that_was_given_ends_the_wait_and_nothing_else(workspace: Workspace, kept: str) -> None:
    with pytest.raises(WebserviceException) as refused:
        wait(workspace, kept, timeout_s=10)
    assert refused.value.message == (
        "service echo was still being deployed after 10 s; nothing was stopped: wait again, or look at it with "
        "`shipway release show echo-1`"
    )


def test_one_that_is_kept_is_found_by_its_name(workspace: Workspace, kept: str) -> None:
    report = look(workspace, "echo").report
    assert report is not None
    assert report.release_id == kept


def test_one_that_has_failed_says_all_that_is_known(workspace: Workspace, kept: str) -> None:
    with hold(workspace._store, kept) as run:
        roll_back(run, "the smoke test did not pass")
    seen = look(workspace, "echo", kept)
    assert seen.report is not None
    said = failure_of(workspace, seen.report, state_of(seen, begun_here=True)).message
    assert "current service state: failed\nOperation ID: echo-1\n" in said
    assert "`shipway release show echo-1`" in said
    assert '"code": "DeploymentFailed"' in said
    assert '"message": "the smoke test did not pass"' in said
    assert not seen.has_something_to_delete


def report_with(*failed: str, built: bool = True) -> ReleaseReport:
    steps = tuple(StepReport(step=step, state="undone", attempts=1, took_s=1.0) for step in STORY)
    checks = [CheckResult(name=name, phase=Phase.FAILED, message="it says why") for name in failed]
    return ReleaseReport(
        release_id="echo-1", service="echo", phase=ReleasePhase.REFUSED, standing="refused", reason="a reason",
        requested_by="ada", requested_at=datetime.now(UTC), ended_at=datetime.now(UTC), steps=steps,
        checks=(CheckResult(name="user", phase=Phase.PASSED, message="good"), *checks), models={},
        image_digest="ab" if built else "",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("report", "code", "details"),
    [
        (report_with(built=False), "ImageBuildFailure", []),
        (report_with("start"), "DeploymentFailed", ["CrashLoopBackOff"]),
        (report_with("answers", "alive"), "DeploymentFailed", ["answers", "CrashLoopBackOff"]),
        (report_with("golden"), "DeploymentFailed", ["golden"]),
    ],
)
def test_the_error_s_codes_are_v1s_by_what_did_not_succeed(
    report: ReleaseReport, code: str, details: list[str]
) -> None:
    error = error_of(report)
    assert (error["code"], error["message"]) == (code, "a reason")
    assert [detail["code"] for detail in error["details"]] == details


@pytest.mark.parametrize("verb", ["run", "reload", "wait_for_deployment"])
def test_a_verb_in_the_wrong_state_is_refused_in_v1s_words(workspace: Workspace, verb: str) -> None:
    service = LocalWebservice(workspace, "nothing", must_exist=False)
    with pytest.raises(WebserviceException) as refused:
        getattr(service, verb)(*(["{}"] if verb == "run" else []))
    assert refused.value.message == f"Cannot call {verb}() when service is unknown."


def test_a_service_that_is_being_deployed_answers_nowhere_yet(workspace: Workspace, kept: str) -> None:
    service = Webservice(workspace, "echo")
    assert isinstance(service, LocalWebservice)
    assert (service.state, service.scoring_uri, service.swagger_uri, service.port) == ("deploying", None, None, None)
    with pytest.raises(
        WebserviceException, match=r"service echo answers nowhere yet; call wait_for_deployment\(\) first"
    ):
        service.run(input_data="{}")
    with pytest.raises(WebserviceException, match=r"service echo: run\(\) needs what to send"):
        service.run()


def test_what_is_said_of_a_service_is_kept_with_it(workspace: Workspace, kept: str) -> None:
    service = LocalWebservice(workspace, "echo")
    service.add_tags({"a": 1, "b": "2"})
    service.remove_tags(["a"])
    service.add_properties({"c": "3"})
    service.update(description="echoes")
    other = Webservice(workspace, "echo")
    assert (other.tags, other.properties, other.description) == ({"b": "2"}, {"c": "3"}, "echoes")
    with pytest.raises(WebserviceException, match="service echo has the properties c already: they never change"):
        service.add_properties({"c": "4"})
    with pytest.raises(WebserviceException, match="service echo: no parameters provided to update"):
        service.update(description="")


def test_what_v1_had_not_for_local_services_is_not_implemented(workspace: Workspace, kept: str) -> None:
    """L-9."""
    service = LocalWebservice(workspace, "echo")
    for call in (service.get_keys, lambda: service.regen_key("Primary"), service.get_token):
        with pytest.raises(NotImplementedError):
            call()
    with pytest.raises(NotImplementedError, match=r"use LocalWebservice\(ws, name\)"):
        LocalWebservice.deserialize(workspace, service.serialize())


def test_an_image_configuration_is_refused_with_what_came_after_it(workspace: Workspace, kept: str) -> None:
    """U-8: there are no services of images."""
    with pytest.raises(WebserviceException, match="image_config is of the SDK before InferenceConfig"):
        LocalWebservice(workspace, "echo").update(image_config=object())
    with pytest.raises(NotImplementedError, match="image configurations came before InferenceConfig"):
        Webservice.deploy_from_image(workspace, "echo", object())


@pytest.fixture
def failed(workspace: Workspace, kept: str) -> str:
    with hold(workspace._store, kept) as run:
        roll_back(run, "the smoke test did not pass")
    append_lines(workspace._state, kept, "its log", ["ValueError: the model is broken"])
    return kept


def test_a_service_that_never_came_up_is_found_as_failed_with_its_log(workspace: Workspace, failed: str) -> None:
    found = Webservice(workspace, "echo")
    assert (found.state, found.error, found.scoring_uri) == ("failed", "the smoke test did not pass", None)
    assert "ValueError: the model is broken" in found.get_logs()
    assert [service.name for service in Webservice.list(workspace)] == ["echo"]
    assert workspace.webservices["echo"].serialize()["state"] == "failed"
    with pytest.raises(WebserviceException, match=f"current service state: failed\nOperation ID: {failed}"):
        found.wait_for_deployment()
    with pytest.raises(WebserviceException, match="service echo is not up, so that nothing of it can be kept"):
        LocalWebservice(workspace, "echo").update(models=[])


def test_one_that_never_came_up_can_be_deleted_and_is_gone_then(workspace: Workspace, failed: str) -> None:
    service = Webservice(workspace, "echo")
    service.add_tags({"a": "b"})
    service.delete()
    assert service.state == "deleted"
    assert Webservice.list(workspace) == []
    with pytest.raises(WebserviceException, match=r"WebserviceNotFound.*the smoke test did not pass"):
        Webservice(workspace, "echo")
    with pytest.raises(WebserviceException, match="WebserviceNotFound"):
        service.add_tags({"a": "b"})


def test_what_v1_could_keep_when_it_deleted_is_taken_and_changes_nothing(workspace: Workspace, failed: str) -> None:
    """L-7."""
    service = LocalWebservice(workspace, "echo")
    service.delete(delete_cache=False, delete_image=True, delete_volume=False)
    assert (service.state, Webservice.list(workspace)) == ("deleted", [])


def test_one_that_failed_again_after_it_was_deleted_is_found_again(workspace: Workspace, failed: str) -> None:
    forget_failure(workspace._store, "echo", "echo-0")
    assert Webservice(workspace, "echo").state == "failed"


@pytest.mark.parametrize("verb", ["delete", "update", "reload"])
def test_a_service_whose_release_has_not_begun_yet_is_neither_deleted_nor_changed(
    workspace: Workspace, kept: str, verb: str
) -> None:
    service = Webservice(workspace, "echo")
    with pytest.raises(WebserviceException) as refused:
        {
            "delete": service.delete,
            "update": lambda: service.update(models=[]),
            "reload": lambda: LocalWebservice(workspace, "echo").reload(),
        }[verb]()
    assert refused.value.status_code == 409
    assert refused.value.message == (
        "service echo is still being deployed by release echo-1: call wait_for_deployment() first, or undo it with "
        "`shipway release abort echo-1`"
    )


def test_one_whose_process_died_before_it_began_is_deleted_whole(workspace: Workspace, kept: str) -> None:
    service = Webservice._of(workspace, begun_by(workspace, kept, "raise SystemExit(1)"))
    assert service.state == "failed"
    service.delete()
    assert service.state == "unknown"
    with pytest.raises(WebserviceException, match="WebserviceNotFound"):
        Webservice(workspace, "echo")


def test_the_log_of_one_that_was_refused_before_it_began_is_the_reason(workspace: Workspace, kept: str) -> None:
    begun = begun_by(workspace, kept, "import sys; sys.exit('shipway: error: held by release other')")
    forget_unbegun(workspace._store, kept, now=datetime.now(UTC))
    service = Webservice._of(workspace, begun)
    assert (service.state, service.error) == ("failed", "held by release other")
    assert service.get_logs() == "held by release other\n"


def test_a_process_that_was_killed_is_not_told_by_the_last_line_of_its_work(workspace: Workspace, kept: str) -> None:
    kill = "import os, sys; print('image 602ca', file=sys.stderr, flush=True); os.kill(os.getpid(), 9)"
    begun = begun_by(workspace, kept, kill)
    assert begun.why_dead() == f"its process {begun.started.pid} was killed by signal 9"


def test_only_what_a_handle_deployed_itself_goes_to_a_cloud(workspace: Workspace, kept: str) -> None:
    config = AciWebservice.deploy_configuration(cpu_cores=1)
    with pytest.raises(WebserviceException, match=r"use Model.deploy\(workspace, 'cloudy', models"):
        LocalWebservice(workspace, "echo").deploy_to_cloud("cloudy", config)
    deployed = LocalWebservice._of(workspace, begun_by(workspace, kept, ""))
    assert isinstance(deployed, LocalWebservice)
    with pytest.raises(WebserviceException) as error:
        deployed.deploy_to_cloud("cloudy", config)
    assert str(error.value).startswith(
        "target aci is not there yet: nothing was registered or deployed; "
        "deployment_config=LocalWebservice.deploy_configuration() runs the same assets here\n"
        "The plan for service cloudy:\n"
    )


@pytest.mark.parametrize("name", ["../../x", "Zzz_?", ""])
def test_a_name_that_no_service_can_have_is_not_found(workspace: Workspace, name: str) -> None:
    with pytest.raises(WebserviceException, match=f"WebserviceNotFound: Webservice with name {re.escape(name)} not"):
        Webservice(workspace, name)


def begun_by(workspace: Workspace, release: str, code: str) -> Begun:
    """A release whose process did something else, and has ended."""
    log = workspace._state.logs / "process.log"
    with log.open("wb") as output:
        process = subprocess.Popen([sys.executable, "-c", code], stderr=output)
    process.wait()
    asked = V1Asked(service="echo", inference={"entryScript": "score.py"}, working_directory=Path.cwd())
    return Begun(service="echo", release_id=release, started=Started(process=process, log=log), asked=asked)
