"""Locks are resolved once: here, and for every machine that shares the workspace."""

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from shipway.domain.environment import Environment
from shipway.errors import BuildError
from shipway.image.interpreters import own_interpreter
from shipway.image.packages.kept import asked_for, kept_lock, with_credentials
from shipway.image.packages.lock import Lock, PythonThere, packages_in
from shipway.image.packages.refusals import without_credentials
from shipway.machine.state import MachineState
from shipway.store.workspace import Workspace
from tests.unit.image.wheels import write_wheel

HERE = PythonThere(version=own_interpreter().version, interpreter=own_interpreter().path)
SECRET = "--extra-index-url https://ada:byron@index.example/simple"


def kept(state: MachineState, workspace: Workspace, *requirements: str) -> Lock:
    return kept_lock(Environment(name="mine", requirements=requirements), HERE, "httptools>=1\n", workspace, state)


def test_another_machine_resolves_nothing(
    state: MachineState, workspace: Workspace, index: tuple[str, ...], tmp_path: Path
) -> None:
    lock = kept(state, workspace, *index, "alpha")
    write_wheel(tmp_path / "wheels", "alpha", "2.5")
    assert kept(state, workspace, *index, "alpha") == lock
    assert kept(MachineState(tmp_path / "other"), workspace, *index, "alpha") == lock
    assert packages_in(kept(state, workspace, *index, "alpha>2").text)[0] == "alpha==2.5"


def test_credentials_stay_out_of_the_workspace_and_are_there_for_uv_on_another_machine(
    state: MachineState, workspace: Workspace, index: tuple[str, ...], tmp_path: Path
) -> None:
    write_wheel(tmp_path / "wheels", "httptools", "0.1")
    first = kept(state, workspace, *index, SECRET, "alpha")
    other = kept(MachineState(tmp_path / "other"), workspace, *index, SECRET, "alpha")
    assert other.private == first.private
    assert "ada:byron@index.example" in first.private
    assert "byron" not in first.text
    apart = kept(state, workspace, *index, SECRET, "httptools<1")
    assert "ada:byron@index.example" in apart.apart_private
    assert "byron" not in apart.apart
    assert kept(MachineState(tmp_path / "other"), workspace, *index, SECRET, "httptools<1") == apart
    files = [path for folder in ("workspace", "state", "other") for path in (tmp_path / folder).rglob("*")]
    assert not [path for path in files if path.is_file() and b"byron" in path.read_bytes()]


def test_a_failure_is_not_kept(
    state: MachineState, workspace: Workspace, index: tuple[str, ...], tmp_path: Path
) -> None:
    with pytest.raises(BuildError, match="gamma"):
        kept(state, workspace, *index, "gamma")
    write_wheel(tmp_path / "wheels", "gamma", "1.0")
    assert "gamma==1.0" in packages_in(kept(state, workspace, *index, "gamma").text)


def test_what_decides_a_lock_is_all_that_was_asked_for() -> None:
    environment = Environment(name="mine", requirements=(SECRET, "alpha"))
    asked = asked_for(environment, HERE, "httptools\n")
    likewise = replace(environment, name="other", requirements=(SECRET.replace("byron", "x"), "alpha"))
    assert asked_for(likewise, HERE, "httptools\n") == asked
    for changed in (
        replace(environment, requirements=("alpha",)),
        replace(environment, as_of="2021-01-01"),
        replace(environment, user_managed=True),
    ):
        assert asked_for(changed, HERE, "httptools\n") != asked
    assert asked_for(environment, replace(HERE, version="3.6.15"), "httptools\n") != asked
    assert asked_for(environment, replace(HERE, platform="x86_64-manylinux_2_17"), "httptools\n") != asked
    assert asked_for(environment, HERE, "httptools>1\n") != asked


def test_credentials_are_laid_over_the_urls_they_belong_to() -> None:
    text = (
        "--index-url https://a.example/s\nb @ https://a.example/s/b.whl#egg=b \\\n    --hash=x\nc @ https://c.example/c"
    )
    laid = with_credentials(text, ("--index-url https://me:pw@a.example/s", "c @ https://you:pw@c.example/c"))
    assert laid == (
        "--index-url https://me:pw@a.example/s\nb @ https://me:pw@a.example/s/b.whl#egg=b \\\n    --hash=x\n"
        "c @ https://you:pw@c.example/c"
    )


def test_the_user_of_ssh_stays_in_a_lock_that_is_read_again() -> None:
    line = "foo @ git+ssh://git@code.example/x/foo.git@1f00"
    assert with_credentials(without_credentials(line), (line,)) == line


def test_the_servers_needs_change_nothing_for_the_author(
    state: MachineState, workspace: Workspace, index: tuple[str, ...], tmp_path: Path
) -> None:
    """`delta`, which our server would have newer, and which it gets in a folder of its own then."""
    for version in ("1.0", "2.0"):
        write_wheel(tmp_path / "wheels", "delta", version)
    environment = Environment(name="mine", requirements=(*index, "delta<2", "beta"))
    alone, beside, apart = (
        kept_lock(environment, HERE, serving, workspace, state) for serving in ("", "httptools\nalpha\n", "delta>=2\n")
    )
    assert packages_in(alone.text) == ["alpha==1.0", "beta==1.0", "delta==1.0"]
    assert packages_in(beside.text) == [*packages_in(alone.text), "httptools==1.0"]
    assert apart.text == alone.text
    assert packages_in(apart.apart) == ["delta==2.0"]
    assert not beside.apart
    assert len({alone.digest, beside.digest, apart.digest}) == 3


def test_of_packages_that_the_author_manages_none_is_installed(
    state: MachineState, workspace: Workspace, index: tuple[str, ...]
) -> None:
    environment = Environment(name="mine", requirements=(*index, "gamma"), user_managed=True)
    lock = kept_lock(environment, HERE, "httptools\n", workspace, state)
    assert (lock.text, lock.on_top) == ("", True)
    assert packages_in(lock.apart) == ["httptools==1.0"]


def test_a_lock_reads_like_any_requirements_file(
    state: MachineState, workspace: Workspace, index: tuple[str, ...], tmp_path: Path
) -> None:
    (tmp_path / "lock.txt").write_text(kept(state, workspace, *index, "beta").text)
    command = [own_interpreter().path, "-m", "pip", "install", "--dry-run", "--quiet", "--require-hashes"]
    target = ["--target", str(tmp_path / "t"), "--disable-pip-version-check"]
    subprocess.run([*command, *target, "-r", tmp_path / "lock.txt"], check=True)
