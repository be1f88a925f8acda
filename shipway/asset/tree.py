"""An entry script as Shipway's own Python reads it, for those who look through all of it more than once."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Tree:
    """Some scripts hold tables of some MB: all nodes are listed once."""

    module: ast.Module

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        return tuple(ast.walk(self.module))

    @cached_property
    def functions(self) -> dict[str, Function]:
        """Those of the module itself, by name."""
        return {node.name: node for node in self.module.body if isinstance(node, Function)}

    @property
    def calls(self) -> Iterator[ast.Call]:
        return (node for node in self.nodes if isinstance(node, ast.Call))


@dataclass(frozen=True, kw_only=True)
class Entry:
    """The entry script of this machine. `text` is empty for what is no text, `tree` None for what does not parse."""

    path: Path
    text: str = ""
    tree: Tree | None = None


def read_entry(path: Path) -> Entry:
    """Decoded as Python does it. Never raises: what cannot be read is said by others, with its reason."""
    try:
        content = path.read_bytes()
    except OSError:
        return Entry(path=path)
    text = content.decode(errors="replace")
    try:
        return Entry(path=path, text=text, tree=Tree(ast.parse(content)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return Entry(path=path, text=text)


def parse(text: str) -> Tree:
    """Raises what `ast.parse` raises."""
    return Tree(ast.parse(text))


def dotted(node: ast.expr) -> str:
    """`os.environ` for that expression; empty for one that is no dotted name."""
    match node:
        case ast.Name():
            return node.id
        case ast.Attribute():
            before = dotted(node.value)
            return f"{before}.{node.attr}" if before else ""
        case _:
            return ""
