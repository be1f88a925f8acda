"""The import test's document judged, and the test itself run in a virtual environment of this machine."""

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from shipway.domain.environment import Code, Environment
from shipway.domain.image import ImageSpec
from shipway.domain.model import Tree
from shipway.errors import BuildError
from shipway.image.build import build_process_image
from shipway.image.imports import (
    ImportFault,
    ImportTrial,
    ScriptsImportsFail,
    refuse_failures,
    trial_in,
    try_imports_here,
)
from shipway.image.interpreters import own_interpreter
from shipway.image.serving import serving_source
from shipway.machine.state import MachineState
from shipway.store.workspace import Workspace

MINE = Environment(name="mine")


def told(module: str, line: int, error: str | None = None, **more: object) -> dict[str, object]:
    answer = {"module": module, "line": line, "file": "src/score.py", "ok": error is None, "optional": False}
    return {**answer, "error": error, "missing": None, "packages": [], "remedy": None, **more}


def printed(*imports: dict[str, object], syntax: dict[str, object] | None = None) -> bytes:
    return b"noise\n" + json.dumps({"python": "3.6.15", "syntax": syntax, "imports": list(imports)}).encode() + b"\n"


def test_what_fails_is_a_fault_unless_the_script_can_go_on_without_it() -> None:
    missing = {"missing": "cv2", "packages": ["opencv-python-headless"], "remedy": "cv2: add opencv-python-headless"}
    trial = trial_in(
        printed(
            told("numpy", 1),
            told("cv2", 2, "ModuleNotFoundError: No module named 'cv2'", **missing),
            told("fancy", 3, "ImportError: no", optional=True),
            told("pyspark", 4, "it was still being imported after 120 s", ok=True),
        )
    )
    assert trial == ImportTrial(
        python="3.6.15",
        faults=(
            ImportFault(
                place="src/score.py:2",
                module="cv2",
                error="ModuleNotFoundError: No module named 'cv2'",
                remedy="cv2: add opencv-python-headless",
                missing="cv2",
                packages=("opencv-python-headless",),
            ),
        ),
        notes=(
            "src/score.py:3: ImportError: no",
            "src/score.py:4: it was still being imported after 120 s",
        ),
    )


def test_failures_are_refused_with_place_error_and_remedy() -> None:
    faults = tuple(ImportFault(place=f"score.py:{n}", module="m", error=f"error {n}", remedy=None) for n in range(1, 6))
    faults = (ImportFault(place="a.py:9", module="m", error="E: m", remedy="add m"), *faults)
    with pytest.raises(ScriptsImportsFail) as error:
        refuse_failures(ImportTrial(python="3.6.15", faults=faults), MINE)
    assert str(error.value) == (
        "environment 'mine' is built for Python 3.6.15, and the script does not load in it: a.py:9: E: m (add m); "
        "score.py:1: error 1; score.py:2: error 2; and 3 more"
    )
    assert error.value.trial.faults == faults
    refuse_failures(ImportTrial(python="3.6.15", notes=("a",)), MINE)


def test_a_script_that_its_python_cannot_parse_is_a_fault() -> None:
    trial = trial_in(printed(syntax={"file": "src/score.py", "line": 7, "message": "invalid syntax"}))
    assert [str(fault) for fault in trial.faults] == [
        "src/score.py:7: it does not parse on Python 3.6.15: invalid syntax (pin the Python that it was written for)"
    ]


def test_a_test_that_does_not_answer_is_told() -> None:
    with pytest.raises(BuildError) as error:
        trial_in(b"Killed\n")
    assert str(error.value) == "the import test did not answer; it printed 'Killed'"


def test_a_process_that_an_import_leaves_behind_keeps_nobody_waiting(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "score.py").write_text("import daemon_of_mine\nimport no_such_module\n")
    (tmp_path / "src" / "daemon_of_mine.py").write_text(
        "import subprocess\n"
        "left = subprocess.Popen(['sleep', '600'], start_new_session=True)\n"
        "open('left.pid', 'w').write(str(left.pid))\n"
    )
    code = Code(tree=Tree(name="src", files=(), is_folder=True), entry_script="score.py")
    variables = {"AZUREML_ENTRY_SCRIPT": "src/score.py", "AZUREML_SOURCE_DIRECTORY": "src"}
    try:
        trial = try_imports_here(own_interpreter().path, tmp_path, code, variables, serving_source())
    finally:
        os.kill(int((tmp_path / "left.pid").read_text()), signal.SIGKILL)
    assert [fault.missing for fault in trial.faults] == ["no_such_module"]


def build(spec: Callable[..., ImageSpec], script: str, workspace: Workspace, state: MachineState, folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "score.py").write_text(script)
    code = Code(tree=workspace.blobs.put_tree(folder), entry_script="score.py")
    build_process_image(spec(code=code), workspace, state)


RUN = "\ndef init():\n    pass\n\n\ndef run(data):\n    return data\n"


def test_a_script_whose_imports_fail_is_not_built(
    spec: Callable[..., ImageSpec], workspace: Workspace, state: MachineState, tmp_path: Path
) -> None:
    with pytest.raises(ScriptsImportsFail) as error:
        build(spec, f"import alpha\nimport nothing_of_the_kind\n{RUN}", workspace, state, tmp_path / "code")
    assert str(error.value).startswith(f"environment 'mine' is built for Python {error.value.trial.python}, and ")
    assert "code/score.py:2: ModuleNotFoundError: No module named 'nothing_of_the_kind' (" in str(error.value)
    assert list((state.root / "imports").iterdir()) == []


def test_imports_that_worked_are_not_tried_again(
    spec: Callable[..., ImageSpec], workspace: Workspace, state: MachineState, tmp_path: Path
) -> None:
    """A script that leaves a mark whenever it is imported tells how often that was."""
    own = tmp_path / "code"
    own.mkdir()
    (own / "own.py").write_text(f"open({str(tmp_path / 'marks')!r}, 'a').write('x')\n")
    for answer in ("data", "data, 1", "data, 2"):
        build(spec, f"import own\n{RUN.replace('return data', f'return {answer}')}", workspace, state, own)
    assert (tmp_path / "marks").read_text() == "x"
    build(spec, f"import own\nimport json\n{RUN}", workspace, state, own)
    assert (tmp_path / "marks").read_text() == "xx"
