"""The examples do what they say: their files are read without complaint, their models behave as their releases tell."""

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from shipway.config.golden import load_golden
from shipway.config.release_file import load_release_file
from shipway.verification.answers import first_difference
from shipway.verification.suite import answer_rows, load_suite
from tests.absent import absent

ROOT = Path(__file__).parents[2]
DIGITS = ROOT / "configs" / "examples" / "digits"
RELEASES = sorted(path.name for path in DIGITS.glob("release*.yaml"))


@pytest.fixture(scope="module")
def python() -> Path:
    """An interpreter with the example's requirements, made once for each state of them."""
    requirements = DIGITS / "requirements.txt"
    venv = ROOT / ".venvs" / f"digits-{hashlib.sha256(requirements.read_bytes()).hexdigest()[:12]}"
    python = venv / "bin" / "python"
    if (venv / ".complete").exists():
        return python
    uv = shutil.which("uv") or str(Path(sys.executable).with_name("uv"))
    for command in (
        [uv, "venv", "-q", "--clear", "--python", sys.executable, str(venv)],
        [uv, "pip", "install", "-q", "--python", str(python), "-r", str(requirements)],
    ):
        try:
            subprocess.run(command, check=True, capture_output=True, text=True)
        except FileNotFoundError:
            absent("uv is not installed")
        except subprocess.CalledProcessError as error:
            absent(f"the example's requirements cannot be installed: {error.stderr.strip()[-300:]}")
    (venv / ".complete").touch()
    return python


@pytest.fixture(scope="module")
def example(python: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the example, its models trained and its golden rows chosen anew, from another working folder."""
    copy = tmp_path_factory.mktemp("examples") / "digits"
    shutil.copytree(DIGITS, copy, ignore=shutil.ignore_patterns("models", "__pycache__"))
    subprocess.run([python, copy / "train.py", "--golden"], check=True, cwd="/", capture_output=True)
    return copy


@pytest.fixture(scope="module")
def seen(python: Path, example: Path) -> dict[str, Any]:
    probe = Path(__file__).with_name("digits_probe.py")
    result = subprocess.run([python, probe, example], check=True, cwd="/", capture_output=True, text=True)
    return dict(json.loads(result.stdout))


def wrong_rows(seen: dict[str, Any], version: str) -> int:
    rows = load_golden(DIGITS / "golden.jsonl")
    differences = zip(rows, seen[version]["answers"], strict=True)
    return sum(first_difference(row.expected, answer, row.tolerance) is not None for row, answer in differences)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", RELEASES)
def test_a_release_file_is_read_without_a_warning(name: str, example: Path) -> None:
    assert load_release_file(example / name).warnings == ()


def test_there_is_a_release_for_each_version(example: Path) -> None:
    configs = [load_release_file(example / name).value for name in RELEASES]
    assert {config.models[0].path for config in configs} == {
        str(example / "models" / version / "digits.onnx") for version in ("v1", "v2", "v3", "v4", "v5")
    }
    assert all(config.inference == configs[0].inference for config in configs), "one entry script serves all"


def test_training_again_gives_the_golden_rows_that_are_in_the_repository(example: Path) -> None:
    assert (example / "golden.jsonl").read_text() == (DIGITS / "golden.jsonl").read_text()


def test_version_2_is_better_than_version_1_which_is_good(seen: dict[str, Any]) -> None:
    assert 0.94 < seen["v1"]["accuracy"] < seen["v2"]["accuracy"]
    assert wrong_rows(seen, "v1") == wrong_rows(seen, "v2") == 0


def test_version_3_answers_wrongly(seen: dict[str, Any]) -> None:
    assert seen["v3"]["accuracy"] < 0.3
    assert wrong_rows(seen, "v3") > 5


def test_version_4_crashes_in_init(seen: dict[str, Any]) -> None:
    assert "Protobuf parsing failed" in seen["v4"]["init"]


def test_version_5_answers_rightly_and_takes_200_ms_at_least(seen: dict[str, Any]) -> None:
    assert wrong_rows(seen, "v5") == 0
    assert seen["v5"]["fastest_s"] >= 0.2


def test_every_column_of_the_suite_is_in_the_answers(seen: dict[str, Any]) -> None:
    suite = load_suite((DIGITS / "answers.suite.json").read_text(), "answers.suite.json")
    columns = {expectation["kwargs"]["column"] for expectation in suite["expectations"]}
    assert columns == {key for row in answer_rows(seen["v1"]["answers"]) for key in row}


def test_no_binary_of_the_example_is_in_git() -> None:
    listed = subprocess.run(["git", "ls-files", "-z", DIGITS], check=True, cwd=ROOT, capture_output=True, text=True)
    for name in filter(None, listed.stdout.split("\0")):
        assert b"\0" not in (ROOT / name).read_bytes(), name
