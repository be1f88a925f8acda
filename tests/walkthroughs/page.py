"""The migration guide as steps: for each its commands, its Python, and what the page says that they print.

A block of `sh` or `python` is run; a block of `text` behind it is what it prints, line by line and in order, with `...`
for what changes from run to run. Steps are the headings that begin as `A4.` does.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from tests.docs.markdown import Document

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "migrate-from-azure-ml.md"
_STEP = re.compile(r"^### (?P<name>[AB]\d+)\. ")
_FAILS = re.compile(r"^(shipway: error: |\S*(Error|Exception): )")


@dataclass(frozen=True)
class Code:
    """One block, the line of the page on which it begins, and what it is said to print."""

    language: str
    line: int
    text: str
    expected: tuple[str, ...]

    @property
    def fails(self) -> bool:
        """Whether the page says that its last line is refused."""
        return any(_FAILS.match(line) for line in self.expected)


@dataclass(frozen=True)
class Step:
    """`name` such as A4; `setup` is what comes before the first."""

    name: str
    codes: tuple[Code, ...]


def steps(article: str, language: str) -> list[Step]:
    """Of one article and one column, with the setup at the beginning."""
    headings = {
        number: found["name"]
        for number, line in enumerate(PAGE.read_text(encoding="utf-8").splitlines(), 1)
        if (found := _STEP.match(line))
    }
    collected: dict[str, list[Code]] = {}
    for code in _codes():
        before = [name for number, name in headings.items() if number < code.line]
        name = before[-1] if before else "setup"
        if name == "setup" or (name.startswith(article) and code.language == language):
            collected.setdefault(name, []).append(code)
    return [Step(name, tuple(codes)) for name, codes in collected.items()]


def _codes() -> list[Code]:
    blocks = list(Document(PAGE).blocks)
    found = []
    for place, block in enumerate(blocks):
        if block.language not in ("sh", "python"):
            continue
        after = blocks[place + 1] if place + 1 < len(blocks) else None
        expected = tuple(line.text for line in after.lines) if after and after.language == "text" else ()
        text = "\n".join(line.text for line in block.lines)
        found.append(Code(block.language, block.lines[0].line, text, expected))
    return found


def missing_line(expected: tuple[str, ...], output: str) -> str | None:
    """The first line that the output does not have behind those before it; None when all are there."""
    rest = output.splitlines()
    for line in expected:
        pattern = re.compile(".*".join(re.escape(part) for part in line.split("...")))
        place = next((number for number, said in enumerate(rest) if pattern.fullmatch(said.rstrip())), None)
        if place is None:
            return line
        rest = rest[place + 1 :]
    return None
