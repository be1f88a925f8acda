"""The documents name nothing that is not there: no file, no heading, no command. Nothing here uses the network."""

import contextlib
import io
import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from shipway.cli.main import _parse as parse_command
from shipway.cli.tree import COMMANDS
from tests.docs.markdown import Block, Document, Text

ROOT = Path(__file__).parents[2]
DOCUMENTS = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "serving/README.md", "docs/**/*.md", "configs/**/*.md")

SHELL = frozenset({"", "bash", "console", "sh", "shell", "text"})
"""Languages of blocks in which people look for commands. In a `console` block only what follows a prompt is one."""

TREE = "benchmarks|configs|deployments|docs|flows|requirements|serving|shipway|tasks|tests"
MADE_LATER = ("benchmarks/results/",)
"""Folders that are in no checkout: running something makes them."""

_PATH = re.compile(rf"(?:{TREE})/[\w./*<>-]*")
_PLACEHOLDER = re.compile(r"<[^>]*>")
_NAME = re.compile(r"[a-z][a-z-]*")
_ASSIGNMENT = re.compile(r"\w+=")

Fault = tuple[int, str]
Check = Callable[[Document, Path], Iterator[Fault]]


def documents() -> list[str]:
    found = {path.relative_to(ROOT) for pattern in DOCUMENTS for path in ROOT.glob(pattern)}
    return sorted(path.as_posix() for path in found if not {"train-env", ".venv"} & set(path.parts))


def faults(check: Check, path: Path, root: Path = ROOT) -> list[str]:
    return [f"{path.relative_to(root)}:{line}: {what}" for line, what in check(Document(path), root)]


def broken_links(document: Document, root: Path) -> Iterator[Fault]:
    for link in document.links:
        what = (_bad_address if urlsplit(link.text).scheme else _bad_target)(link.text, document, root)
        if what:
            yield link.line, what


def _bad_address(link: str, _: Document, __: Path) -> str:
    parts = urlsplit(link)
    if parts.scheme == "mailto":
        return "" if "@" in parts.path else f"link {link}: no address"
    if parts.scheme not in {"http", "https"}:
        return f"link {link}: neither http nor https"
    return "" if re.fullmatch(r"localhost|[\w-]+(\.[\w-]+)+", parts.hostname or "") else f"link {link}: no host"


def _bad_target(link: str, document: Document, root: Path) -> str:
    parts = urlsplit(link)
    target = (document.path.parent / unquote(parts.path)).resolve() if parts.path else document.path
    if not target.is_relative_to(root):
        return f"link {link}: leads out of the repository"
    if not target.exists():
        return f"link {link}: there is no {target.relative_to(root)}"
    if parts.fragment and target.suffix == ".md" and parts.fragment not in Document(target).anchors:
        return f"link {link}: {target.relative_to(root)} has no heading for #{parts.fragment}"
    return ""


def missing_paths(document: Document, root: Path) -> Iterator[Fault]:
    for span in document.spans:
        name = span.text.rstrip("/")
        if _PATH.fullmatch(span.text) and not name.startswith(MADE_LATER) and not _exists(name, document, root):
            yield span.line, f"`{span.text}`: there is no such file or folder"


def _exists(name: str, document: Document, root: Path) -> bool:
    """From the root, or from where the document stands; `<kind>` stands for anything that is there, as `*` does."""
    pattern = _PLACEHOLDER.sub("*", name)
    return any(any(place.glob(pattern)) for place in (root, document.path.parent))


def unknown_commands(document: Document, _: Path) -> Iterator[Fault]:
    for block in document.blocks:
        for line, words in _command_lines(block):
            if words[0] in {"shipway", ".venv/bin/shipway"} and (what := _refusal(words[1:])):
                yield line, f"`{shlex.join(words)}` is no command: {what}"


