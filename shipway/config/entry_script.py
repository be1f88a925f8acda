"""A look at an entry script without running it: does it parse, does it bind `init` and `run` (contract E-1, E-9)?"""

import ast
import codecs
import io
import platform
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

from shipway.errors import ConfigError

_WANTED = ("init", "run")
OWN_PYTHON = ".".join(platform.python_version_tuple()[:2])
"""Shipway's, such as 3.11."""
_NO_NEW_WORDS_SINCE = 7
"""What parses on Python 3.7 parses on all that came after; on 3.6 `async` and `await` were names like any other."""


def check_entry_script(path: Path, *, python: str | None = None) -> tuple[str, ...]:
    """Warnings, one line each. `python` is the author's pin.

    Raises ConfigError for a syntax error, or when `init` or `run` is bound nowhere at module level. Shipway's own
    Python parses, as v1 did it; where the author pins another, that one has the last word, later.
    """
    return check_entry_text(_read_script(path), str(path), python=python)


def _read_script(path: Path) -> str:
    """As Python reads it: UTF-8, unless one of its first two lines says another encoding."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise ConfigError(f"{path}: is UTF-16 text, which no Python reads; save the file as UTF-8")
    if b"\0" in data:
        raise ConfigError(f"{path}: is a binary file; name a text file")
    encoding = _encoding(data, path)
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise ConfigError(f"{path}:{line}: is not UTF-8 text; save the file as UTF-8") from error
    except (LookupError, UnicodeError) as error:  # codecs that are none for text, such as hex
        words = f"is not text in the encoding that it names, {encoding}; save the file as UTF-8"
        raise ConfigError(f"{path}: {words}") from error


def _encoding(data: bytes, path: Path) -> str:
    """What Python cannot make out is UTF-8: decoding tells where it is not."""
    try:
        return tokenize.detect_encoding(io.BytesIO(data).readline)[0]
    except SyntaxError as error:
        if "unknown encoding" in str(error):
            raise ConfigError(f"{path}:1: the entry script does not parse: {error}") from error
        return "utf-8"


def check_entry_text(text: str, source: str, *, python: str | None = None) -> tuple[str, ...]:
    """As `check_entry_script`; `source` names the text in messages."""
    try:
        module = ast.parse(text)
    except SyntaxError as error:
        if not _own_python_can_tell(python):
            place = f"{source}:{error.lineno or 1}"
            return (f"{place}: does not parse on Python {OWN_PYTHON}: {error.msg}; the asset's own, {python}, decides",)
        raise ConfigError(f"{source}:{error.lineno or 1}: the entry script does not parse: {error.msg}") from error
    except (RecursionError, MemoryError):  # what Python's parser gives up with, wherever it is
        raise ConfigError(f"{source}: the entry script does not parse: it is nested too deeply") from None
    except ValueError as error:  # null bytes
        raise ConfigError(f"{source}:1: the entry script does not parse: {error}") from error
    bound = set(_bound_names(module.body))
    missing = [name for name in _WANTED if name not in bound]
    if not missing:
        return ()
    names = " and ".join(f"{name}()" for name in missing)
    if "*" in bound:
        return (f"{source}: cannot tell whether {names} comes with a star import; the smoke test decides",)
    raise ConfigError(
        f"{source}: the entry script does not define {names} at module level; v1 scripts define init() and run()"
    )


def _own_python_can_tell(pin: str | None) -> bool:
    """Whether what does not parse here parses on the author's Python neither."""
    exact = re.match(r"3\.(\d+)", pin or OWN_PYTHON)
    return exact is not None and _NO_NEW_WORDS_SINCE <= int(exact[1]) <= int(OWN_PYTHON.partition(".")[2])


def _bound_names(body: list[ast.stmt]) -> Iterator[str]:
    """What a module's statements bind, looking into if, try, with and loops, but not into functions and classes."""
    for statement in body:
        yield from _bound_by(statement)
        for block in _blocks(statement):
            yield from _bound_names(block)


def _blocks(statement: ast.stmt) -> Iterator[list[ast.stmt]]:
    match statement:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return
        case ast.Match():
            yield from (case.body for case in statement.cases)
        case _:
            for name in ("body", "orelse", "finalbody"):
                yield getattr(statement, name, [])
            yield from (handler.body for handler in getattr(statement, "handlers", []))


def _bound_by(statement: ast.stmt) -> Iterator[str]:
    match statement:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            yield statement.name
        case ast.Import() | ast.ImportFrom():
            yield from (alias.asname or alias.name.partition(".")[0] for alias in statement.names)
        case ast.Assign():
            yield from _targets(statement.targets)
        case ast.AnnAssign() if statement.value is not None:
            yield from _targets([statement.target])
        case _:
            return


def _targets(targets: list[ast.expr]) -> Iterator[str]:
    for target in targets:
        yield from (
            node.id for node in ast.walk(target) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
        )
