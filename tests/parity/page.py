"""The generated part of docs/reference/compatibility.md. `python -m tests.parity.page` writes it anew."""

from collections.abc import Iterator
from pathlib import Path

from tests.docs.reference import BEGIN as REFERENCE
from tests.docs.reference import END, PAGES
from tests.parity.differences import DIFFERENCES, Difference
from tests.parity.fact import Fact, Status
from tests.parity.facts import BETWEEN, SECTIONS, WITHOUT_IDS

PAGE: Path = PAGES / "compatibility.md"
BEGIN = REFERENCE.replace("tests.docs.reference", "tests.parity.page")


def with_generated(page: str) -> str:
    """The page with its generated part as the sources are now; what is written by hand is kept."""
    before, _, rest = page.partition(BEGIN)
    return f"{before}{BEGIN}\n\n{generated_part()}\n{END}{rest.partition(END)[2]}"


def generated_part() -> str:
    return "\n".join([*_sections(), *_differences(), *_between()])


def _sections() -> Iterator[str]:
    for section in SECTIONS:
        yield f"## {section.title}\n"
        yield from _table(("ID", "Fact", "Here"), ((f.identifier, f.text, _here(f)) for f in section.facts))
    yield "## Sections without IDs\n"
    yield f"{'; '.join(WITHOUT_IDS)}. Nothing of FPGA is here: it had no entry script.\n"


def _here(fact: Fact) -> str:
    listed = [f"[{each.name}](#{each.name})" for each in DIFFERENCES if fact.identifier in each.ids]
    status = fact.status.value
    if listed and fact.status in (Status.SAME, Status.PROFILE):
        status += ", but for " + ", ".join(listed)
    elif listed:
        status += ": " + ", ".join(listed)
    return f"{status}; {fact.note}" if fact.note else status


def _differences() -> Iterator[str]:
    yield "## Deliberate differences\n"
    yield "A test fails when one of these no longer occurs, and when anything else does.\n"
    for each in DIFFERENCES:
        yield f"### {each.name}\n"
        yield from _table(("", ""), _difference(each))


def _difference(difference: Difference) -> Iterator[tuple[str, str]]:
    yield "IDs", ", ".join(difference.ids)
    yield "Microsoft's", difference.microsoft
    yield "Ours", difference.ours
    yield "Why", difference.why
    if difference.profiles != ("modern", "legacy"):
        yield "Profile", ", ".join(difference.profiles)
    yield "To have it back", difference.switch or "there is no switch"


def _between() -> Iterator[str]:
    yield "## Servers between the two profiles\n"
    yield "Seen by running them beside 1.5.1. They are no profiles: the nearer one serves the assets of their time.\n"
    for server, differences in BETWEEN.items():
        yield f"### {server}\n"
        yield "\n".join(f"- {each}" for each in differences) + "\n"


def _table(head: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"
    yield ""


if __name__ == "__main__":
    PAGE.write_text(with_generated(PAGE.read_text()))
