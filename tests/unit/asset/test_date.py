"""The day of an asset is that of its last commit, and only while it is as it was committed."""

import os
import subprocess
from pathlib import Path

import pytest

from shipway.asset.date import day_of


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    git(tmp_path, "init", "-q")
    commit(tmp_path, "2020-03-01", score="one", conda="one")
    commit(tmp_path, "2021-05-06", score="two")
    commit(tmp_path, "2023-01-01", other="x")
    return tmp_path


def git(folder: Path, *words: str, day: str = "2020-01-01") -> None:
    who = {f"GIT_{role}_{what}": "x" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    when = {f"GIT_{role}_DATE": f"{day}T12:00:00Z" for role in ("AUTHOR", "COMMITTER")}
    subprocess.run(["git", *words], cwd=folder, check=True, env={**os.environ, **who, **when})


def commit(folder: Path, day: str, **files: str) -> None:
    for name, text in files.items():
        (folder / name).write_text(text)
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "x", day=day)


def test_the_last_commit_that_touched_one_of_the_files_tells_the_day(repository: Path) -> None:
    assert day_of([repository / "conda"]) == "2020-03-01"
    assert day_of([repository / "score", repository / "conda"]) == "2021-05-06"


def test_a_file_that_was_changed_or_never_committed_leaves_no_day(repository: Path) -> None:
    (repository / "score").write_text("three")
    (repository / "new").write_text("x")
    assert day_of([repository / "score", repository / "conda"]) is None
    assert day_of([repository / "new"]) is None
    assert day_of([repository / "conda"]) == "2020-03-01"


def test_without_a_repository_there_is_no_day(tmp_path: Path) -> None:
    (tmp_path / "score").write_text("x")
    assert day_of([tmp_path / "score"]) is None
    assert day_of([]) is None
