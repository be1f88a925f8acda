"""A look at an entry script without running it: does it parse, does it bind `init` and `run` (contract E-1, E-9)?"""

import ast
from collections.abc import Iterator
from pathlib import Path

from shipway.config.documents import read_text
from shipway.errors import ConfigError

_WANTED = ("init", "run")


def check_entry_script(path: Path) -> tuple[str, ...]:
    """Warnings, one line each.

    Raises ConfigError for a syntax error, or when `init` or `run` is bound nowhere at module level. Shipway's own
    Python parses, as v1 did it; a script may still fail on the author's.
    """
    return check_entry_text(read_text(path), str(path))


def check_entry_text(text: str, source: str) -> tuple[str, ...]:
    """As `check_entry_script`; `source` names the text in messages."""
    try:
        module = ast.parse(text)
    except SyntaxError as error:
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
