"""What a Markdown document says that can be checked: links, headings, code blocks and code spans, with their lines."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

_FENCE = re.compile(r"^ {0,3}(?P<marks>`{3,}|~{3,})\s*(?P<language>[\w+-]*)")
_CODE_SPAN = re.compile(r"(`+)(.+?)\1(?!`)")
_INLINE_LINK = re.compile(r"!?\[[^\]]*\]\(\s*<?(?P<target>[^)\s>]+)>?[^)]*\)")
_LINK_DEFINITION = re.compile(r"^ {0,3}\[[^\]]+\]:\s+<?(?P<target>[^\s>]+)")
_HTML_LINK = re.compile(r"<(?:a|img|source)\b[^>]*?\b(?:href|src|srcset)=[\"'](?P<target>[^\"']+)[\"']")
_AUTO_LINK = re.compile(r"<(?P<target>https?:[^>]*)>")
_HTML_ANCHOR = re.compile(r"<\w+\b[^>]*?\b(?:id|name)=[\"']([^\"']+)[\"']")
_HEADING = re.compile(r"^ {0,3}#{1,6}\s+(?P<text>.*?)\s*#*$")
_MARKUP = re.compile(r"!?\[([^\]]*)\]\([^)]*\)|[`*]|<[^>]+>")


@dataclass(frozen=True)
class Text:
    """A piece of a document, and the line on which it stands or begins; the first line is 1."""

    line: int
    text: str


@dataclass(frozen=True)
class Block:
    """A fenced code block: its language, empty when none was given, and the lines between the fences."""

    language: str
    lines: tuple[Text, ...]


@dataclass(frozen=True)
class Document:
    """A Markdown file, read once."""

    path: Path

    @cached_property
    def _parts(self) -> tuple[tuple[Text, ...], tuple[Block, ...]]:
        prose: list[Text] = []
        blocks: list[Block] = []
        inside: list[Text] = []
        fence = None
        for number, line in enumerate(self.path.read_text(encoding="utf-8").splitlines(), 1):
            found = _FENCE.match(line)
            if fence is None and found:
                fence, inside = found, []
            elif fence is None:
                prose.append(Text(number, line))
            elif found and not found["language"] and found["marks"].startswith(fence["marks"]):
                blocks.append(Block(fence["language"], tuple(inside)))
                fence = None
            else:
                inside.append(Text(number, line))
        return tuple(prose), tuple(blocks)

    @property
    def blocks(self) -> tuple[Block, ...]:
        return self._parts[1]

    @property
    def spans(self) -> Iterator[Text]:
        """What stands in backticks outside of blocks."""
        for line in self._parts[0]:
            for found in _CODE_SPAN.finditer(line.text):
                yield Text(line.line, found[2].strip())

    @property
    def links(self) -> Iterator[Text]:
        """Targets of links and images, of Markdown and of HTML, as written."""
        for line in self._parts[0]:
            text = _CODE_SPAN.sub("", line.text)
            for pattern in (_INLINE_LINK, _LINK_DEFINITION, _HTML_LINK, _AUTO_LINK):
                for found in pattern.finditer(text):
                    yield Text(line.line, found["target"])

    @property
    def anchors(self) -> frozenset[str]:
        """What may stand after `#` in a link here: headings as GitHub names them, and ids given in HTML."""
        names: list[str] = []
        seen: Counter[str] = Counter()
        for line in self._parts[0]:
            names += _HTML_ANCHOR.findall(line.text)
            if heading := _HEADING.match(line.text):
                slug = _slug(heading["text"])
                names.append(f"{slug}-{seen[slug]}" if seen[slug] else slug)
                seen[slug] += 1
        return frozenset(names)


def _slug(heading: str) -> str:
    plain = _MARKUP.sub(lambda found: found[1] or "", heading).strip().lower()
    return re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")
