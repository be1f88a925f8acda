import subprocess
from pathlib import Path

from shipway.release.source import commit_of


def git(folder: Path, *words: str) -> str:
    command = ["git", "-c", "user.name=ada", "-c", "user.email=ada@example.org", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout.strip()


def test_a_release_in_a_checkout_has_its_commit_and_says_when_that_is_not_all(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    (tmp_path / "score.py").write_text("one")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "one")
    head = git(tmp_path, "rev-parse", "HEAD")
    assert commit_of(tmp_path) == head
    (tmp_path / "score.py").write_text("two")
    assert commit_of(tmp_path) == f"{head}-dirty"


def test_a_folder_that_is_under_no_version_control_has_no_commit(tmp_path: Path) -> None:
    assert commit_of(tmp_path) is None
    assert commit_of(tmp_path / "absent") is None
