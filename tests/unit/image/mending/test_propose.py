"""Found by trying: real resolving, installing and importing, with a folder of tiny wheels for an index."""

import itertools
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from shipway.domain.environment import Environment, InferenceConfig
from shipway.errors import BuildError
from shipway.image.interpreters import own_interpreter
from shipway.image.packages.lock import Lock, PythonThere
from shipway.image.packages.mending import (
    EntryScript,
    Limits,
    NoProposal,
    Proposal,
    apply,
    as_diff,
    first_failure,
    foreseen,
    propose,
)
from shipway.image.packages.mending.trying import Foreseen, python_of_its_day
from shipway.image.uv import NothingSatisfies
from shipway.machine.state import MachineState
from tests.unit.image.mending.dated_index import dated_index
from tests.unit.image.wheels import write_wheel

OWN = own_interpreter()
THERE = PythonThere(version=OWN.version, interpreter=OWN.path)
SCRIPT = "{}\n\ndef init():\n    pass\n\ndef run(data):\n    return data\n"

Asset = Callable[..., tuple[Environment, EntryScript]]


@pytest.fixture
def asset(tmp_path: Path, index: tuple[str, ...]) -> Asset:
    """An environment of `requirements`, and a script beside a module of the author's own that it imports."""

    def make(*requirements: str, own: str = "") -> tuple[Environment, EntryScript]:
        folder = tmp_path / "source"
        folder.mkdir(exist_ok=True)
        (folder / "own.py").write_text(own)
        (folder / "score.py").write_text(SCRIPT.format("import own"))
        environment = Environment(name="mine", python=OWN.version, requirements=(*index, *requirements))
        return environment, EntryScript(path=folder / "score.py", source_directory=folder)

    return make


def write_broken(folder: Path, name: str, version: str) -> None:
    """A wheel whose module does not import, as one beside a neighbour that is too new."""
    write_wheel(folder, name, version)
    path = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path) as wheel:
        files = {item.filename: wheel.read(item) for item in wheel.infolist()}
    files[f"{name}.py"] = b"from os import no_such_name\n"
    with zipfile.ZipFile(path, "w") as wheel:
        for file, content in files.items():
            wheel.writestr(zipfile.ZipInfo(file), content)


def test_a_version_that_is_not_there_becomes_the_nearest_that_imports(
    asset: Asset, state: MachineState, tmp_path: Path
) -> None:
    write_broken(tmp_path / "wheels", "alpha", "1.2")
    environment, script = asset("alpha==1.1", own="import alpha")
    found = propose(environment, THERE, None, state, script=script)
    assert isinstance(found, Proposal)
    assert as_diff(found) == [
        "- alpha==1.1",
        "+ alpha==1.0  # alpha 1.1 is not in the index; 1.0 is the nearest that has",
    ]
    assert found.imported
    assert first_failure(apply(environment, found), THERE, script, state) is None


def test_of_pins_that_clash_the_one_that_another_needs_gives_way(asset: Asset, state: MachineState) -> None:
    environment, script = asset("alpha==2.0", "beta==1.0")
    found = propose(environment, THERE, None, state, script=script)
    assert isinstance(found, Proposal)
    assert as_diff(found) == ["- alpha==2.0", "+ alpha==1.0  # beta needs alpha<2"]


def test_two_faults_are_mended_one_after_the_other_and_nothing_else_is_changed(
    asset: Asset, state: MachineState, tmp_path: Path
) -> None:
    write_wheel(tmp_path / "wheels", "gamma", "1.0")
    environment, script = asset("alpha==1.1", "gamma==1.5", "beta")
    found = propose(environment, THERE, None, state, script=script)
    assert isinstance(found, Proposal)
    assert [(change.before, change.after) for change in found.changes] == [
        ("alpha==1.1", "alpha==1.0"),
        ("gamma==1.5", "gamma==1.0"),
    ]


def test_a_missing_package_that_is_known_is_added(asset: Asset, state: MachineState, tmp_path: Path) -> None:
    write_wheel(tmp_path / "wheels", "tabulate", "0.9")
    environment, script = asset("alpha", own="import tabulate")
    found = propose(environment, THERE, None, state, script=script)
    assert isinstance(found, Proposal)
    assert as_diff(found) == [
        "+ tabulate  # source/own.py:1 imports tabulate, and no package of the environment brings it"
    ]