def unknown_names_of_commands(document: Document, _: Path) -> Iterator[Fault]:
    """Prose names commands in part, as in `shipway model`: the command and its verb must be there, no more."""
    for span in document.spans:
        words = span.text.split()
        if words[:1] != ["shipway"] or not words[1:] or not _NAME.fullmatch(words[1]):
            continue
        named = words[1:3] if words[2:] and _NAME.fullmatch(words[2]) else words[1:2]
        if what := _refusal([*named, "--help"]):
            yield span.line, f"`{span.text}` is no command: {what}"


def unknown_make_targets(document: Document, root: Path) -> Iterator[Fault]:
    targets = set(re.findall(r"^([\w-]+):", (root / "Makefile").read_text(), re.MULTILINE))
    spans = ((span.line, span.text.split()) for span in document.spans if not re.search(r"[A-Z<*]", span.text))
    lines = (command for block in document.blocks for command in _command_lines(block))
    for line, words in (*spans, *lines):
        if words[:1] == ["make"]:
            for target in words[1:]:
                if _NAME.fullmatch(target) and target not in targets:
                    yield line, f"`make {target}`: the Makefile has no such target"


def _command_lines(block: Block) -> Iterator[tuple[int, list[str]]]:
    """Each simple command of a shell block as words, without what stands before a program's name."""
    if block.language not in SHELL:
        return
    for line in _joined(block.lines):
        text = line.text.strip()
        if block.language == "console" and not text.startswith("$ "):
            continue
        for words in _simple_commands(text.removeprefix("$ ")):
            while words and _ASSIGNMENT.match(words[0]):
                words.pop(0)
            if words:
                yield line.line, words


def _joined(lines: tuple[Text, ...]) -> Iterator[Text]:
    """Lines that end in a backslash go on in the next one."""
    begun: Text | None = None
    for line in lines:
        whole = line if begun is None else Text(begun.line, f"{begun.text} {line.text}")
        if whole.text.endswith("\\"):
            begun = Text(whole.line, whole.text[:-1])
        else:
            begun = None
            yield whole


def _simple_commands(text: str) -> list[list[str]]:
    """Split at `|`, `&&`, `;` and redirections; nothing where the line is no shell, such as what a program printed."""
    lexer = shlex.shlex(text, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    commands: list[list[str]] = [[]]
    try:
        for word in lexer:
            if set(word) <= set("|&;()<>"):
                commands.append([])
            else:
                commands[-1].append(word)
    except ValueError:
        return []
    return [words for words in commands if words]


def _refusal(words: list[str]) -> str:
    """What the command says of these words; empty when it understands them. Nothing is run."""
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
            parse_command(words)
    except SystemExit as end:
        return said.getvalue().strip() if end.code else ""
    return ""


CHECKS = (broken_links, missing_paths, unknown_commands, unknown_names_of_commands, unknown_make_targets)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("name", documents())
def test_a_document_names_only_what_is_there(name: str, check: Check) -> None:
    found = faults(check, ROOT / name)
    assert not found, "\n" + "\n".join(found)


def test_the_documents_are_found() -> None:
    assert {"README.md", "CONTRIBUTING.md", "configs/examples/digits/README.md"} <= set(documents())


@pytest.fixture
def written(tmp_path: Path) -> Callable[[str], Path]:
    def write(text: str) -> Path:
        (tmp_path / "docs").mkdir(exist_ok=True)
        (tmp_path / "Makefile").write_text("demo: setup\n")
        path = tmp_path / "docs" / "page.md"
        path.write_text(text)
        return path

    return write


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("[a](gone.md)", "link gone.md: there is no docs/gone.md"),
        ("![a](img/gone.png)", "link img/gone.png: there is no docs/img/gone.png"),
        ('<img src="gone.png" width="3">', "link gone.png: there is no docs/gone.png"),
        ("[a]: ../gone.md", "link ../gone.md: there is no gone.md"),
        ("[a](../../outside.md)", "link ../../outside.md: leads out of the repository"),
        ("# One\n[a](#two)", "link #two: docs/page.md has no heading for #two"),
        ("[a](page.md#two)", "link page.md#two: docs/page.md has no heading for #two"),
        ("[a](https://)", "link https://: no host"),
        ("[a](file:///etc)", "link file:///etc: neither http nor https"),
    ],
)
def test_a_broken_link_is_told_with_its_line(text: str, what: str, written: Callable[[str], Path]) -> None:
    path = written(f"\n{text}\n")
    assert faults(broken_links, path, path.parents[1]) == [f"docs/page.md:{text.count(chr(10)) + 2}: {what}"]


