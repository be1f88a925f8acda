"""docs/reference/compatibility.md says what the suite checks. Needs no server."""

import re
from collections import Counter
from pathlib import Path

import pytest

from tests.parity.cases import BY_NAME, CASES
from tests.parity.cases.process import ENDINGS
from tests.parity.differences import DIFFERENCES, Difference
from tests.parity.fact import Fact, Status
from tests.parity.facts import FACTS
from tests.parity.page import BEGIN, PAGE, with_generated

ROOT = Path(__file__).parents[2]
_SHOWN = {each for case in CASES for each in case.ids} | {each for ending in ENDINGS for each in ending.ids}
_CLAIMED = [fact for fact in FACTS if fact.status in (Status.SAME, Status.PROFILE)]


def test_the_page_says_what_the_sources_say() -> None:
    """Write it anew: python -m tests.parity.page."""
    written = PAGE.read_text()
    assert BEGIN in written
    assert written == with_generated(written), "`python -m tests.parity.page`"


@pytest.mark.parametrize("fact", [pytest.param(fact, id=fact.identifier) for fact in _CLAIMED])
def test_what_is_called_the_same_is_shown_to_be(fact: Fact) -> None:
    assert fact.identifier in _SHOWN or fact.tests, f"{fact.identifier} has neither a case nor a test"


def test_the_tests_that_facts_name_exist() -> None:
    files = (*(ROOT / "serving" / "tests").glob("test_*.py"), *(ROOT / "tests").rglob("test_*.py"))
    defined = {name for file in files for name in re.findall(r"def (test_\w+)\(", file.read_text())}
    named = {name for fact in FACTS for name in fact.tests}
    named |= {each.shown_by.partition("::")[2] for each in DIFFERENCES if "::" in each.shown_by}
    assert sorted(named - defined) == []


def test_every_id_is_there_once_and_every_case_names_known_ones() -> None:
    known = Counter(fact.identifier for fact in FACTS)
    assert [identifier for identifier, times in known.items() if times > 1] == []
    assert sorted(_SHOWN - set(known)) == []
    assert sorted({each for difference in DIFFERENCES for each in difference.ids} - set(known)) == []


def test_names_are_given_once() -> None:
    for names in ([c.name for c in CASES], [e.name for e in ENDINGS], [d.name for d in DIFFERENCES]):
        assert [name for name, times in Counter(names).items() if times > 1] == []


@pytest.mark.parametrize("difference", [pytest.param(each, id=each.name) for each in DIFFERENCES])
def test_every_listed_difference_is_shown_somewhere(difference: Difference) -> None:
    assert difference.witness in BY_NAME if difference.witness else difference.shown_by
