"""The engine that a service was deployed to is gone for good: the service is written off, and nothing is kept of it."""

from datetime import UTC, datetime

import pytest

from shipway.domain.service import ServiceState, Traffic
from shipway.machine.ports import can_bind
from shipway.machine.state import machine_state
from shipway.release.ledger import Event, LedgerEntry, ledger_of
from shipway.store.workspace import open_workspace
from shipway.targets.base import wait
from tests.targets.asking import port_of
from tests.targets.contract import SERVICE, spec_for
from tests.targets.images import containers_in
from tests.unit.cli.conftest import folder, shipway, workspace

__all__ = ["folder", "shipway", "workspace"]

GONE = "unix:///gone/docker.sock"


@pytest.fixture
def state(workspace):
    return machine_state(open_workspace(workspace).url)


@pytest.fixture
def served(docker_target, echo_image, workspace):
    """In service by its ledger; its gateway's port."""
    docker_target.deploy(spec_for(echo_image))
    wait(docker_target, SERVICE, "r1", until=ServiceState.HEALTHY, deadline_s=60)
    docker_target.set_traffic(SERVICE, Traffic.all_to("r1"), fence=1)
    opened = open_workspace(workspace)
    opened.records.create(f"models/digits/1/used-by/{SERVICE}/r1", {})
    ledger_of(opened, SERVICE).append(
        LedgerEntry(
            event=Event.PROMOTED,
            release_id="rel-1",
            revision_id="r1",
            target="docker",
            models={"digits:1": "ab" * 32},
            image_digest="cd" * 32,
            config_digest="ef" * 32,
            approver="ada",
            reason="",
            journal_head="",
            at=datetime(2026, 7, 1, tzinfo=UTC),
        )
    )
    return port_of(docker_target.find(SERVICE))


def test_a_service_whose_engine_is_gone_is_written_off_when_told_so(
    served, shipway, workspace, state, engine, monkeypatch
):
    (container,) = containers_in(engine, state)
    monkeypatch.setenv("DOCKER_HOST", GONE)
    refused = shipway("service", "delete", "-n", SERVICE).error
    assert refused.startswith(
        f"shipway: error: service digits stays as it is: no Docker Engine answers at {GONE} (DOCKER_HOST): No such"
    )
    assert refused.endswith(
        "; or, if it is gone for good, write the service off with `shipway service delete -n digits --lost`"
    )
    assert not can_bind(served)
    opened = open_workspace(workspace)
    assert [entry.event for entry in ledger_of(opened, SERVICE).entries()] == [Event.PROMOTED]
    said = shipway("service", "delete", "-n", SERVICE, "--lost")
    assert (said.code, said.err) == (0, "")
    assert said.out == (
        "service digits is gone, with 1 revision\n"
        f"what could not be reached may be left: container {container.name} of the Docker Engine at "
        f"{engine.endpoint.host}\n"
    )
    assert can_bind(served)
    assert not (state.services / SERVICE).exists()
    assert [entry.event for entry in ledger_of(opened, SERVICE).entries()] == [Event.PROMOTED, Event.RETIRED]
    assert opened.records.names("models/digits/1/used-by") == ()
    assert shipway("service", "list", "-o", "json").document == []
    again = shipway("service", "delete", "-n", SERVICE, "--lost", "-o", "json").document
    assert again == {"name": SERVICE, "revisions": [], "may_be_left": []}
    container.reload()
    assert container.status == "running"


def test_what_can_be_reached_of_a_service_that_is_written_off_goes_too(served, shipway, state, engine):
    said = shipway("service", "delete", "-n", SERVICE, "--lost")
    assert said.out == "service digits is gone, with 1 revision\n"
    assert containers_in(engine, state) == []
    assert can_bind(served)
    assert not (state.services / SERVICE).exists()


def test_the_list_of_targets_says_what_keeps_one_away(shipway, workspace, engine, monkeypatch):
    def away():
        return {each["kind"]: each["away"] for each in shipway("target", "list", "-o", "json").document}

    assert away() == {"docker": None, "process": None}
    monkeypatch.setenv("DOCKER_HOST", GONE)
    assert away()["docker"].startswith(f"no Docker Engine answers at {GONE} (DOCKER_HOST): No such file or directory")
    assert away()["process"] is None
    assert "NOT THERE BECAUSE" in shipway("target", "list").out
