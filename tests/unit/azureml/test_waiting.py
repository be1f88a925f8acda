"""Waiting for a release that another process carries out, and that process dying."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from shipway.azureml import Workspace
from shipway.azureml._standing import LocalState, look, state_of
from shipway.azureml._waiting import failure_of, wait_for_release
from shipway.azureml.exceptions import WebserviceException
from shipway.azureml.webservice import LocalWebservice, Webservice
from shipway.release.begin import V1Asked, keep, prepare
from shipway.release.inputs import forget_unbegun
from shipway.release.roll_back import roll_back
from shipway.release.run import hold
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


def wait(workspace: Workspace, release: str, *, timeout_s: float | None = None, dead: str | None = None) -> None:
    clock = Clock()
    wait_for_release(
        workspace, release, show_output=True, timeout_s=timeout_s, has_died=lambda: dead, clock=clock, sleep=clock.sleep
    )


def test_a_release_that_nobody_begins_is_given_up_with_what_to_type(workspace: Workspace, kept: str) -> None:
    with pytest.raises(WebserviceException) as refused:
        wait(workspace, kept)
    assert refused.value.message == (
        "release echo-1 of service echo is not begun: nobody has begun it for 60 s; go on with "
        "`shipway release resume echo-1`, or undo it with `shipway release abort echo-1`"
    )


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
