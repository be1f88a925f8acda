"""Entry scripts that end, hang, leak or shout: the release is refused, and says why in the words of their own logs."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest

from shipway.config.release_file import load_release_file
from shipway.domain.release import ReleasePhase
from shipway.engine.connection import connect
from shipway.image.container.kept_images import kept_images, remove_image
from shipway.machine.state import MachineState, machine_state
from shipway.release.inputs import keep_inputs
from shipway.release.operations import Operator, retire
from shipway.release.outcomes import Ending
from shipway.release.report import ReleaseReport, report_of
from shipway.release.run import hold, utc_now
from shipway.store.workspace import Workspace, open_workspace
from shipway.targets.base import load
from shipway.testing.assets import write_adder
from tests.absent import absent
from tests.engines import has_image, usable_engine
from tests.unit.release.driver import tell

INIT, RUN = "\ndef init(): pass", "\ndef run(data): return [2]"

pytestmark = pytest.mark.timeout(240)


@dataclass(frozen=True)
class Case:
    """A script, and what the reason of its release's end holds. It has `start_s` to start, and 2 s for a request."""

    script: str
    says: tuple[str, ...]
    start_s: float = 60


CASES = {
    "exits in run": Case(
        f"import sys{INIT}\ndef run(data): sys.exit('no licence')",
        (
            "answers failed: 1 of 1 golden request was not answered with status 200; first: row 1: status 500: ",
            "log failed: run() ended its process with SystemExit; the worker is restarted: SystemExit: no licence",
        ),
    ),
    "exits at import": Case(
        f"import sys\nsys.exit('no licence'){INIT}{RUN}",
        ("start failed: ", "The entry script could not be loaded: ", ": SystemExit: no licence"),
    ),
    "exits in init": Case(
        f"import sys\ndef init(): sys.exit(7){RUN}",
        ("start failed: ", "has failed: init() failed: SystemExit: 7"),
    ),
    "kills its process in init": Case(
        f"import os\ndef init(): os._exit(9){RUN}",
        ("start failed: ", " ended with exit code 9; 3 workers have died without one successful run in between"),
    ),
    "kills its process in run": Case(
        f"import os{INIT}\ndef run(data): os._exit(9)",
        ("answers failed: ", "log failed: worker ", " ended with exit code 9"),
    ),
    "crashes in native code": Case(
        f"import ctypes{INIT}\ndef run(data): ctypes.string_at(0)",
        ("log failed: worker ", " was ended by signal 11"),
    ),
    "raises at import": Case(
        f"raise RuntimeError('no licence'){INIT}{RUN}",
        ("start failed: ", ": RuntimeError: no licence"),
    ),
    "raises in run": Case(
        f"{INIT}\ndef run(data): raise ValueError('two columns are missing')",
        ("answers failed: ", "log failed: run() raised an exception: ValueError: two columns are missing"),
    ),
    "hangs in init": Case(
        f"import time\ndef init():\n    print('loading')\n    time.sleep(1000){RUN}",
        (
            "start failed: ",
            "(deploying: init() has not finished after 3 s), not Healthy; its last log lines: ",
            "loading",
        ),
        start_s=3,
    ),
    "hangs in run": Case(
        f"import time{INIT}\ndef run(data):\n    print('asking for a licence')\n    time.sleep(1000)",
        ("first: row 1: run() did not end within 2 s", "it ends: ", "INFO asking for a licence"),
    ),
    "leaks threads": Case(
        f"import threading, time{INIT}\ndef run(data):\n"
        "    for _ in range(8): threading.Thread(target=time.sleep, args=(1000,)).start()\n    return [2]",
        ("threads failed: ", " more threads running, ", "the script starts threads that do not end"),
    ),
}
IN_CONTAINERS = ("exits in run", "hangs in run", "leaks threads")


