"""requirements/setup.sh where something is missing: it does without uv, and says in one line what it cannot do."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.installation import ROOT, copy_tree, run

TOOLS = ("cat", "cut", "dirname", "sha256sum")
"""All that the script calls besides Python and uv; the shell itself is named by its first line."""


@dataclass(frozen=True, kw_only=True)
class Machine:
    """A tree to set up, and a path with no more on it than what was put there: no uv, and no Python at first."""

    tree: Path
    bin: Path

    def has_python(self) -> None:
        (self.bin / "python3").symlink_to(getattr(sys, "_base_executable", sys.executable))

    def set_up(self, **settings: str) -> "subprocess.CompletedProcess[str]":
        hidden = {"PYTHON", "PYTHONPATH", "VIRTUAL_ENV"}
        environment = {name: value for name, value in os.environ.items() if name not in hidden}
        environment |= {"PATH": str(self.bin)} | settings
        return subprocess.run(
            [self.tree / "requirements" / "setup.sh"], env=environment, capture_output=True, text=True, check=False
        )


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    made = Machine(tree=tmp_path / "tree", bin=tmp_path / "bin")
    (made.tree / "requirements").mkdir(parents=True)
    for name in ("requirements/setup.sh", "requirements/all.txt", "pyproject.toml"):
        shutil.copy(ROOT / name, made.tree / name)
    made.bin.mkdir()
    for tool in TOOLS:
        (made.bin / tool).symlink_to(str(shutil.which(tool)))
    return made


def test_without_a_python_one_line_names_the_version_and_the_package(machine: Machine) -> None:
    done = machine.set_up()
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "shipway needs Python 3.11 or newer, and none is on the path; on Debian 12: apt-get install python3\n"
    )


def test_without_uv_and_ensurepip_one_line_names_the_package_and_nothing_is_made(machine: Machine) -> None:
    """As on a fresh Debian, whose python3 has no ensurepip."""
    machine.has_python()
    (machine.tree / "ensurepip.py").write_text("raise ImportError('as on Debian without python3-venv')")
    done = machine.set_up(PYTHONPATH=str(machine.tree))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "python3 -m venv does not work here; on Debian 12: apt-get install python3-venv\n"
    assert not (machine.tree / ".venv").exists()


@pytest.mark.timeout(300)
def test_without_uv_python_and_pip_do_it_and_the_second_time_nothing_is_done(machine: Machine) -> None:
    """With the lock cut down to what the installation of the tree itself needs: the whole is a gigabyte."""
    machine.has_python()
    copy_tree(machine.tree)
    lock = machine.tree / "requirements" / "all.txt"
    lock.write_text(only_for("hatchling", lock.read_text()))
    done = machine.set_up()
    if done.returncode != 0 and "index" in done.stderr and not os.environ.get("CI"):
        pytest.skip(f"no package index can be reached: {done.stderr}")
    assert done.returncode == 0, done.stderr
    assert "installing Shipway and all its extras into .venv (about 1 GB)" in done.stderr
    command = [str(machine.tree / ".venv" / "bin" / "shipway"), "--version"]
    assert run(command, cwd=Path("/"), environment={}).startswith("shipway ")
    again = machine.set_up()
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")


def only_for(package: str, lock: str) -> str:
    """The lock's entries, hashes and all, of a package and of what it asks for itself."""
    entries = re.split(r"^(?=[a-z0-9])", lock, flags=re.MULTILINE)
    return "".join(
        entry for entry in entries if entry.startswith(f"{package}==") or package in entry.partition("# via")[2].split()
    )
