import platform
from pathlib import Path

import pytest

from shipway.errors import BuildError
from shipway.image.interpreters import Served, find_interpreter, misfit, own_interpreter, satisfies, served_pin


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
        "install one, such as with `pyenv install 3.7`, or name one with --python"
    )


@pytest.mark.parametrize(
    ("pin", "served", "told"),
    [
        ("3.6.2", "3.6.2", ""),
        (">=3.5", ">=3.5", ""),
        ("3.5.2", "3.6", "it pins Python 3.5.2 and runs on 3.6, the oldest that the scoring server runs on"),
        ("2.7", "3.6", "it pins Python 2.7 and runs on 3.6, the oldest that the scoring server runs on"),
        (">=3.4,<3.6", "3.6", "it pins Python >=3.4,<3.6 and runs on 3.6, the oldest that the scoring server runs on"),
        ("3.14.1", "3.13", "it pins Python 3.14.1 and runs on 3.13, the newest that the scoring server runs on"),
        (">=3.14", "3.13", "it pins Python >=3.14 and runs on 3.13, the newest that the scoring server runs on"),
        (None, None, ""),
    ],
)
def test_a_pin_that_the_server_does_not_run_on_is_served_by_the_nearest_and_said(
    pin: str | None, served: str | None, told: str
) -> None:
    assert served_pin(pin) == Served(pin=served, told=told)


@pytest.mark.parametrize(
    ("as_of", "pin"), [("2019-03-01", "3.6.2"), ("2021-06-30", "3.6.2"), ("2022-05-01", "3.8"), ("2023-01-01", None)]
)
def test_no_pin_is_v1s_default_of_the_assets_time(as_of: str, pin: str | None) -> None:
    served = served_pin(None, as_of)
    assert served.pin == pin
    assert served.told == (f"it pins no Python and runs on {pin}, v1's default on {as_of}" if pin else "")


def test_a_pin_that_contradicts_itself_is_refused() -> None:
    with pytest.raises(BuildError) as error:
        served_pin(">=3.9,<3.8")
    assert str(error.value) == (
        "the environment pins Python >=3.9,<3.8, which is no version that there is; write one such as 3.11"
    )


def test_the_users_own_choice_is_taken_against_the_pin_and_said(machine: Path) -> None:
    path = write_python(machine / "mine", "3.8", "echo 3.8.1 x")
    found = find_interpreter("3.6.2", path)
    assert found.path == path
    assert misfit(found, "3.6.2") == f"--python {path} is Python 3.8.1, and the environment pins 3.6.2: yours is taken"
    assert misfit(found, "3.8.16") == ""


def test_a_choice_that_is_no_python_or_too_old_is_refused(machine: Path) -> None:
    old = write_python(machine / "mine", "3.5", "echo 3.5.2 x")
    with pytest.raises(BuildError) as error:
        find_interpreter(None, old)
    assert str(error.value) == f"--python {old} is Python 3.5.2; the scoring server runs on 3.6 to 3.13"
    silent = write_python(machine / "mine", "3.9", "exit 0")
    for path in (silent, machine / "none"):
        with pytest.raises(BuildError) as error:
            find_interpreter(None, path)
        assert str(error.value) == f"--python {path} does not start as a Python; name the path of an interpreter"


def test_only_interpreters_whose_name_fits_are_asked(machine: Path) -> None:
    asked = machine / "asked"
    write_python(machine / "bin", "3.9", f"touch {asked}; echo 3.9.1 x")
    fitting = write_python(machine / "uv" / "cpython-3.7" / "bin", "3.7", "echo 3.7.2 x")
    assert find_interpreter("3.7.1").path == fitting
    assert not asked.exists()


def test_what_is_no_pin_is_refused(machine: Path) -> None:
    with pytest.raises(
        BuildError, match=r"^the environment pins Python 'three', which is not a version; write one such"
    ):
        find_interpreter("three")
