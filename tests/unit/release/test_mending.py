"""What a release says of changes that would mend its environment, as far as nothing has to be tried for it."""

from pathlib import Path

from shipway.domain.environment import Environment
from shipway.domain.release import CodePlace
from shipway.errors import ImportsFail, Unresolvable
from shipway.image.packages.lock import PythonThere
from shipway.machine.state import MachineState
from shipway.release.mending import script_at, with_proposal

HERE = PythonThere(version="3.11.7")
MANAGED = Environment(name="mine", user_managed=True)
NO = "no change was found that mends it: the author manages the packages of this environment: they are the base image's"


def test_a_plain_no_follows_the_reason(tmp_path: Path) -> None:
    error = with_proposal(MANAGED, HERE, Unresolvable("numpy clashes"), None, MachineState(tmp_path))
    assert (type(error), str(error)) == (Unresolvable, f"numpy clashes\n{NO}")


def test_the_reason_of_a_release_is_one_line(tmp_path: Path) -> None:
    error = with_proposal(MANAGED, HERE, ImportsFail("score.py:1: no six"), None, MachineState(tmp_path))
    assert (type(error), str(error)) == (ImportsFail, f"score.py:1: no six | {NO}")


def test_a_script_is_tried_where_it_was_read_if_it_is_there_still(tmp_path: Path) -> None:
    assert script_at(None) is None
    assert script_at(CodePlace(entry_script="score.py", folder=str(tmp_path))) is None
    (tmp_path / "score.py").write_text("")
    found = script_at(CodePlace(entry_script="score.py", folder=str(tmp_path)))
    assert found is not None
    assert (found.path, found.source_directory) == (tmp_path / "score.py", tmp_path)
    alone = script_at(CodePlace(entry_script=str(tmp_path / "score.py"), folder=None))
    assert alone is not None
    assert alone.source_directory is None
