"""Every case of the table, against both servers; every listed difference, where it is to be seen."""

import pytest

from tests.parity.cases import BY_NAME, CASES
from tests.parity.cases.case import Case
from tests.parity.comparison import divergences
from tests.parity.conftest import Pairs
from tests.parity.differences import DIFFERENCES, Difference, Exchanged, unexplained
from tests.parity.report import described

pytestmark = pytest.mark.parity


def _by_setup(case: Case) -> tuple[str, str]:
    return case.setup.profile, repr(case.setup)


def _together(case: Case) -> pytest.MarkDecorator:
    """Cases of one setup run in one process: they share its servers."""
    return pytest.mark.xdist_group(repr(case.setup))


@pytest.mark.parametrize("case", [pytest.param(c, id=c.name, marks=_together(c)) for c in sorted(CASES, key=_by_setup)])
def test_both_servers_answer_alike(case: Case, pairs: Pairs) -> None:
    pair = pairs(case.setup)
    different = []
    for ask in case.asks:
        exchanged = Exchanged(ask, *pair.ask(ask))
        found = unexplained(divergences(*exchanged), exchanged, case.setup.profile)
        different += [f"{described(ask)}: {each}" for each in found]
    assert not different, "not listed in differences.py:\n" + "\n".join(different)


_SHOWN_BY_CASES = [
    pytest.param(each, id=each.name, marks=_together(BY_NAME[each.witness])) for each in DIFFERENCES if each.witness
]


@pytest.mark.parametrize("difference", _SHOWN_BY_CASES)
def test_a_listed_difference_still_occurs(difference: Difference, pairs: Pairs) -> None:
    case = BY_NAME[difference.witness]
    pair = pairs(case.setup)
    for ask in case.asks:
        exchanged = Exchanged(ask, *pair.ask(ask))
        if any(difference.explains(each, exchanged, case.setup.profile) for each in divergences(*exchanged)):
            return
    pytest.fail(f"{difference.name} no longer occurs in {case.name}: take it out of differences.py")
