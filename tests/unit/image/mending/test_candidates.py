"""What is thought of, in which order, for environments that failed in some way; nothing is tried here."""

from dataclasses import replace
from pathlib import Path

import pytest
from packaging.version import Version

from shipway.domain.environment import Environment, PinChange
from shipway.image.imports import ImportFault, ImportTrial, ScriptsImportsFail
from shipway.image.packages.lock import Lock, PythonThere
from shipway.image.packages.mending.candidates import Failed, at_what_it_became, candidates, nearest
from shipway.image.packages.mending.index import Index, Release
from shipway.image.packages.mending.propose import became, gets_further
from shipway.image.packages.mending.trying import Outcome, Stage
from shipway.image.uv import NothingSatisfies, UvFailed
from tests.unit.image.mending.test_complaints import CLASH, NO_WHEEL, NONE_OF_THAT, UNKNOWN

THERE = PythonThere(version="3.8.18", platform="x86_64-manylinux_2_36")


def _release(version: str, day: str = "", *, has_wheel: bool = True) -> Release:
    return Release(version=Version(version), day=day, has_wheel=has_wheel)


def _index(**known: tuple[Release, ...]) -> Index:
    """What it knows is all there is: nothing is asked for."""
    names = ("numpy", "pandas", "tensorflow", "contoso-scoring", "six")
    return Index((), THERE, Path(), {name: known.get(name, ()) for name in names})


NUMPY = (
    _release("1.17.3", "2019-10-17"),
    _release("1.16.6", "2019-12-29", has_wheel=False),
    _release("1.15.4", "2018-11-04", has_wheel=False),
    _release("1.15.0", "2018-07-23", has_wheel=False),
)
PANDAS = (_release("1.0.0", "2020-01-29"), _release("0.25.3", "2019-10-31"), _release("0.23.4", "2018-08-04"))


def _refused(words: str, *requirements: str, python: str | None = "3.8", can_import: bool = False) -> Failed:
    outcome = Outcome(stage=Stage.NOWHERE, error=NothingSatisfies("it cannot be resolved", words))
    environment = Environment(name="mine", python=python, requirements=requirements)
    return Failed(environment=environment, outcome=outcome, there=THERE, can_import=can_import)


def _unimportable(fault: ImportFault, *requirements: str) -> Failed:
    error = ScriptsImportsFail("the script does not load", ImportTrial(python="3.8.18", faults=(fault,)))
    outcome = Outcome(stage=Stage.INSTALLED, error=error, lock=Lock(text="", private=""))
    environment = Environment(name="mine", python="3.8", requirements=requirements)
    return Failed(environment=environment, outcome=outcome, there=THERE, can_import=True)


def _shown(failed: Failed, index: Index) -> list[list[tuple[str, str]]]:
    return [[(one.before, one.after) for one in found.changes] for found in candidates(failed, index)]


def test_the_nearest_version_with_a_wheel_stands_in_for_one_without_and_then_the_day_of_the_pins() -> None:
    assert _shown(_refused(NO_WHEEL, "numpy==1.15.0", "six"), _index(numpy=NUMPY)) == [
        [("numpy==1.15.0", "numpy==1.17.3")],
        [("", "--as-of 2018-08-22")],
    ]


@pytest.mark.parametrize(
    ("asked", "became"),
    [("0.20.99", ["0.20.4", "0.21.0", "0.19.2"]), ("0.99", ["0.21.0", "0.20.4", "0.19.2"])],
)
def test_a_pin_of_a_conda_list_that_no_version_fits_gets_the_nearest(asked: str, became: list[str]) -> None:
    words = NONE_OF_THAT.replace("0.20.99", asked)
    known = Index(
        (), THERE, Path(), {"numpy": (), "scikit-learn": tuple(map(_release, ("0.19.2", "0.20.4", "0.21.0")))}
    )
    found = _shown(_refused(words, f"scikit-learn=={asked}.*"), known)
    assert found[:3] == [[(f"scikit-learn=={asked}.*", f"scikit-learn=={version}")] for version in became]


def test_an_environment_without_a_python_may_be_of_another_time_altogether() -> None:
    found = _shown(_refused(NO_WHEEL, "numpy==1.15.0", python=None), _index(numpy=NUMPY))
    assert found[0] == [("", "--as-of 2018-08-22")]