def test_what_no_index_has_is_left_out_if_the_script_gets_along_without(asset: Asset, state: MachineState) -> None:
    environment, script = asset("alpha", "contoso-scoring==1.4")
    found = propose(environment, THERE, None, state, script=script)
    assert isinstance(found, Proposal)
    assert as_diff(found) == [
        "- contoso-scoring==1.4  # the index does not have it, and none of the script's imports needs it"
    ]


def test_a_plain_no_says_what_remains_and_what_was_tried(asset: Asset, state: MachineState) -> None:
    environment, script = asset("alpha", "contoso-scoring==1.4", own="import contoso_scoring")
    found = propose(environment, THERE, None, state, script=script)
    assert isinstance(found, NoProposal)
    assert found.why.startswith(
        "nothing that is known to help does; what remains: environment 'mine' cannot be resolved"
    )
    assert len(found.tried) == 1
    assert found.tried[0].startswith("without contoso-scoring==1.4: environment 'mine' is built for Python")


def test_a_no_repeats_nothing_that_whoever_asks_has_said(asset: Asset, state: MachineState) -> None:
    environment, script = asset("alpha", own="import mystery_mod")
    failure = first_failure(environment, THERE, script, state)
    found = propose(environment, THERE, failure, state, script=script)
    assert found == NoProposal(why="no package is known to bring mystery_mod")


def test_what_works_is_left_alone(asset: Asset, state: MachineState) -> None:
    environment, script = asset("alpha==1.0", own="import alpha")
    assert first_failure(environment, THERE, script, state) is None
    assert propose(environment, THERE, None, state, script=script) == NoProposal(why="it works as it is")


def test_without_a_script_an_environment_that_resolves_is_all_that_is_known(asset: Asset, state: MachineState) -> None:
    environment, _ = asset("alpha==1.1")
    found = propose(environment, THERE, None, state)
    assert isinstance(found, Proposal)
    assert not found.imported


def test_the_number_of_tries_is_bounded(asset: Asset, state: MachineState) -> None:
    environment, script = asset("alpha==1.1", own="import nothing_at_all")
    found = propose(environment, THERE, None, state, script=script, limits=Limits(tries=1))
    assert isinstance(found, NoProposal)
    assert found.why.startswith(
        "none was found in 1 tries; no package is known to bring nothing_at_all; what remains: environment 'mine' is"
    )


def test_the_time_is_bounded(asset: Asset, state: MachineState) -> None:
    clock = itertools.count(step=100).__next__
    environment, script = asset("alpha==1.1")
    found = propose(environment, THERE, None, state, script=script, limits=Limits(seconds=50, clock=clock))
    assert isinstance(found, NoProposal)
    assert found.why.startswith("none was found in 50 s; what remains: environment 'mine' cannot be resolved")
    assert found.tried == ()


def test_a_refusal_that_is_known_already_spares_a_try(asset: Asset, state: MachineState) -> None:
    environment, _ = asset("alpha==1.1")
    refusal = NothingSatisfies("no", "Because there is no version of alpha==1.1 and you require alpha==1.1, we can")
    assert isinstance(propose(environment, THERE, refusal, state, limits=Limits(tries=1)), Proposal)


def test_packages_that_the_author_manages_are_not_touched(asset: Asset, state: MachineState) -> None:
    environment = Environment(name="mine", user_managed=True)
    assert propose(environment, THERE, None, state) == NoProposal(
        why="the author manages the packages of this environment: they are the base image's"
    )


