"""What local targets share, on a runner that runs nothing."""

from dataclasses import replace

import pytest

from shipway.domain.service import ServiceState, ServiceStatus, Traffic
from shipway.errors import PortInUse
from shipway.targets._local.runner import Examined
from shipway.targets._local.target import LocalTarget
from tests.targets.contract import SERVICE, spec_for
from tests.targets.test_fake import IMAGE


class Runner:
    """Each start finds its port taken as often as `taken` says."""

    kind = "nothing"

    def __init__(self, taken):
        self.taken = taken
        self.ports = []

    def examine(self, image, place):
        return Examined(concurrency=1)

    def fetch(self, image):
        pass

    def prepare(self, image, place):
        pass

    def start(self, record, place):
        self.ports.append(record.port)
        if self.taken:
            self.taken -= 1
            raise PortInUse(f"port {record.port} was taken")

    def is_running(self, place):
        return False

    def stop(self, place):
        pass

    remove = stop

    def status(self, record, place, now):
        return ServiceStatus(state=ServiceState.HEALTHY, native="running", message="", observed_at=now)


@pytest.fixture
def target_with(state):
    made = []

    def act(taken):
        made.append(LocalTarget(state, Runner(taken)))
        return made[-1]

    yield act
    made[-1].delete(SERVICE, fence=9)


def test_a_port_that_is_taken_at_the_last_moment_is_replaced_and_the_gateway_told(target_with):
    target = target_with(taken=1)
    target.deploy(spec_for(IMAGE))
    target.set_traffic(SERVICE, Traffic.all_to("r1"), fence=1)
    tried, got = target._runner.ports
    assert tried != got
    assert target.find(SERVICE).revision("r1").address == f"127.0.0.1:{got}"
    assert target._gateway(SERVICE)._clusters_now() == {"r1": f"127.0.0.1:{got}"}


def test_ports_that_are_taken_again_and_again_are_said(target_with):
    target = target_with(taken=2)
    with pytest.raises(PortInUse, match=r"port \d+ was taken"):
        target.deploy(spec_for(IMAGE))
    assert len(target._runner.ports) == 2
    target.deploy(replace(spec_for(IMAGE)))
    assert len(target._runner.ports) == 3
