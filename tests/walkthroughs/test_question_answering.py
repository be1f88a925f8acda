"""The article of 2021, as docs/how-to/migrate-from-azure-ml.md has it: commands in one test, Python in the other."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.walkthroughs.reader import Reader

pytestmark = [pytest.mark.walkthrough, pytest.mark.timeout(600)]


@pytest.fixture
def at_hand(old_python: Path, bidaf: Path) -> Callable[[Reader], None]:
    """Puts the model and NLTK's data where the page says that they are."""

    def put(reader: Reader) -> None:
        shutil.copy(bidaf, reader.folder / "model.onnx")
        data = reader.folder / "source_dir" / "nltk_data"
        subprocess.run([old_python, Path(__file__).with_name("old_python.py"), "punkt", data], check=True)

    return put


def test_the_commands_of_2021(reader: Callable[..., Reader], at_hand: Callable[[Reader], None]) -> None:
    person = reader("question-answering", docker=True)
    at_hand(person)
    person.follows("A", "sh")


def test_the_python_of_2021(reader: Callable[..., Reader], at_hand: Callable[[Reader], None]) -> None:
    person = reader("question-answering", docker=False, SHIPWAY_AS_OF="2021-03-01")
    at_hand(person)
    person.follows("A", "python")