def test_good_links_and_what_only_looks_like_one_pass(written: Callable[[str], Path]) -> None:
    path = written(
        "# The `run()` of *one* page\n## Same\n## Same\n"
        "[a](#the-run-of-one-page) [b](page.md#same-1) [c](../Makefile) [d](https://prefect.io/x#y) <mailto:a@b.c>\n"
        "`[x](gone.md)`\n```python\n# No heading\n[x](gone.md)\n```\n"
    )
    assert faults(broken_links, path, path.parents[1]) == []


def test_a_path_that_is_not_there_is_told_with_its_line(written: Callable[[str], Path]) -> None:
    path = written(
        "`docs/page.md` `docs/<any>.md` `docs/`\n`shipway/gone.py` `tests/<kind>.py` `benchmarks/results/x.json`\n"
    )
    assert faults(missing_paths, path, path.parents[1]) == [
        "docs/page.md:2: `shipway/gone.py`: there is no such file or folder",
        "docs/page.md:2: `tests/<kind>.py`: there is no such file or folder",
    ]


def test_a_command_that_is_not_there_is_told_with_its_line(written: Callable[[str], Path]) -> None:
    path = written(
        "```sh\ncd x && shipway relase r.yaml  # typed in haste\nX=1 shipway release --fast \\\n  r.yaml | cat\n```\n"
        "```console\n$ shipway model frobnicate\nshipway what a program printed\n```\n"
    )
    first, second, third = faults(unknown_commands, path, path.parents[1])
    assert first.startswith(
        "docs/page.md:2: `shipway relase r.yaml` is no command: shipway: error: there is no command"
    )
    assert second.startswith("docs/page.md:3: `shipway release --fast r.yaml` is no command: ")
    assert third.startswith("docs/page.md:7: `shipway model frobnicate` is no command: ")


def test_commands_that_are_there_pass(written: Callable[[str], Path]) -> None:
    path = written(
        "```sh\nshipway init && cd digits\nshipway release release.yaml --dry-run\n"
        "shipway -o json model list > all.json\nshipway --version\n```\n```yaml\nshipway: nothing\n```\n"
    )
    assert faults(unknown_commands, path, path.parents[1]) == []


def test_a_command_named_in_prose_need_not_be_whole(written: Callable[[str], Path]) -> None:
    path = written(
        "`shipway model` `shipway release FILE` `shipway release resume ID`\n`shipway modle` `shipway model lst`\n"
    )
    found = faults(unknown_names_of_commands, path, path.parents[1])
    assert [fault.partition(" is no command")[0] for fault in found] == [
        "docs/page.md:2: `shipway modle`",
        "docs/page.md:2: `shipway model lst`",
    ]


def test_a_make_target_that_is_not_there_is_told_with_its_line(written: Callable[[str], Path]) -> None:
    path = written("`make demo` `make bench-NAME`\n\n```sh\nmake dmeo\n```\n`make tets`\n")
    assert sorted(faults(unknown_make_targets, path, path.parents[1])) == [
        "docs/page.md:4: `make dmeo`: the Makefile has no such target",
        "docs/page.md:6: `make tets`: the Makefile has no such target",
    ]


def test_every_command_can_be_parsed_as_the_documents_would_write_it() -> None:
    assert {command.name: said for command in COMMANDS if (said := _refusal([command.name, "--help"]))} == {}
