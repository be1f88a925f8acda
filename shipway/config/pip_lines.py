"""The lines of a pip list, in a conda file or a requirements file, as those who wrote them meant them.

Seen in practice (contract Y-3, Y-6): a single `=`, options, templates, folders of the machine that wrote the file.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeAlias

from shipway.config.conda_names import normal_name
from shipway.config.documents import read_text
from shipway.config.paths import is_there
from shipway.errors import ConfigError

Say: TypeAlias = Callable[[str], str]
"""Puts the place of a line before a message about it."""

_SINGLE_EQUALS = re.compile(r"(?P<name>[A-Za-z0-9][\w.-]*(?:\[[^\]]*\])?)\s*=\s*(?P<version>[\w.*+!-]+)(?:=\S+)?")
_NO_OPERATOR = re.compile(r"(?P<name>[A-Za-z0-9][\w.-]*(?:\[[^\]]*\])?)\s+(?P<version>\d[\w.*+!-]*)")
_TEMPLATE = re.compile(r"[=<>~!]*\s*\{\{.*?\}\}")
_OF_ANOTHER_MACHINE = re.compile(r"(?P<name>[A-Za-z0-9][\w.-]*(?:\[[^\]]*\])?)\s*@\s*file:\S*")
_OPTION_BEHIND = re.compile(r"\s(?P<option>--(?!hash\b)[a-z-]+(?:[= ]\S+)?)\s*$")
_SCIKIT_LEARN = re.compile(r"sklearn(?:\s*[=<>~!].*)?", re.IGNORECASE)
_EDITABLE_URL = re.compile(r"(?:-e|--editable)(?:\s+|=)(?=[a-z+]+://)(?!file:)")
"""What pip would check out to be edited is installed as it is."""
_CREDENTIALS = re.compile(r"(?<=://)(?<!ssh://)(?!(?:\$\{\w+\}:?)+@)[^/@\s'\"]+@")
_WINDOWS_PATH = re.compile(r"[A-Za-z]:[\\/]")

_KEPT = ("--index-url", "-i", "--extra-index-url", "--find-links", "-f", "--no-index", "--no-binary", "--only-binary")
_LINKS = ("--find-links", "-f")
_NOT_HONOURED = {
    "--no-deps": "what a package needs is installed with it",
    "--pre": "pin the pre-release that is meant",
    "--trusted-host": "give that host a certificate that this machine trusts, or set UV_INSECURE_HOST",
}
"""Options whose absence can be felt, and what to do. Others only change how pip talks."""


@dataclass(frozen=True)
class PipLine:
    """A requirement, or an option for the index, with the place where it was written."""

    text: str
    say: Say


@dataclass
class PipReader:
    """`folder` is where `-r` looks for files. What was mended is told in `warnings`."""

    folder: Path
    warnings: list[str] = field(default_factory=list)

    def read(self, line: str, say: Say, above: tuple[Path, ...] = ()) -> Iterator[PipLine]:
        """The lines that one stands for. `above` are the files that include it.

        Raises ConfigError for what cannot be had on another machine, and for a file that is not there.
        """
        say = partial(_discreet, say)
        text = self._without_options(_EDITABLE_URL.sub("", line.partition(" #")[0].strip()), say)
        if not text or text.startswith("#"):
            return
        if text.startswith(("-r", "--requirement")):
            yield from self._included(text, say, above)
        elif text.startswith("-"):
            if self._is_kept(text, say):
                yield PipLine(text, say)
        else:
            _refuse_folder(text, say)
            yield PipLine(self._mended(text, say), say)

    def read_file(self, path: Path, above: tuple[Path, ...] = ()) -> Iterator[PipLine]:
        """Raises ConfigError as `read`, and for a file that cannot be read."""
        inner = PipReader(path.parent, self.warnings)
        waiting, first = "", 0
        for number, line in enumerate(read_text(path).splitlines(), 1):
            first = first if waiting else number
            if line.rstrip().endswith("\\"):
                waiting += line.rstrip()[:-1] + " "
                continue
            yield from inner.read((waiting + line).strip(), partial(_at, f"{path}:{first}"), (*above, path))
            waiting = ""

    def _included(self, text: str, say: Say, above: tuple[Path, ...]) -> Iterator[PipLine]:
        name = text.removeprefix("--requirement").removeprefix("-r").strip(" =")
        if "://" in name:
            raise ConfigError(say(f"{text!r} needs the network to be read; put its lines into the pip list"))
        path = self.folder / name
        if any(path.samefile(one) for one in above if is_there(path)):
            raise ConfigError(say(f"{path} includes itself; take that line out"))
        if not is_there(path):
            raise ConfigError(say(f"{path}: no such file"))
        yield from self.read_file(path, above)

    def _without_options(self, text: str, say: Say) -> str:
        """Options behind a requirement, such as `-r file --no-deps`; hashes stay."""
        while not text.startswith("--") and (match := _OPTION_BEHIND.search(text)):
            self._tell_option(match["option"], say)
            text = text[: match.start()].rstrip()
        return text

    def _is_kept(self, text: str, say: Say) -> bool:
        option = re.split(r"[=\s]", text, maxsplit=1)[0]
        if option in {"-e", "--editable"}:
            raise ConfigError(say(_folder_words(text)))
        if option in {"-c", "--constraint"}:
            raise ConfigError(
                say(f"{text!r}: constraints are not read; write the bounds behind the packages themselves")
            )
        if option in _KEPT or text.startswith(("-i", "-f")):
            if option in _LINKS and "://" not in text:
                raise ConfigError(say(_folder_words(text)))
            return True
        self._tell_option(text, say)
        return False

    def _tell_option(self, text: str, say: Say) -> None:
        why = _NOT_HONOURED.get(re.split(r"[=\s]", text, maxsplit=1)[0], "")
        self.warnings.append(say(f"{text!r} is not honoured" + (f": {why}" if why else "")))

    def _mended(self, text: str, say: Say) -> str:
        if "{{" in text:
            self.warnings.append(say(f"{text!r} is a template that nobody filled in; taken without a version"))
            text = _TEMPLATE.sub("", text).strip()
        if match := _OF_ANOTHER_MACHINE.fullmatch(text):
            self.warnings.append(say(f"{text!r} lies on the machine that wrote this; taken without a version"))
            return match["name"]
        if match := _SINGLE_EQUALS.fullmatch(text):
            self.warnings.append(say(f"{text!r} has a single '='; taken as '=='"))
            text = f"{match['name']}=={match['version']}"
        elif match := _NO_OPERATOR.fullmatch(text):
            self.warnings.append(say(f"{text!r} has no '=='; taken as if it had"))
            text = f"{match['name']}=={match['version']}"
        if _SCIKIT_LEARN.fullmatch(text):
            self.warnings.append(say(f"{text!r} is what one imports; the package is scikit-learn, which is taken"))
            return "scikit-learn"
        return text


def package_name(requirement: str) -> str:
    """The normalised name that a requirement line begins with; empty for an option or a URL without a name."""
    match = re.match(r"[A-Za-z0-9][\w.-]*", requirement.strip())
    return normal_name(match[0]) if match and "://" not in requirement.partition("@")[0] else ""


def without_credentials(text: str) -> str:
    """Who logs in is left out of each URL; a variable that stands for it, such as ${TOKEN}, is no secret, nor is the
    user of ssh, who has a key."""
    return _CREDENTIALS.sub("", text)


def _discreet(say: Say, words: str) -> str:
    return say(without_credentials(words))


def _at(place: str, words: str) -> str:
    return f"{place}: {words}"


def _refuse_folder(text: str, say: Say) -> None:
    is_path = text.startswith((".", "/", "~", "file:")) or _WINDOWS_PATH.match(text)
    is_file = "://" not in text and " " not in text and text.endswith((".whl", ".tar.gz", ".zip"))
    if is_path or is_file:
        raise ConfigError(say(_folder_words(text)))


def _folder_words(text: str) -> str:
    return f"{text!r} is a folder of this machine; publish the package or put it into the source directory"
