"""JSON and YAML files as values that still know where they stand, so that every complaint can name path, line and key.

A file's content decides its format, never its extension (contract I-1): real v1 assets hold JSON in `.yml` files,
trailing commas, byte order marks and Windows line ends.
"""

import codecs
import difflib
import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import Any, Generic, TypeAlias, TypeVar

import yaml

from shipway.config.usable import unusable
from shipway.errors import ConfigError

T = TypeVar("T")
KeyPath: TypeAlias = tuple[str | int, ...]

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_MOST_VALUES = 100_000
"""What a YAML file may unfold to: a few anchors in anchors make billions of values of one line."""
_STRING_OR_TRAILING_COMMA = re.compile(r'("(?:\\[\s\S]?|[^"\\])*(?:"|\Z))|,(?=\s*[}\]])')
"""A string that never ends reaches to the end: to look for its end from each quote within it would take hours."""
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True)
class Loaded(Generic[T]):
    """What a file says, and what in it deserves a word to its author without being wrong: one line each."""

    value: T
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Document:
    """A parsed file or a part of one.

    `prefix` is where the part stands in the file; `text` is empty for a value that never was a file. `remarks` are for
    warnings: what in the file is not as its format has it, and was taken all the same.
    """

    source: str
    value: object
    text: str = ""
    prefix: KeyPath = ()
    remarks: tuple[str, ...] = ()

    def within(self, *keys: str | int) -> "Document":
        """The part below `keys`, which must exist."""
        value: Any = self.value
        for key in keys:
            value = value[key]
        return replace(self, value=value, prefix=(*self.prefix, *keys), remarks=())

    def at(self, keys: KeyPath, message: str) -> str:
        """`message` with file, line and key before it."""
        path = (*self.prefix, *keys)
        line = _line_of(self.text, path)
        place = f"{self.source}:{line}" if line else self.source
        return f"{place}: {'/'.join(map(str, path))}: {message}" if path else f"{place}: {message}"

    def fault(self, keys: KeyPath, message: str) -> ConfigError:
        return ConfigError(self.at(keys, message))


def as_document(source: "Path | Mapping[str, Any] | Document", what: str) -> Document:
    """`what` stands for the file in messages about a value that came from none."""
    match source:
        case Document():
            return source if source.text else _usable(source)
        case Path():
            return read_document(source)
        case _:
            return _usable(Document(source=what, value=source))


def read_document(path: Path) -> Document:
    """Raises ConfigError that begins with path and line for a file that is missing, empty, not text, or malformed."""
    return parse_document(read_text(path), str(path))


def parse_document(text: str, source: str) -> Document:
    """Raises ConfigError as `read_document`."""
    if not text.strip():
        raise ConfigError(f"{source}: the file is empty")
    remarks: list[str] = []
    try:
        document = Document(source=source, value=_parse(text, source, remarks), text=text, remarks=tuple(remarks))
    except RecursionError:
        raise ConfigError(f"{source}: values are nested too deeply in each other") from None
    return _usable(document)


def _usable(document: Document) -> Document:
    """Raises ConfigError for what a format allows and nobody can use."""
    if found := unusable(document.value):
        raise document.fault(*found)
    return document


def read_text(path: Path) -> str:
    """Text without byte order mark, with Unix line ends. Raises ConfigError naming the path."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such file") from None
    except IsADirectoryError:
        raise ConfigError(f"{path}: is a folder; name a file") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    encoding = _encoding(data)
    if not encoding.startswith("utf-16") and b"\0" in data:
        raise ConfigError(f"{path}: is a binary file; name a text file")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise ConfigError(f"{path}:{line}: is not UTF-8 text; save the file as UTF-8") from error
    return text.replace("\r\n", "\n")


def _encoding(data: bytes) -> str:
    """By its mark; without one, text whose every second byte is zero at its start is UTF-16 as Windows saves it."""
    if marked := next((name for mark, name in _BYTE_ORDER_MARKS if data.startswith(mark)), None):
        return marked
    zeros = [byte == 0 for byte in data[:8]]
    if len(zeros) == 8 and any(zeros):
        if not any(zeros[::2]) and all(zeros[1::2]):
            return "utf-16-le"
        if all(zeros[::2]) and not any(zeros[1::2]):
            return "utf-16-be"
    return "utf-8"


def nearest(key: str, known: Iterable[str]) -> str | None:
    """The known key that `key` was most likely meant to be; None when none is near."""
    by_lower = {name.lower(): name for name in known}
    close = difflib.get_close_matches(key.lower(), by_lower, n=1, cutoff=0.6)
    return by_lower[close[0]] if close else None


def unknown_key(key: str, known: Iterable[str]) -> str:
    """The words for a key that nobody reads."""
    known = sorted(known)
    meant = nearest(key, known)
    return f"unknown key, did you mean {meant}?" if meant else f"unknown key; known are {', '.join(known)}"


def repeated_keys(document: Document) -> Iterator[tuple[KeyPath, int]]:
    """Keys that stand twice in a mapping, with the second's line: YAML and JSON would drop the first in silence."""
    node = _compose(document.text)
    if node is not None:
        yield from _repeated(node, ())


