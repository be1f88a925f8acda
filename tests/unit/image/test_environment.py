import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from shipway.domain.environment import UNNAMED, Environment
from shipway.errors import BuildError
from shipway.image.environment import is_complete, make_venv
from shipway.image.interpreters import own_interpreter
from shipway.image.packages.kept import kept_lock
from shipway.image.packages.lock import Lock, PythonThere, packages_in
from shipway.image.packages.resolve import resolve
from shipway.machine.state import MachineState
from shipway.store.workspace import open_workspace
from tests.unit.image.wheels import write_wheel

PYTHON = PythonThere(version=own_interpreter().version, interpreter=own_interpreter().path)
SERVING = "httptools>=0.1\n"


def locked(state: MachineState, *requirements: str) -> Lock:
    workspace = open_workspace(state.root.parent / "workspace", create=True)
    return kept_lock(Environment(name="mine", requirements=requirements), PYTHON, SERVING, workspace, state)


def pins(lock: Lock) -> list[str]:
    return packages_in(lock.text)


def test_a_lock_holds_the_authors_requirements_and_the_servers_with_hashes(
    state: MachineState, index: tuple[str, ...]
) -> None:
    lock = locked(state, *index, "beta")
    assert pins(lock) == ["alpha==1.0", "beta==1.0", "httptools==1.0"]
    assert lock.text.count("--hash=sha256:") == 3
    assert lock.text.startswith("\n".join(index)), "what was found in the author's index is installed from there"


def test_a_release_candidate_is_taken_only_when_it_is_asked_for(state: MachineState, index: tuple[str, ...]) -> None:
    assert pins(locked(state, *index, "alpha"))[0] == "alpha==2.0"
    assert pins(locked(state, *index, "alpha==3.0rc1"))[0] == "alpha==3.0rc1"


def test_the_same_environment_is_resolved_once(state: MachineState, index: tuple[str, ...], tmp_path: Path) -> None:
    lock = locked(state, *index, "alpha")
    write_wheel(tmp_path / "wheels", "alpha", "2.5")
    assert locked(state, *index, "alpha") == lock
    assert pins(locked(state, *index, "alpha>2"))[0] == "alpha==2.5"


def test_requirements_that_nothing_satisfies_are_refused_with_uvs_reason_in_one_line(
    state: MachineState, index: tuple[str, ...]
) -> None:
    with pytest.raises(BuildError) as error:
        locked(state, *index, "beta", "alpha>=2")
    text = str(error.value)
    assert text.startswith(f"environment 'mine' cannot be resolved for Python {PYTHON.version}: No solution found")
    assert "beta" in text
    assert "alpha<2" in text
    assert "\n" not in text


def test_a_failed_resolution_is_not_kept(state: MachineState, index: tuple[str, ...], tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="gamma"):
        locked(state, *index, "gamma")
    write_wheel(tmp_path / "wheels", "gamma", "1.0")
    assert "gamma==1.0" in pins(locked(state, *index, "gamma"))


def test_packages_that_only_conda_has_are_refused_by_name(state: MachineState) -> None:
    environment = Environment(name="mine", conda_packages=("cudatoolkit=10.0", "r-base"))
    with pytest.raises(BuildError) as error:
        resolve(environment, PYTHON, SERVING, state)
    assert str(error.value) == (
        "environment 'mine' needs packages that only conda has, and the process target has none: "
        "cudatoolkit=10.0, r-base; take them out, name packages of pip's that do as well, or release it to docker"
    )


def test_an_environment_without_a_name_is_the_environment(state: MachineState) -> None:
    environment = Environment(name=UNNAMED, conda_packages=("r-base",))
    with pytest.raises(BuildError, match=r"^the environment needs packages that only conda has"):
        resolve(environment, PYTHON, SERVING, state)


def test_a_virtual_environment_holds_the_lock_and_is_made_once(state: MachineState, index: tuple[str, ...]) -> None:
    lock = locked(state, *index, "alpha")
    python = make_venv(lock, PYTHON, state)
    told = subprocess.run(
        [python, "-c", "import alpha; print(alpha.VERSION)"], check=True, capture_output=True, text=True
    )
    assert told.stdout == "2.0\n"
    made = (python.parents[1] / ".complete").stat().st_mtime_ns
    assert make_venv(lock, PYTHON, state) == python
    assert (python.parents[1] / ".complete").stat().st_mtime_ns == made
    assert make_venv(locked(state, *index, "alpha<2"), PYTHON, state) != python


def test_one_that_was_killed_half_way_is_made_again(state: MachineState, index: tuple[str, ...]) -> None:
    lock = locked(state, *index, "alpha")
    venv = make_venv(lock, PYTHON, state).parents[1]
    (venv / ".complete").unlink()
    (module,) = venv.glob("lib/*/site-packages/alpha.py")
    module.unlink()
    assert not is_complete(venv)
    make_venv(lock, PYTHON, state)
    assert module.exists()
    assert is_complete(venv)


def test_one_whose_interpreter_is_gone_is_made_again(state: MachineState, index: tuple[str, ...]) -> None:
    lock = locked(state, *index, "alpha")
    python = make_venv(lock, PYTHON, state)
    python.unlink()
    python.symlink_to("/nonexistent/python")
    assert make_venv(lock, PYTHON, state).resolve().exists()


def test_two_builders_at_once_make_one(state: MachineState, index: tuple[str, ...]) -> None:
    lock = locked(state, *index, "alpha")
    with ThreadPoolExecutor(4) as pool:
        pythons = list(pool.map(lambda _: make_venv(lock, PYTHON, state), range(4)))
    assert len(set(pythons)) == 1
    assert is_complete(pythons[0].parents[1])
    assert len([path for path in state.venvs.iterdir() if path.is_dir()]) == 1


def test_a_failed_installation_leaves_nothing(state: MachineState, index: tuple[str, ...], tmp_path: Path) -> None:
    lock = locked(state, *index, "alpha")
    (tmp_path / "wheels" / "alpha-2.0-py3-none-any.whl").unlink()
    with pytest.raises(BuildError, match=r"^the virtual environment .* cannot be made: .*alpha"):
        make_venv(lock, PYTHON, state)
    assert [path for path in state.venvs.iterdir() if path.is_dir()] == []


def test_on_top_of_a_virtual_environment_its_packages_are_seen(
    state: MachineState, index: tuple[str, ...], tmp_path: Path
) -> None:
    """The user's own, whose packages the author manages; ours adds nothing to it."""
    theirs = make_venv(locked(state, *index, "alpha"), PYTHON, state)
    workspace = open_workspace(tmp_path / "workspace", create=True)
    managed = Environment(name="mine", user_managed=True, requirements=index)
    there = PythonThere(version=PYTHON.version, interpreter=theirs)
    python = make_venv(kept_lock(managed, there, SERVING, workspace, state), there, state)
    ask = "import alpha; print(alpha.VERSION); import httptools"
    told = subprocess.run([python, "-c", ask], check=False, capture_output=True, text=True)
    assert told.stdout == "2.0\n", told.stderr
    assert python != theirs


def test_a_lock_that_is_damaged_on_this_machine_comes_from_the_workspace(
    state: MachineState, index: tuple[str, ...]
) -> None:
    lock = locked(state, *index, "alpha")
    for path in state.locks.glob("*.json"):
        path.write_text("{")
    assert locked(state, *index, "alpha") == lock
