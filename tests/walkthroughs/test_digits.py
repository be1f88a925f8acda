"""The article of 2019, as docs/how-to/migrate-from-azure-ml.md has it: commands in one test, Python in the other."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.walkthroughs.reader import Reader

pytestmark = [pytest.mark.walkthrough, pytest.mark.timeout(600)]


@pytest.fixture
def at_hand(digits: Callable[[int], Path], bidaf: Path) -> Callable[[Reader], None]:
    """Puts the second model, and any ONNX model, where the page says that they are."""

    def put(reader: Reader) -> None:
        shutil.copy(digits(1), reader.folder / "sklearn_mnist_model.pkl")
        (reader.folder / "mnist").mkdir()
        shutil.copy(bidaf, reader.folder / "mnist" / "model.onnx")

    return put


def test_the_commands_of_2019(reader: Callable[..., Reader], at_hand: Callable[[Reader], None]) -> None:
    person = reader("digits-v1", docker=False)
    at_hand(person)
    person.follows("B", "sh")


def test_the_python_of_2019(reader: Callable[..., Reader], at_hand: Callable[[Reader], None]) -> None:
    person = reader("digits-v1", docker=True, SHIPWAY_AS_OF="2021-03-01")
    at_hand(person)
    person.follows("B", "python")
