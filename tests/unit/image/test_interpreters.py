import platform
from pathlib import Path

import pytest

from shipway.errors import BuildError
from shipway.image.interpreters import find_interpreter, own_interpreter, satisfies


def write_python(folder: Path, minor: str, answer: str) -> Path:
    """An executable that answers like an interpreter of that version, or refuses like a shim."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"python{minor}"
    path.write_text(f"#!/bin/sh\n{answer}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with only the interpreters that a test puts there."""
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    monkeypatch.setenv("UV_PYTHON_INSTALL_DIR", str(tmp_path / "uv"))
    return tmp_path


@pytest.mark.parametrize(
    ("version", "pin", "holds"),
    [
        ((3, 6, 15), "3.6.2", True),
        ((3, 6, 15), "3.6", True),
        ((3, 6, 15), "=3.6", True),
        ((3, 6, 15), "==3.6.*", True),
        ((3, 6, 15), "3", True),
        ((3, 7, 1), "3.6", False),
        ((3, 10, 1), "3.1", False),
        ((3, 8, 1), ">=3.7,<3.9", True),
        ((3, 9, 0), ">=3.7,<3.9", False),
        ((3, 8, 1), ">3.8", False),
        ((3, 8, 1), "<=3.8", True),
        ((3, 8, 1), "!=3.8", False),
        ((3, 9, 1), "~=3.8", True),
        ((3, 9, 1), "~=3.8.1", False),
    ],
)
def test_a_pin_holds_for_any_patch_level(version: tuple[int, ...], pin: str, holds: bool) -> None:
    assert satisfies(version, pin) is holds


def test_without_a_pin_it_is_shipways_own_outside_its_virtual_environment() -> None:
    own = find_interpreter(None)
    assert own.version == platform.python_version()
    assert own.path.exists()
    assert not (own.path.parent.parent / "pyvenv.cfg").exists()


def test_a_pin_that_shipways_own_meets_needs_no_search(machine: Path) -> None:
    own = own_interpreter()
    assert find_interpreter(own.version.rpartition(".")[0]) == own


def test_interpreters_are_asked_themselves_and_shims_that_refuse_are_passed_by(machine: Path) -> None:
    write_python(machine / "bin", "3.6", "echo 'pyenv: python3.6: command not found' >&2; exit 127")
    write_python(machine / "pyenv" / "versions" / "3.6.9" / "bin", "3.6", "echo 3.6.9 x")
    newest = write_python(machine / "pyenv" / "versions" / "3.6.15" / "bin", "3.6", "echo 3.6.15 x")
    assert find_interpreter("3.6.2").path == newest
    assert find_interpreter("3.6.9").version == "3.6.9"


def test_a_pin_that_nothing_meets_is_refused_with_what_is_there(machine: Path) -> None:
    write_python(machine / "bin", "3.8", "echo 3.8.1 x")
    write_python(machine / "uv" / "cpython-3.10" / "bin", "3.10", "echo 3.10.2 x")
    with pytest.raises(BuildError) as error:
        find_interpreter("3.7.3")
    assert str(error.value) == (
        "the environment pins Python 3.7.3, and there is none here (found 3.8.1, 3.10.2); "
        "install one, such as with `uv python install`, or pin another"
    )


def test_a_python_too_old_for_the_server_and_a_pin_that_is_none_are_refused(machine: Path) -> None:
    with pytest.raises(
        BuildError, match=r"^the environment pins Python 2\.7; the scoring server runs on 3\.6 and newer"
    ):
        find_interpreter("2.7")
    with pytest.raises(
        BuildError, match=r"^the environment pins Python 'three', which is not a version; write one such"
    ):
        find_interpreter("three")
