"""When the import test can be spared: the same imports in the same environment were tried before, and all worked.

`skeleton` is pure. A script's imports do not depend on what its functions do, so that a change in `run` alone asks for
no new test, which takes as long as the imports: 20 s for some frameworks.
"""

import ast
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from shipway.domain.canonical import Plain, digest_of, sha256_hex
from shipway.domain.environment import Code
from shipway.image.packages.lock import Lock, PythonThere
from shipway.machine.state import MachineState, private_folder, write_whole
from shipway.store.blobs import Blobs

_MOST_READ = 100
"""Files: from a bucket each takes some 30 ms, and a test of the imports a few seconds."""


@dataclass(frozen=True, kw_only=True)
class TriedWhere:
    """What imports depend on besides the script. `below` is what the packages stand on: the id of a base, or the path
    of an interpreter; `serving` is the digest of our server, which stands in for some modules."""

    lock: Lock
    there: PythonThere
    below: str
    serving: str
    variables: Mapping[str, str]

    @property
    def document(self) -> list[Plain]:
        return [self.lock.digest, self.there.version, self.below, self.serving, dict(self.variables)]


@dataclass(frozen=True, kw_only=True)
class KnownImports:
    """`alike` is the record of all scripts that import the same, `same` that of this very code."""

    alike: Path | None
    same: Path

    def notes(self) -> tuple[str, ...] | None:
        """Of the test that was made before; None when there was none, or it failed."""
        for record in (self.alike, self.same):
            if record is not None and record.exists():
                return tuple(json.loads(record.read_bytes()))
        return None

    def remember(self, notes: tuple[str, ...]) -> None:
        """Notes name lines, and so are of this very code only."""
        record = self.same if notes or self.alike is None else self.alike
        write_whole(record, json.dumps(notes))


def known_imports(code: Code, where: TriedWhere, blobs: Blobs, state: MachineState) -> KnownImports:
    """Raises StoreError."""
    folder = private_folder(state.root / "imports")
    scripts = [file for file in code.tree.files if file.path.endswith(".py") or not code.tree.is_folder]
    sources = {file.path: blobs.read_bytes(file.digest) for file in scripts} if len(scripts) <= _MOST_READ else None
    bare = skeleton(sources, where.there.minor) if sources else None
    names: list[Plain] = [file.path for file in code.tree.files]
    asked = [*where.document, code.app_entry_script]
    return KnownImports(
        alike=folder / f"{digest_of([*asked, *names, bare])}.json" if bare else None,
        same=folder / f"{digest_of([*asked, code.tree.digest])}.json",
    )


def skeleton(sources: Mapping[str, bytes], minor: str) -> str | None:
    """A digest of all that importing runs: the sources without what their functions do but import.

    None for what does not parse as Python of that minor version, as far as ours can tell.
    """
    major, _, number = minor.partition(".")
    version = int(major), int(number)
    try:
        trees = {
            path: ast.parse(text, path, feature_version=(version[0], version[1])) for path, text in sources.items()
        }
    except (SyntaxError, ValueError):
        return None
    dumps = [f"{path}\n{ast.dump(_Bare().visit(tree))}" for path, tree in sorted(trees.items())]
    return sha256_hex("\n".join(dumps).encode())


class _Bare(ast.NodeTransformer):
    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.body = [found for statement in node.body for found in _imports(statement)]
        return node

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        node.body = [found for statement in node.body for found in _imports(statement)]
        return node


def _imports(statement: ast.stmt) -> Iterator[ast.stmt]:
    """Of any depth, with the `try` that makes one optional lost: then one more test is made, and no harm done."""
    yield from (node for node in ast.walk(statement) if isinstance(node, ast.Import | ast.ImportFrom))
