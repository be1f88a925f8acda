"""Dockerfiles as text: what an author's does, without carrying it out. Pure."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_HEREDOC = re.compile(r"(?<!\S)\d*<<-?([\"']?)([A-Za-z_]\w*)\1(?!\S)")
"""A word of its own, unlike a here-string (`<<< a`) or a shift (`1 << 3`)."""

_WITH_HEREDOC = frozenset({"RUN", "COPY", "ADD"})
_FROM = re.compile(r"^(?:--\S+\s+)*(?P<image>\S+)(?:\s+[Aa][Ss]\s+(?P<stage>\S+))?\s*$")
_VARIABLE = re.compile(r"\$(?:\{(\w+)(?::-([^}]*))?\}|(\w+))")
_INSTALLS = re.compile(
    r"\b(?:pip[\d.]*|conda|mamba|micromamba)\s+(?:-\S+\s+)*(?:install|env\s+(?:create|update)|create|update)\b"
)
_FETCHED = ("http://", "https://", "ftp://", "git@")
_WORDS = frozenset(
    [
        "ADD",
        "ARG",
        "CMD",
        "COPY",
        "ENTRYPOINT",
        "ENV",
        "EXPOSE",
        "FROM",
        "HEALTHCHECK",
        "LABEL",
        "MAINTAINER",
        "ONBUILD",
        "RUN",
        "SHELL",
        "STOPSIGNAL",
        "USER",
        "VOLUME",
        "WORKDIR",
    ]
)
NOTHING = "scratch"
"""What FROM calls an image of nothing."""


@dataclass(frozen=True, kw_only=True)
class Instruction:
    """`word` is in capitals, `rest` on one line; `line` counts from 1."""

    word: str
    rest: str
    line: int

    @property
    def shown(self) -> str:
        """For messages."""
        text = f"{self.word} {self.rest}"
        return text if len(text) <= 120 else f"{text[:117]}..."


def instructions_in(text: str) -> Iterator[Instruction]:
    """Comments dropped, continued lines joined (as builders do, past empty ones), here-documents passed over."""
    lines = iter(enumerate(text.removeprefix("\ufeff").splitlines(), 1))
    for number, line in lines:
        parts = [line.strip()]
        if not parts[0] or parts[0].startswith("#"):
            continue
        while parts[-1].endswith("\\"):
            parts[-1] = parts[-1][:-1].rstrip()
            following = next(lines, None)
            if following is None:
                break
            inner = following[1].strip()
            parts.append("\\" if not inner or inner.startswith("#") else inner)
        word, *rest = " ".join(part for part in parts if part).split(maxsplit=1) or [""]
        found = Instruction(word=word.upper(), rest=rest[0] if rest else "", line=number)
        for _, end in _HEREDOC.findall(found.rest) if found.word in _WITH_HEREDOC else ():
            next((None for _, inside in lines if inside.strip() == end), None)
        if word:
            yield found


def images_in(text: str) -> list[str]:
    """The images that a Dockerfile stands on or copies from, in its order, each once; its own stages are none.

    A name with a variable that no ARG before the first FROM gives a value to is left out: only the build knows it.
    """
    found: dict[str, None] = {}
    stages: set[str] = set()
    values: dict[str, str] = {}
    for instruction in instructions_in(text):
        match instruction.word:
            case "ARG" if not found and not stages:
                values |= _default(instruction.rest, values)
            case "FROM" if (match := _FROM.match(instruction.rest)) is not None:
                image = _filled(match["image"], values)
                if image and image != NOTHING and image.lower() not in stages:
                    found[image] = None
                if match["stage"]:
                    stages.add(match["stage"].lower())
            case "COPY":
                image = _copied_from(instruction)
                if image and not image.isdigit() and image.lower() not in stages and "$" not in image:
                    found[image] = None
    return list(found)


def from_context(text: str) -> Instruction | None:
    """The first instruction that takes files from beside the Dockerfile. An ADD of a variable may be one of an address:
    only the build knows."""
    return next((each for each in instructions_in(text) if _takes_files(each)), None)


def unknown_instruction(text: str) -> Instruction | None:
    """The first that no builder knows."""
    return next((each for each in instructions_in(text) if each.word not in _WORDS), None)


def installs_packages(text: str) -> Instruction | None:
    """The first instruction that has pip or conda install something."""
    return next((each for each in instructions_in(text) if each.word == "RUN" and _INSTALLS.search(each.rest)), None)


def _takes_files(instruction: Instruction) -> bool:
    if instruction.word not in {"COPY", "ADD"} or _copied_from(instruction):
        return False
    sources = [word for word in instruction.rest.split() if not word.startswith("--")][:-1]
    fetched = (*_FETCHED, "$") if instruction.word == "ADD" else _FETCHED
    return not sources or not all(word.lstrip("[\"',").startswith(fetched) or _HEREDOC.match(word) for word in sources)


def _copied_from(instruction: Instruction) -> str:
    words = (word for word in instruction.rest.split() if word.startswith("--from="))
    return next(words, "").partition("=")[2]


def _default(argument: str, values: Mapping[str, str]) -> dict[str, str]:
    name, given, value = argument.partition("=")
    return {name.strip(): _filled(value.strip().strip("\"'"), values)} if given else {}


def _filled(text: str, values: Mapping[str, str]) -> str:
    """Empty when a variable has no value."""
    missing = False

    def value_of(match: re.Match[str]) -> str:
        nonlocal missing
        value = values.get(match[1] or match[3]) or match[2] or ""
        missing = missing or not value
        return value

    filled = _VARIABLE.sub(value_of, text)
    return "" if missing else filled
