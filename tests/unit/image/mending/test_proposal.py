"""Proposals as values: the diff, the environment with one in it, and changes after each other."""

from shipway.domain.environment import Environment, PinChange
from shipway.image.packages.mending import Proposal, apply, as_diff
from shipway.image.packages.mending.proposal import each_once, joined, of_the_day


def _change(before: str, after: str, reason: str = "why") -> PinChange:
    return PinChange(before=before, after=after, reason=reason)


def test_the_diff_has_a_reason_behind_every_line_that_is_new_or_left_out() -> None:
    proposal = Proposal(
        changes=(
            _change("numpy==1.15.0", "numpy==1.15.4", "1.15.0 has no wheel"),
            _change("gone==1", "", "the index does not have it"),
            _change("", "h5py<3", "TensorFlow 2.0 cannot load with h5py 3"),
        )
    )
    assert as_diff(proposal) == [
        "- numpy==1.15.0",
        "+ numpy==1.15.4  # 1.15.0 has no wheel",
        "- gone==1  # the index does not have it",
        "+ h5py<3  # TensorFlow 2.0 cannot load with h5py 3",
    ]


def test_an_environment_takes_the_changes_in_place_and_remembers_them() -> None:
    environment = Environment(name="mine", requirements=("--no-index", "numpy==1.15.0", "gone==1", "six"))
    changes = (_change("numpy==1.15.0", "numpy==1.15.4"), _change("gone==1", ""), _change("", "h5py<3"))
    mended = apply(environment, Proposal(changes=changes))
    assert mended.requirements == ("--no-index", "numpy==1.15.4", "six", "h5py<3")
    assert mended.changes == changes


def test_the_day_of_the_pins_is_set_and_is_no_requirement() -> None:
    environment = Environment(name="mine", python="3.8", requirements=("six",), served=("azureml-defaults",))
    mended = apply(environment, Proposal(changes=(of_the_day("2021-03-01", "why"),)))
    assert (mended.requirements, mended.as_of) == (("six",), "2021-03-01")
    assert mended.variables == {"SHIPWAY_PROFILE": "legacy"}  # azureml-defaults without a pin, on that day
    assert as_diff(Proposal(changes=mended.changes)) == ["+ --as-of 2021-03-01  # why"]


def test_a_line_that_is_changed_twice_is_one_change_for_both_reasons() -> None:
    first = _change("numpy==1.15.0", "numpy==1.15.4", "no wheel")
    again = _change("numpy==1.15.4", "numpy==1.16.*", "pandas needs it")
    assert joined([first], [again]) == (_change("numpy==1.15.0", "numpy==1.16.*", "no wheel; pandas needs it"),)


def test_a_line_that_becomes_again_what_it_was_is_no_change() -> None:
    assert joined([_change("numpy==1", "numpy==2")], [_change("numpy==2", "numpy==1")]) == ()


def test_what_is_said_twice_is_said_for_the_first_reason() -> None:
    assert each_once([_change("", "numpy<2", "first"), _change("", "numpy<2", "second")]) == (
        _change("", "numpy<2", "first"),
    )
