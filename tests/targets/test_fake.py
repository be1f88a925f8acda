"""The fake that Shipway gives to testers keeps the contract of a target."""

import json
import signal
import subprocess
import sys

import pytest

from shipway.domain.image import Image
from shipway.domain.service import RevisionStats, ServiceState
from shipway.errors import TargetError
from shipway.testing.fake_target import FakeTarget
from tests.targets.contract import SERVICE, TargetContract, spec_for

IMAGE = Image(kind="process", digest="a" * 64, location="", interpreter="", labels={}, size_bytes=0)

_DEPLOY = """
import sys
from pathlib import Path
from shipway.testing.fake_target import FakeTarget
from tests.targets.contract import spec_for
from tests.targets.test_fake import IMAGE
FakeTarget(Path(sys.argv[1])).deploy(spec_for(IMAGE))
"""


class TestFake(TargetContract):
    @pytest.fixture
    def target(self, tmp_path):
        return FakeTarget(tmp_path / "fake")

    @pytest.fixture
    def image(self):
        return IMAGE

    @pytest.fixture
    def occupy(self, target):
        def act():
            (target.folder / f"{SERVICE}.json").write_text(json.dumps({"name": SERVICE, "kind": "other"}))

        return act

    @pytest.fixture
    def kill_while_deploying(self, target):
        def act(spec):
            target.die_after("deploy")
            done = subprocess.run([sys.executable, "-c", _DEPLOY, str(target.folder)], check=False)
            assert done.returncode == -signal.SIGKILL

        return act

    @pytest.fixture
    def spoil(self, target):
        return lambda revision_id: target.set_native(SERVICE, revision_id, "exploding")

    @pytest.fixture
    def running(self, target):
        return lambda: sum(len(service.revisions) for service in target.list())

    def test_deploys_fail_when_told_to_until_mended(self, target):
        target.fail_deploys("no room on the fake")
        with pytest.raises(TargetError, match="no room on the fake"):
            target.deploy(spec_for(IMAGE))
        target.fail_deploys(None)
        target.deploy(spec_for(IMAGE))
        assert target.calls() == ("deploy digits r1",)

    def test_a_revision_can_be_made_never_healthy(self, target):
        target.deploys_become("deploying")
        target.deploy(spec_for(IMAGE))
        assert target.find(SERVICE).revision("r1").status.state is ServiceState.TRANSITIONING

    def test_counts_are_what_the_test_says(self, target):
        target.deploy(spec_for(IMAGE))
        stats = RevisionStats(revision_id="r1", requests=9, failures=1, p50_ms=1.0, p95_ms=2.0, p99_ms=3.0)
        target.set_stats(SERVICE, stats)
        assert target.revision_stats(SERVICE) == {"r1": stats}
