"""Starting and stopping what runs on this machine, on a target that runs nothing."""

from argparse import Namespace
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from shipway.cli.commands import down
from shipway.cli.commands.up import start_services
from shipway.cli.context import Context
from shipway.cli.output import Output
from shipway.domain.service import Service, Traffic
from shipway.errors import EngineUnavailable, PortInUse
from shipway.machine.state import MachineState
from shipway.targets.base import Target
from shipway.testing.fake_target import FakeTarget
from tests.unit.cli.test_service import spec


class Stoppable(FakeTarget):
    """Its services can be stopped and started; one whose port is taken cannot start, one out of reach not stop."""

    taken = False
    out_of_reach = ""

    def start(self, name: str) -> Service:
        if self.taken:
            raise PortInUse("port 8890 is used by nginx; end it")
        self.set_native(name, "r1", "running")
        service = self.find(name)
        assert service is not None
        return service

    def stop(self, name: str) -> bool:
        if name == self.out_of_reach:
            raise EngineUnavailable("no Docker Engine answers at tcp://gone:2375 (DOCKER_HOST); start it")
        service = self.find(name)
        assert service is not None
        self.set_native(name, "r1", "stopped", "it was stopped; `shipway up` starts it again")
        return service.status.native != "failed"


@dataclass(frozen=True)
class OnStoppable(Context):
    """A context whose only target is that one."""

    fake: Stoppable | None = None

    def targets(self) -> tuple[Target, ...]:
        assert self.fake is not None
        return (self.fake,)

    def state(self) -> MachineState:
        return MachineState(self.folder / "state")


@pytest.fixture
def context(folder: Path) -> OnStoppable:
    target = Stoppable(folder / "fake")
    target.deploy(spec("r1", "digits:1"))
    target.set_traffic("digits", Traffic.all_to("r1"), fence=1)
    return OnStoppable(given=None, output=Output(), folder=folder, fake=target)


def test_down_leaves_services_alone_unless_all_is_said(
    context: OnStoppable, capsys: pytest.CaptureFixture[str]
) -> None:
    assert down.run(Namespace(all=False), context) == 0
    assert capsys.readouterr().out == "no local Prefect server ran\n"
    assert down.run(Namespace(all=True), context) == 0
    assert capsys.readouterr().out == "stopped service digits\nno local Prefect server ran\n"


def test_what_is_stopped_is_not_stopped_again(context: OnStoppable, capsys: pytest.CaptureFixture[str]) -> None:
    down.run(Namespace(all=True), context)
    capsys.readouterr()
    assert down.run(Namespace(all=True), context) == 0
    said = capsys.readouterr()
    assert (said.out, said.err) == ("no local Prefect server ran\n", "")


def test_one_that_had_died_is_stopped_without_a_claim_that_it_ran(
    context: OnStoppable, capsys: pytest.CaptureFixture[str]
) -> None:
    assert context.fake is not None
    context.fake.set_native("digits", "r1", "failed", "it may have been killed")
    assert down.run(Namespace(all=True), context) == 0
    assert capsys.readouterr().out == "no local Prefect server ran\n"
    assert context.fake.status("digits").native == "stopped"


def test_one_that_cannot_be_reached_is_said_and_keeps_no_other_running(
    context: OnStoppable, capsys: pytest.CaptureFixture[str]
) -> None:
    assert context.fake is not None
    context.fake.deploy(replace(spec("r1", "letters:1"), service="letters"))
    context.fake.out_of_reach = "digits"
    assert down.run(Namespace(all=True), context) == 1
    said = capsys.readouterr()
    assert said.out == "stopped service letters\nno local Prefect server ran\n"
    assert (
        "shipway: service digits was not stopped: no Docker Engine answers at tcp://gone:2375 (DOCKER_HOST); start it\n"
    ) in said.err
    assert context.fake.status("digits").native == "running"


def test_up_brings_them_back_and_waits_for_health(context: OnStoppable) -> None:
    down.run(Namespace(all=True), context)
    services, failed = start_services(context)
    assert [(service["name"], service["state"]) for service in services] == [("digits", "Healthy")]
    assert not failed


def test_one_that_cannot_start_is_said_and_listed(context: OnStoppable, capsys: pytest.CaptureFixture[str]) -> None:
    assert context.fake is not None
    context.fake.taken = True
    (listed,), failed = start_services(context)
    assert (listed["name"], failed) == ("digits", True)
    assert capsys.readouterr().err == "shipway: service digits: port 8890 is used by nginx; end it\n"
