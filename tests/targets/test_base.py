"""Loading a target, and waiting for one on virtual time."""

from dataclasses import dataclass, field

import pytest

from shipway.domain.service import ServiceState
from shipway.errors import ConfigError, ServiceNotFound, TargetError, TargetUnavailable
from shipway.machine.state import MachineState
from shipway.targets.base import Mirrors, SplitsTraffic, Target, load, wait
from shipway.testing.fake_target import FakeTarget
from tests.targets.contract import SERVICE, spec_for
from tests.targets.test_fake import IMAGE


@dataclass
class Time:
    """Passes only when somebody sleeps; `then` happens after so many sleeps."""

    now_s: float = 0.0
    slept: list[float] = field(default_factory=list)
    then: dict = field(default_factory=dict)

    def clock(self):
        return self.now_s

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.now_s += seconds
        self.then.get(len(self.slept), lambda: None)()


@pytest.fixture
def target(tmp_path):
    return FakeTarget(tmp_path / "fake")


def wait_for(target, time, revision_id="r1", until=ServiceState.HEALTHY, deadline_s=30.0):
    return wait(target, SERVICE, revision_id, until=until, deadline_s=deadline_s, clock=time.clock, sleep=time.sleep)


def test_an_unknown_kind_is_refused_with_the_known_ones(tmp_path):
    with pytest.raises(ConfigError, match=r"target 'mainframe' is unknown; the targets are: .*process"):
        load("mainframe", MachineState(tmp_path))


def test_a_kind_is_never_a_module_that_all_targets_share(tmp_path):
    for name in ("base", "_fence"):
        with pytest.raises(ConfigError, match="is unknown"):
            load(name, MachineState(tmp_path))


def test_abilities_are_found_by_protocol(target):
    assert isinstance(target, Target)
    assert isinstance(target, SplitsTraffic)
    assert isinstance(target, Mirrors)


def test_waiting_ends_when_the_state_is_there(target):
    target.deploys_become("deploying")
    target.deploy(spec_for(IMAGE))
    time = Time(then={3: lambda: target.set_native(SERVICE, "r1", "running")})
    assert wait_for(target, time).native == "running"
    assert len(time.slept) == 3
    assert time.slept == sorted(time.slept)


def test_what_is_there_already_is_not_waited_for(target):
    target.deploy(spec_for(IMAGE))
    time = Time()
    wait_for(target, time, deadline_s=0)
    assert time.slept == []


def test_the_deadline_ends_waiting_with_the_last_status_and_the_last_log_lines(target):
    target.deploys_become("deploying")
    target.deploy(spec_for(IMAGE))
    target.set_native(SERVICE, "r1", "deploying", "init() has not finished")
    time = Time()
    with pytest.raises(TargetError) as late:
        wait_for(target, time)
    assert str(late.value) == (
        "revision r1 of service digits is Transitioning (deploying: init() has not finished after 30 s), not Healthy; "
        "its last log lines: r1: deploying init() has not finished"
    )
    assert time.now_s == pytest.approx(30)
    assert max(time.slept) <= 2


def test_one_that_does_not_answer_is_given_until_the_deadline(target):
    target.deploys_become("unknown")
    target.deploy(spec_for(IMAGE))
    time = Time(then={2: lambda: target.set_native(SERVICE, "r1", "running")})
    assert wait_for(target, time).state is ServiceState.HEALTHY


def test_a_failure_ends_waiting_at_once(target):
    target.deploys_become("failed")
    target.deploy(spec_for(IMAGE))
    time = Time()
    with pytest.raises(TargetError, match=r"revision r1 of service digits is Failed \(failed after 0 s\), not Healthy"):
        wait_for(target, time)
    assert time.slept == []


def test_there_must_be_something_to_wait_for(target):
    with pytest.raises(ServiceNotFound, match="revision r1 of service digits does not exist"):
        wait_for(target, Time())
    with pytest.raises(ServiceNotFound, match="service digits does not exist"):
        wait_for(target, Time(), revision_id=None)


def test_absence_can_be_waited_for(target):
    assert wait_for(target, Time(), until=ServiceState.ABSENT).state is ServiceState.ABSENT


class SilentFor(FakeTarget):
    """Does not answer the first few questions."""

    silent = 2

    def find(self, name):
        if self.silent:
            self.silent -= 1
            raise TargetUnavailable("no answer")
        return super().find(name)


def test_a_target_that_does_not_answer_is_asked_again(tmp_path):
    target = SilentFor(tmp_path / "fake")
    target.silent = 0
    target.deploy(spec_for(IMAGE))
    target.silent = 2
    time = Time()
    assert wait_for(target, time).state is ServiceState.HEALTHY
    assert len(time.slept) == 2


def test_a_target_that_never_answers_is_said_to_be_silent(tmp_path):
    target = SilentFor(tmp_path / "fake")
    target.silent = 1000
    with pytest.raises(TargetError, match="the fake target did not answer for 30 s; try again"):
        wait_for(target, Time())
