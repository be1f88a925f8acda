"""Many packages without a wheel: all are found with few questions, and none is taken from source that need not be."""

from pathlib import Path

import pytest

from shipway.image.packages.question import sources_in
from shipway.image.uv import NothingSatisfies
from shipway.machine.state import MachineState
from tests.unit.image.packages.test_resolve import resolved, write_source
from tests.unit.image.wheels import write_wheel

MANY = ("one", "two", "three", "four", "five", "six")


@pytest.fixture
def many(tmp_path: Path, index: tuple[str, ...]) -> tuple[str, ...]:
    for name in MANY:
        write_source(tmp_path / "wheels", name)
    write_source(tmp_path / "wheels", "older")
    write_wheel(tmp_path / "wheels", "older", "0.9")
    return index


def test_all_that_have_no_wheel_come_from_source_and_no_others(state: MachineState, many: tuple[str, ...]) -> None:
    lock = resolved(state, *many, *MANY, "older", "alpha")
    assert sources_in(lock.text) == sorted(MANY)
    assert "older==0.9" in lock.text
    assert lock.told == ()  # it is told when they are built, and a lock is kept


def test_one_that_is_pinned_where_there_is_no_wheel_is_built_too(state: MachineState, many: tuple[str, ...]) -> None:
    lock = resolved(state, *many, *MANY, "older==1.0")
    assert sources_in(lock.text) == sorted((*MANY, "older"))


def test_what_no_source_satisfies_either_is_said_at_once(state: MachineState, many: tuple[str, ...]) -> None:
    with pytest.raises(NothingSatisfies, match=r"nowhere was not found"):
        resolved(state, *many, *MANY, "nowhere")
