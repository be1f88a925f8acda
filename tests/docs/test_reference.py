import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import pytest
from pydantic import BaseModel, Field

from shipway.cli.tree import COMMANDS
from shipway.config.golden import DEFAULT_TOLERANCE
from shipway.config.release_document import ReleaseDocument
from shipway.domain.canonical import parse_rfc3339
from shipway.release.ledger import LedgerEntry
from shipway.release.steps import Kind, Step
from shipway.store.codec import decode
from shipway.store.journal import GENESIS, Entry
from tests.docs.markdown import Document
from tests.docs.reference import BEGIN, END, PAGES, commands, keys_of, pages, with_generated
from tests.unit.release.driver import Bench
from tests.unit.verification.little_server import little_server

_ROW = re.compile(r"^\| `([^`]+)` \| (.*) \|$", re.MULTILINE)


@pytest.mark.parametrize("name", pages())
def test_a_reference_page_says_what_the_code_says(name: str) -> None:
    """Write it anew: python -m tests.docs.reference."""
    written = (PAGES / name).read_text()
    assert written == with_generated(written, pages()[name]), f"docs/reference/{name}: `python -m tests.docs.reference`"


def test_a_page_without_a_place_for_the_generated_part_is_refused() -> None:
    with pytest.raises(ValueError, match="the page has no generated part"):
        with_generated("# Commands\n", "")


def test_what_is_written_by_hand_is_kept() -> None:
    page = f"before\n{BEGIN}\nold\n{END}\nafter\n"
    assert with_generated(page, "new\n") == f"before\n{BEGIN}\n\nnew\n\n{END}\nafter\n"


class _Outer(BaseModel):
    name: Annotated[str, Field(min_length=1, description="A|B.")]
    count: Annotated[int | None, Field(ge=1, description="How many.")] = None
    some: Annotated[list[str], Field(description="Some.")] = Field(default_factory=lambda: ["a", "b"])
    share: Annotated[float, Field(ge=0, le=100, description="A share.")] = 5.0


def test_a_key_is_told_with_type_bounds_default_and_meaning() -> None:
    rows = dict(_ROW.findall(keys_of(_Outer)))
    assert rows["name"] == "text, not empty | **required** | A\\|B."
    assert rows["count"] == "whole number, at least 1 | none | How many."
    assert rows["share"] == "number, 0 to 100 | `5` | A share."
    assert rows["some"] == "list of text | `[a, b]` | Some."


def test_every_key_of_the_release_file_has_a_row() -> None:
    rows = [key for key, _ in _ROW.findall(keys_of(ReleaseDocument))]
    schema = ReleaseDocument.model_json_schema()
    keys = [key for part in [schema, *schema["$defs"].values()] for key in part["properties"]]
    assert sorted(rows) == sorted(keys)


def test_every_command_has_a_section() -> None:
    headings = re.findall(r"^## `shipway (\S+)`$", commands(), re.MULTILINE)
    assert headings == [command.name for command in COMMANDS]


def test_the_page_tells_the_tolerance_of_golden_rows() -> None:
    assert f"Default: `{DEFAULT_TOLERANCE}`" in (PAGES / "release-file.md").read_text()


def test_the_journal_entries_of_the_page_are_entries() -> None:
    intent, outcome, promoted = _entries_of_the_page()
    assert [Kind(str(entry.data["kind"])) for entry in (intent, outcome)] == [Kind.INTENT, Kind.OUTCOME]
    assert [Step(str(entry.data["step"])) for entry in (intent, outcome)] == [Step.SMOKE, Step.SMOKE]
    assert outcome.prev == intent.hash
    assert promoted.prev == GENESIS
    assert decode(LedgerEntry, dict(promoted.data)).at == promoted.at


def test_the_page_lists_every_key_that_a_release_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    bench = Bench(tmp_path)
    with little_server(lambda _: (200, "[1]")) as url:
        (tmp_path / "address").write_text(url.removeprefix("http://"))
        bench.keep("rel-a", model="one")
        bench.release("rel-a")
    patterns = list(_listed_keys())
    files = [path.relative_to(tmp_path / "ws") for path in (tmp_path / "ws").rglob("*") if path.is_file()]
    written = {path.as_posix().removesuffix(".json") for path in files}
    assert [key for key in sorted(written) if not any(pattern.fullmatch(key) for pattern in patterns)] == []
    assert {key.partition("/")[0] for key in written} == {
        "workspace",
        "blobs",
        "models",
        "releases",
        "services",
        "leases",
    }


def _entries_of_the_page() -> Iterator[Entry]:
    for block in Document(PAGES / "workspace.md").blocks:
        document = json.loads("\n".join(line.text for line in block.lines))
        yield Entry(**{**document, "at": parse_rfc3339(document["at"])})


def _listed_keys() -> Iterator[re.Pattern[str]]:
    for key in re.findall(r"^\| `([^`]+)` \|", (PAGES / "workspace.md").read_text(), re.MULTILINE):
        yield re.compile(re.sub(r"<[^>]+>", "[^/]+", key))