def test_an_index_that_does_not_answer_is_no_reason_to_change_pins(
    state: MachineState, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    environment = Environment(
        name="mine", python=OWN.version, requirements=("--index-url http://127.0.0.1:9/simple", "alpha")
    )
    found = propose(environment, THERE, None, state)
    assert isinstance(found, NoProposal)
    assert found.why.startswith("nothing can be tried: ")
    with pytest.raises(BuildError, match="does not answer"):
        first_failure(environment, THERE, None, state)


def test_what_no_import_test_finds_is_foreseen_and_bounded(asset: Asset, state: MachineState, tmp_path: Path) -> None:
    for name, version in (("keras", "2.3.1"), ("h5py", "2.10.0"), ("h5py", "3.1.0")):
        write_wheel(tmp_path / "wheels", name, version)
    environment, script = asset("keras==2.3.1", "h5py", own="import keras, h5py")
    failure = first_failure(environment, THERE, script, state)
    assert isinstance(failure, Foreseen)
    assert str(failure).startswith("Keras below 2.4 cannot load a model with h5py 3")
    found = propose(environment, THERE, failure, state, script=script)
    assert isinstance(found, Proposal)
    assert [(change.before, change.after) for change in found.changes] == [("h5py", "h5py<3")]


def test_unpinned_packages_are_taken_as_they_were_on_the_day_of_the_pins(
    asset: Asset, state: MachineState, tmp_path: Path
) -> None:
    """The index says when each was published; no rule knows these packages."""
    environment, script = asset(own="import alpha")
    write_wheel(tmp_path / "wheels", "gamma", "1.0")
    write_broken(tmp_path / "wheels", "alpha", "2.5")
    days = {"gamma-1.0": "2020-03-01", "alpha-2.5": "2024-01-01"}
    with dated_index(tmp_path / "wheels", days) as url:
        environment = replace(environment, requirements=(f"--index-url {url}", "gamma==1.0", "alpha"))
        found = propose(environment, THERE, None, state, script=script)
    assert isinstance(found, Proposal)
    assert as_diff(found) == [
        "+ --as-of 2020-03-31  # gamma 1.0 is of 2020-03-01: packages without a version are taken as they were then"
    ]
    assert apply(environment, found).as_of == "2020-03-31"


def test_an_environment_without_a_python_gets_that_of_its_day() -> None:
    environment = Environment(name="mine", as_of="2020-03-31")
    there = PythonThere(version="3.11.7", platform="x86_64-manylinux_2_36")
    assert python_of_its_day(environment, there) == PythonThere(version="3.6.2", platform=there.platform)
    assert python_of_its_day(replace(environment, python="3.11"), there) == there
    assert python_of_its_day(replace(environment, as_of=None), there) == there


def test_of_a_lock_alone_it_is_known_what_will_break() -> None:
    environment = Environment(name="mine", requirements=("scikit-learn==1.2.2",))
    lock = Lock(text="numpy==2.2.6 \\\n    --hash=sha256:0\nscikit-learn==1.2.2\n", private="")
    found = foreseen(environment, lock, PythonThere(version="3.11.7"))
    assert found is not None
    assert [change.after for change in found.changes] == ["numpy<2"]
    good = Lock(text="numpy==1.26.4\nscikit-learn==1.2.2\n", private="")
    assert foreseen(environment, good, PythonThere(version="3.11.7")) is None


def test_for_an_image_the_imports_are_tried_on_a_python_of_this_machine(asset: Asset, state: MachineState) -> None:
    environment, script = asset("alpha==1.1", own="import alpha")
    there = PythonThere(version=OWN.version, platform="x86_64-manylinux_2_36")
    found = propose(environment, there, None, state, script=script)
    assert isinstance(found, Proposal)
    assert found.imported


def test_nothing_is_left_behind(asset: Asset, state: MachineState) -> None:
    environment, script = asset("alpha==1.1")
    propose(environment, THERE, None, state, script=script)
    assert [path.name for path in state.root.rglob("*") if not path.is_dir()] == []
    assert sorted(path.name for path in state.root.iterdir()) in ([], ["locks"])
    assert sorted(path.name for path in script.path.parent.iterdir()) == ["own.py", "score.py"]


def test_the_script_of_a_config_is_found_and_there_may_be_none() -> None:
    environment = Environment(name="mine")
    config = InferenceConfig(entry_script="code/score.py", source_directory="/assets", environment=environment)
    assert EntryScript.of(config) == EntryScript(path=Path("/assets/code/score.py"), source_directory=Path("/assets"))
    alone = InferenceConfig(entry_script="/assets/score.py", source_directory=None, environment=environment)
    assert EntryScript.of(alone) == EntryScript(path=Path("/assets/score.py"))
    none = InferenceConfig(entry_script=None, source_directory=None, environment=environment)
    assert EntryScript.of(none) is None


def test_of_changes_that_were_made_together_those_that_were_not_needed_are_taken_back(
    asset: Asset, state: MachineState, tmp_path: Path
) -> None:
    """Two rules fit; itsdangerous imports in either version here."""
    wheels = tmp_path / "wheels"
    for name, version in (("flask", "1.1.2"), ("jinja2", "3.0"), ("itsdangerous", "2.0"), ("itsdangerous", "2.1")):
        write_wheel(wheels, name, version)
    write_broken(wheels, "jinja2", "3.1")
    environment, script = asset("flask==1.1.2", "jinja2", "itsdangerous", own="import jinja2, itsdangerous")
    found = propose(environment, THERE, None, state, script=script)
    assert isinstance(found, Proposal)
    assert [(change.before, change.after) for change in found.changes] == [("jinja2", "jinja2<3.1")]
