"""shipway demo, again after one that was stopped."""

from pathlib import Path

from shipway.cli.context import Context
from shipway.cli.demo import _start_over
from shipway.cli.output import Output
from shipway.release.open_releases import open_release
from shipway.release.operations import history
from shipway.release.run import hold
from tests.unit.release.driver import Bench


def test_a_demo_that_was_interrupted_in_a_release_can_be_played_again(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.keep("rel-one")
    with hold(bench.workspace, "rel-one"):
        pass
    assert open_release(bench.workspace, "digits") == "rel-one"
    _start_over(Context(given=str(tmp_path / "ws"), output=Output(), folder=tmp_path))
    assert open_release(bench.workspace, "digits") is None
    assert [entry.event.value for entry in history(bench.workspace, "digits")] == ["refused"]
