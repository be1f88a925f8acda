"""docs/reference/mending.md has every rule, in the file's order, with its reason; and the bounds of a search."""

import re
from pathlib import Path

from shipway.image.packages.mending import Limits
from shipway.image.packages.mending.rules import rules

PAGE = (Path(__file__).parents[4] / "docs" / "reference" / "mending.md").read_text(encoding="utf-8")


def test_the_page_has_every_rule_with_its_reason() -> None:
    rows = re.findall(r"^\| `([\w-]+)` \| .* \| .* \| (.*) \|$", PAGE, re.MULTILINE)
    assert rows == [(rule.id, rule.reason) for rule in rules()]


def test_the_page_has_the_bounds_of_a_search() -> None:
    assert Limits() == Limits(tries=12, seconds=120)
    assert "It ends after 12 tries or two minutes" in PAGE