def test_what_a_package_brings_along_is_bounded_to_a_version_that_has_a_wheel() -> None:
    words = NO_WHEEL.replace("1.15.0", "1.18.0")
    failed = _refused(words, "six")
    assert _shown(failed, _index(numpy=NUMPY))[0] == [("", "numpy<=1.17.3")]


def test_pins_that_clash_are_relaxed_within_their_minor_version_then_their_major_then_at_all() -> None:
    failed = _refused(CLASH, "tensorflow==2.3.0", "numpy==1.20.0")
    assert _shown(failed, _index()) == [
        [("numpy==1.20.0", "numpy==1.20.*")],
        [("tensorflow==2.3.0", "tensorflow==2.3.*")],
        [("numpy==1.20.0", "numpy==1.*")],
        [("tensorflow==2.3.0", "tensorflow==2.*")],
        [("numpy==1.20.0", "numpy")],
    ]


def test_what_nobody_has_is_left_out_only_where_the_imports_can_tell() -> None:
    left_out = [[("contoso-scoring==1", "")]]
    assert _shown(_refused(UNKNOWN, "contoso-scoring==1", can_import=True), _index()) == left_out
    assert _shown(_refused(UNKNOWN, "contoso-scoring==1"), _index()) == []


def test_a_missing_import_is_added_at_the_version_of_the_pins_day_and_else_at_todays() -> None:
    fault = ImportFault(place="score.py:1", module="pandas", error="no", missing="pandas", packages=("pandas",))
    failed = _unimportable(fault, "numpy==1.17.3")
    found = list(candidates(failed, _index(numpy=NUMPY, pandas=PANDAS)))
    assert found[0].changes == (
        PinChange(
            before="",
            after="pandas==0.25.3",
            reason="score.py:1 imports pandas, and no package of the environment brings it; 0.25.3 is of the time of "
            "the pins",
        ),
    )
    assert [one.after for one in found[1].changes] == ["pandas"]


def test_a_module_of_no_known_package_is_never_guessed() -> None:
    fault = ImportFault(place="score.py:1", module="contoso", error="no", missing="contoso")
    assert _shown(_unimportable(fault), _index()) == []


@pytest.mark.parametrize(
    ("version", "found"),
    [
        ("1.15.0", ["1.15.4", "1.17.3", "1.14.6"]),
        ("1.15.9", ["1.15.4", "1.17.3", "1.14.6"]),
        ("0.9.0", []),
        ("2.0.0rc1", ["2.0.0", "2.1.0"]),
    ],
)
def test_the_nearest_is_of_the_same_minor_version_then_later_and_never_of_another_major(
    version: str, found: list[str]
) -> None:
    there = map(Version, ["2.1.0", "2.0.0", "1.17.3", "1.15.4", "1.14.6"])
    assert list(map(str, nearest(version, there))) == found


def test_a_pin_that_was_relaxed_is_pinned_to_what_was_found_good() -> None:
    lock = Lock(text="numpy==1.18.5 \\\n    --hash=sha256:0\nsix==1.17.0\n", private="")
    relaxed = PinChange(before="numpy==1.20.0", after="numpy", reason="why")
    bounded = PinChange(before="six", after="six<2", reason="why")
    outcome = Outcome(stage=Stage.WORKS, lock=lock)
    assert at_what_it_became([relaxed, bounded], outcome) == (replace(relaxed, after="numpy==1.18.5"), bounded)


def test_getting_further_is_a_later_stage_or_the_same_without_what_was_complained_of() -> None:
    failed = _refused(CLASH, "tensorflow==2.3.0", "numpy==1.20.0")
    first = next(iter(candidates(failed, _index())))
    nowhere = failed.outcome
    assert not gets_further(nowhere, nowhere, first)
    assert gets_further(nowhere, replace(nowhere, stage=Stage.RESOLVED), first)
    other = Outcome(stage=Stage.NOWHERE, error=NothingSatisfies("no", NO_WHEEL.replace("numpy", "scipy")))
    assert gets_further(nowhere, other, first)
    assert not gets_further(nowhere, other, replace(first, all_or_nothing=True))


def test_a_try_that_does_not_install_is_told_without_its_folder() -> None:
    error = UvFailed("the virtual environment /x/y cannot be made: fbprophet==0.5 has only its source")
    assert became(Outcome(stage=Stage.RESOLVED, error=error)) == (
        "it does not install: fbprophet==0.5 has only its source"
    )