def _parse(text: str, source: str, remarks: list[str]) -> object:
    """JSON first: it is many times faster than YAML, and most v1 files are JSON."""
    looks_like_json = text.lstrip()[0] in "{["
    try:
        return _from_json(text, source) if looks_like_json else _parse_yaml(text, source)
    except json.JSONDecodeError as error:
        wrong_at = error.lineno
    try:
        value = _from_json(_STRING_OR_TRAILING_COMMA.sub(lambda match: match[1] or "", text), source)
    except json.JSONDecodeError as error:
        malformed = ConfigError(f"{source}:{error.lineno}: not valid JSON: {error.msg} at column {error.colno}")
    else:
        remarks.append(f"{source}:{wrong_at}: a comma too many before a bracket is not JSON; taken all the same")
        return value
    try:
        return _parse_yaml(text, source)
    except ConfigError:
        raise malformed from None


def _from_json(text: str, source: str) -> object:
    """Raises JSONDecodeError for what is malformed, ConfigError for what Python will not read."""
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        raise
    except ValueError:
        raise ConfigError(f"{source}: not valid JSON: it has a number with more digits than can be read") from None


def _parse_yaml(text: str, source: str) -> object:
    try:
        return _load_yaml(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        reason = ", ".join(part for part in (error.problem, error.context) if part)
        raise ConfigError(f"{source}:{line}: not valid YAML: {reason}") from error
    except yaml.reader.ReaderError as error:
        line = text[: error.position].count("\n") + 1
        raise ConfigError(f"{source}:{line}: not valid YAML: a character that YAML does not allow") from error
    except (yaml.YAMLError, ValueError) as error:
        raise ConfigError(f"{source}:1: not valid YAML: {error}") from error
    except (AttributeError, LookupError, TypeError) as error:  # what PyYAML does with `!!bool x`
        raise ConfigError(f"{source}:1: not valid YAML: a value is none of the type that its tag names") from error


def _load_yaml(text: str) -> object:
    """Safely: no tag makes an object, and no anchor more values than `_MOST_VALUES`."""
    loader = _LOADER(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return None
        _count_values(node, {})
        return loader.construct_document(node)
    finally:
        loader.dispose()


def _count_values(node: yaml.Node, counted: dict[int, float]) -> float:
    """How many values a node unfolds to. Raises MarkedYAMLError when there are more than `_MOST_VALUES`."""
    if not isinstance(node, yaml.CollectionNode):
        return 1
    if id(node) not in counted:
        counted[id(node)] = math.inf  # until all of it is counted: an anchor that holds itself unfolds for ever
        parts = chain.from_iterable(node.value) if isinstance(node, yaml.MappingNode) else node.value
        counted[id(node)] = 1 + sum(_count_values(part, counted) for part in parts)
    if counted[id(node)] > _MOST_VALUES:
        problem = f"it unfolds to more than {_MOST_VALUES:,} values; write out what its anchors repeat"
        raise yaml.MarkedYAMLError(problem=problem, problem_mark=node.start_mark)
    return counted[id(node)]


@lru_cache(maxsize=4)
def _compose(text: str) -> yaml.Node | None:
    """The text as YAML nodes, which carry their lines; None where there is no telling. JSON's tabs would stop YAML.

    Kept for the next complaint about the same file: 8 ms for an environment of 500 packages.
    """
    if not text:
        return None
    try:
        return yaml.compose(text.replace("\t", " "), Loader=_LOADER)
    except yaml.YAMLError:
        return None


def _line_of(text: str, path: KeyPath) -> int | None:
    """The line of the key at `path`, or of the nearest thing above it that exists."""
    node = _compose(text)
    if node is None or not path:
        return None
    line = node.start_mark.line
    for key in path:
        step = _step(node, key)
        if step is None:
            break
        line, node = step
    return line + 1


def _step(node: yaml.Node, key: str | int) -> tuple[int, yaml.Node] | None:
    match node:
        case yaml.MappingNode():
            pairs = [(k, v) for k, v in node.value if k.value == str(key)]
            return (pairs[-1][0].start_mark.line, pairs[-1][1]) if pairs else None
        case yaml.SequenceNode() if isinstance(key, int) and key < len(node.value):
            item = node.value[key]
            return item.start_mark.line, item
        case _:
            return None


def _repeated(node: yaml.Node, path: KeyPath) -> Iterator[tuple[KeyPath, int]]:
    match node:
        case yaml.MappingNode():
            seen = set()
            for key, value in node.value:
                here = (*path, str(key.value))
                if here in seen and key.value != "<<":
                    yield here, key.start_mark.line + 1
                seen.add(here)
                yield from _repeated(value, here)
        case yaml.SequenceNode():
            for index, item in enumerate(node.value):
                yield from _repeated(item, (*path, index))
        case _:
            return