@dataclass(frozen=True)
class Shop:
    """A workspace in which nothing was ever released; all its releases share a virtual environment."""

    folder: Path

    @property
    def workspace(self) -> Workspace:
        return open_workspace(self.folder / "ws", create=True)

    @property
    def state(self) -> MachineState:
        return machine_state(self.workspace.url)

    def release(
        self, name: str, script: str, *, target: Literal["process", "docker"] = "process", start_s: float = 60
    ) -> Ending:
        file = write_adder(self.folder, offset="1", golden=2, name="good", target=target)
        file.write_text(file.read_text().replace("{load_s: 0.2}", f"{{load_s: 0.3, start_s: {start_s}, request_s: 2}}"))
        (self.folder / "src" / "score.py").write_text(script)
        config = load_release_file(file).value
        keep_inputs(config, release_id=name, requested_by="ada", now=utc_now(), workspace=self.workspace)
        with hold(self.workspace, name) as run:
            return tell(run)

    def report(self, name: str) -> ReleaseReport:
        return report_of(self.workspace, name, now=utc_now())

    def assert_nothing_runs(self, target: str) -> None:
        for state in (self.state, self.state.trials):
            assert load(target, state).list() == ()


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    folder = tmp_path_factory.mktemp("runaway")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(folder / "state"))
        patch.setenv("SHIPWAY_BASE_IMAGE", "shipway-base:{python}")
        opened = Shop(folder)
        yield opened
        forget_images(opened.state)


def forget_images(state: MachineState) -> None:
    if not usable_engine():
        return
    engine = connect()
    for path, image in kept_images(state):
        remove_image(engine, path, image)
    engine.close()


def assert_refused(shop: Shop, name: str, target: Literal["process", "docker"]) -> None:
    """The verdict, the journal's reason and the kept end of its log all say what the script did."""
    case, release_id = CASES[name], f"{target}-{name.replace(' ', '-')}"
    ending = shop.release(release_id, case.script, target=target, start_s=case.start_s)
    assert ending.phase is ReleasePhase.REFUSED
    assert ending.reason.startswith("smoke test: ")
    assert "\n" not in ending.reason
    for words in case.says:
        assert words in ending.reason, ending.reason
    report = shop.report(release_id)
    assert report.reason == ending.reason
    shop.assert_nothing_runs(target)


@pytest.mark.parametrize("name", CASES)
def test_a_release_of_a_script_that_runs_away_is_refused_with_its_own_words(shop: Shop, name: str) -> None:
    assert_refused(shop, name, "process")


@pytest.mark.parametrize("name", IN_CONTAINERS)
def test_so_it_is_in_a_container(shop: Shop, name: str) -> None:
    if not usable_engine():
        absent("no Docker Engine answers")
    if not has_image("shipway-base:3.11"):
        absent("there is no image shipway-base:3.11: make it with requirements/base_image.sh 3.11")
    assert_refused(shop, name, "docker")


def test_a_script_that_prints_without_end_fills_no_disk_and_serves_on(shop: Shop) -> None:
    """90 MB here; the log keeps 30 at most, whatever it is that is printed."""
    script = f"def init():\n    line = 'x' * 1000\n    for _ in range(90_000): print(line){RUN}"
    ending = shop.release("shouts", script)
    assert ending.phase is ReleasePhase.PROMOTED, ending.reason
    target = load("process", shop.state)
    found = target.find("adder")
    assert found is not None
    assert found.status.native == "running"
    kept = sum(path.stat().st_size for path in shop.state.services.rglob("*.log*"))
    assert 10e6 < kept < 31e6
    retire(Operator(workspace=shop.workspace, operation_id="away", approver="ada", reason=""), "adder")


def test_a_script_that_runs_away_only_on_the_target_is_rolled_back_with_its_own_words(shop: Shop) -> None:
    script = (
        f"import os{INIT}\ndef run(data):\n    if '/trials/' not in os.getcwd(): raise ValueError('no such host')\n"
        "    return [2]"
    )
    ending = shop.release("elsewhere", script)
    assert ending.phase is ReleasePhase.ROLLED_BACK
    assert ending.reason.startswith("verification: golden failed: 1 of 1 golden row is wrong; first: row 1: status 500")
    assert "; log failed: run() raised an exception: ValueError: no such host" in ending.reason
    shop.assert_nothing_runs("process")
