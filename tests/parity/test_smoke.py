"""The quick round: our server on other Pythons (`PARITY_PYTHONS=3.7,3.13`), Microsoft's on its own, plain scripts."""

import os
from pathlib import Path

import pytest

from tests.parity.cases import CASES
from tests.parity.comparison import divergences
from tests.parity.differences import Exchanged, unexplained
from tests.parity.report import described
from tests.parity.servers import Setup, ours_on, serving

pytestmark = [pytest.mark.parity, pytest.mark.smoke]

PYTHONS = os.environ.get("PARITY_PYTHONS", "3.13").split(",")

_CASES = [case for case in CASES if case.smoke]
_SETUPS = list(dict.fromkeys(case.setup for case in _CASES))


def _name(setup: Setup) -> str:
    return f"{setup.script}-{_SETUPS.index(setup)}"


@pytest.mark.parametrize("setup", _SETUPS, ids=_name)
@pytest.mark.parametrize("python", PYTHONS)
def test_another_python_answers_alike(python: str, setup: Setup, tmp_path: Path) -> None:
    different = []
    with serving(setup, tmp_path, ours_on(python)) as pair:
        for ask in (ask for case in _CASES if case.setup == setup for ask in case.asks):
            exchanged = Exchanged(ask, *pair.ask(ask))
            found = unexplained(divergences(*exchanged), exchanged, setup.profile)
            different += [f"{described(ask)}: {each}" for each in found]
    assert not different, "not listed in differences.py:\n" + "\n".join(different)
