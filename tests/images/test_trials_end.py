"""The smoke test of an image on a real engine: what it says, and that it is away whatever happens."""

import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from shipway.domain.environment import Code
from shipway.domain.image import Image, ImageSpec
from shipway.domain.release import ReleasePhase
from shipway.domain.service import DeploymentConfig, Resources
from shipway.engine.connection import Engine
from shipway.errors import EngineUnavailable
from shipway.machine.state import MachineState, machine_state
from shipway.release.open_releases import open_release
from shipway.release.operations import Operator, retire
from shipway.release.roll_back import roll_back
from shipway.release.run import Tools, hold
from shipway.release.trial import smoke_test, trial_state
from shipway.store.workspace import Workspace
from shipway.targets.base import load
from tests.images.test_containers import real
from tests.targets.bundles import HUNGRY
from tests.targets.images import containers_in
from tests.unit.release.driver import Bench

Make = Callable[[str], Image]
Trials = Callable[[], list[Any]]

_ECHO = """
def init():
    pass

def run(data):
    return data
"""

_NEVER_READY = """
import time

def init():
    time.sleep(600)

def run(data):
    return data
"""

_TRY = """
import pickle, signal, sys
from dataclasses import replace
from pathlib import Path
from shipway.release.run import hold
from shipway.release.trial import smoke_test
from shipway.targets.base import load
from tests.unit.release.driver import Bench

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell that starts tests in the background ignores it
bench = Bench(Path(sys.argv[1]))
with hold(bench.workspace, "rel-one", tools=replace(bench.tools, load_target=load)) as run:
    smoke_test(run, pickle.load(sys.stdin.buffer))
"""


@pytest.fixture
def make(build: Callable[..., Image], spec: Callable[..., ImageSpec], workspace: Workspace, tmp_path: Path) -> Make:
    """An image as a release builds it, of one script."""

    def act(script: str) -> Image:
        source = tmp_path / "src"
        source.mkdir()
        (source / "score.py").write_text(script)
        code = Code(tree=workspace.blobs.put_tree(source), entry_script="score.py")
        return build(replace(real(spec, "3.11"), code=code))

    return act


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """A release of `digits` that was begun, with the real targets."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return Bench(tmp_path)


@pytest.fixture
def tools(bench: Bench) -> Tools:
    return replace(bench.tools, load_target=load)


@pytest.fixture
def place(bench: Bench) -> MachineState:
    return trial_state(machine_state(bench.workspace.url))


@pytest.fixture
def trials(place: MachineState, engine: Engine) -> Iterator[Trials]:
    """The containers of its trial."""
    yield lambda: containers_in(engine, place)
    for container in containers_in(engine, place):
        container.remove(force=True, v=True)


@pytest.fixture
def nothing_is_left(place: MachineState, trials: Trials) -> Iterator[None]:
    yield
    assert trials() == []
    assert list(place.services.glob("[!.]*")) == []


@pytest.mark.usefixtures("nothing_is_left")
def test_a_good_image_passes_and_is_away(bench: Bench, tools: Tools, make: Make) -> None:
    bench.keep("rel-one")
    with hold(bench.workspace, "rel-one", tools=tools) as run:
        verdict = smoke_test(run, make(_ECHO)).verdict
    assert verdict.passed, verdict
    assert {"user", "secrets", "memory"} <= {check.name for check in verdict.checks}


@pytest.mark.usefixtures("nothing_is_left")
def test_an_image_whose_memory_limit_is_too_small_says_so_and_is_away(bench: Bench, tools: Tools, make: Make) -> None:
    bench.keep("rel-one", deployment=DeploymentConfig(resources=Resources(memory_bytes=64 * 1024**2)))
    with hold(bench.workspace, "rel-one", tools=tools) as run:
        verdict = smoke_test(run, make(HUNGRY)).verdict
        assert "its memory limit of 64 MB is too small: the kernel ended it; raise containerResource" in verdict.reason
        assert roll_back(run, verdict.reason).phase is ReleasePhase.REFUSED


@pytest.fixture
def trying(bench: Bench, make: Make, trials: Trials) -> Iterator[subprocess.Popen[bytes]]:
    """Another process, in the middle of the smoke test of an image that never gets ready."""
    bench.keep("rel-one", targets=("docker",))
    image = make(_NEVER_READY)
    with subprocess.Popen(
        [sys.executable, "-c", _TRY, str(bench.folder)], stdin=subprocess.PIPE, stderr=subprocess.PIPE
    ) as child:
        assert child.stdin
        assert child.stderr
        child.stdin.write(pickle.dumps(image))
        child.stdin.close()
        while [container.status for container in trials()] != ["running"]:
            assert child.poll() is None, child.stderr.read()
            time.sleep(0.05)
        yield child
        child.kill()


@pytest.mark.usefixtures("nothing_is_left")
def test_one_whose_process_was_killed_goes_with_its_release(
    bench: Bench, tools: Tools, trying: subprocess.Popen[bytes], trials: Trials
) -> None:
    trying.kill()
    trying.wait()
    assert len(trials()) == 1
    with hold(bench.workspace, "rel-one", tools=tools) as run:
        assert roll_back(run, "it was killed").phase is ReleasePhase.REFUSED


def test_one_whose_engine_is_gone_for_good_is_written_off_and_its_release_undone(
    bench: Bench, tools: Tools, trying: subprocess.Popen[bytes], trials: Trials, monkeypatch: pytest.MonkeyPatch
) -> None:
    trying.kill()
    trying.wait()
    (container,) = trials()
    monkeypatch.setenv("DOCKER_HOST", "unix:///gone")
    how = r"^no Docker Engine answers at unix:///gone .* with `shipway service delete -n digits --lost`$"
    with hold(bench.workspace, "rel-one", tools=tools) as run, pytest.raises(EngineUnavailable, match=how):
        roll_back(run, "it was killed")
    operator = Operator(workspace=bench.workspace, operation_id="retire-1", approver="ada", reason="", tools=tools)
    done = retire(operator, "digits", lost=True)
    assert done.left == (f"container {container.name} of the Docker Engine at unix:///var/run/docker.sock",)
    assert done.unfinished == "rel-one"
    with hold(bench.workspace, "rel-one", tools=tools) as run:
        assert roll_back(run, "it was killed").phase is ReleasePhase.REFUSED
    assert open_release(bench.workspace, "digits") is None


@pytest.mark.usefixtures("nothing_is_left")
def test_one_that_is_interrupted_is_away(trying: subprocess.Popen[bytes], trials: Trials) -> None:
    """As by Ctrl-C, or by Cancel in the UI."""
    trying.send_signal(signal.SIGINT)
    assert trying.wait(60) != 0
    assert trials() == []
