"""How the page is read. What it says is tried in the other modules, by `make walkthroughs`."""

import pytest

from tests.walkthroughs.page import missing_line, steps


@pytest.mark.parametrize(("article", "language"), [("A", "sh"), ("A", "python"), ("B", "sh"), ("B", "python")])
def test_every_step_of_the_articles_that_has_a_command_or_python_is_on_the_page(article: str, language: str) -> None:
    names = {step.name for step in steps(article, language)}
    without = {("A", "sh"): {"A8"}, ("B", "sh"): {"B9"}}.get((article, language), set())
    last = 10 if article == "A" else 9  # batches and devices are flows of their own
    assert names == {"setup", *(f"{article}{number}" for number in range(1, last + 1))} - without


def test_refusals_are_told_from_what_succeeds() -> None:
    fails = {step.name for step in steps("B", "sh") if any(code.fails for code in step.codes)}
    assert fails == {"B2", "B3", "B4", "B5"}
    assert {step.name for step in steps("A", "python") if any(code.fails for code in step.codes)} == {"A7", "A8"}


@pytest.mark.parametrize(
    ("expected", "output", "missing"),
    [
        (("one", "two"), "zero\none\nmore\ntwo\n", None),
        (("two", "one"), "one\ntwo\n", "one"),
        (("run ... of e",), "run 12 (x) of e\n", None),
        (("run ... of e",), "run 12 (x) of f\n", "run ... of e"),
        (("[4, 6]",), "[4, 7]\n", "[4, 6]"),
        (("one",), "", "one"),
    ],
)
def test_what_is_printed_is_compared_line_by_line_and_in_order(
    expected: tuple[str, ...], output: str, missing: str | None
) -> None:
    assert missing_line(expected, output) == missing
