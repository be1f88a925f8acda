"""Which statements of a script decide whether its imports work, in their order. Pure: nothing is run here.

A script is not run as a whole to see whether its imports work: it may load models, start servers or download data as it
is imported (E-14). Its import statements are taken out, and with them what changes where they look.
"""

import ast
import re
from typing import Any, Iterator, List, NamedTuple, Optional, Sequence, Set, Tuple

FORGIVING = {"ImportError", "ModuleNotFoundError", "Exception", "BaseException"}
"""What an ``except`` names to go on without a module."""

PREPARING = {"sys.path", "sys.modules", "os.chdir", "os.environ", "os.putenv", "site.addsitedir", "findspark.init"}
"""What changes where later imports look, or what they find there."""

INSTALLERS = re.compile(r"\b(?:pip[\d.]*|conda|mamba)\b")

PATHS = {"sys.path", "site.addsitedir", "findspark.init"}


class Step(NamedTuple):
    """One statement to be run."""

    node: Any
    line: int
    module: str
    """What is imported, as written; empty for a statement that only prepares."""
    optional: bool
    """The script may go on without it."""


def steps_of(tree: ast.AST) -> List[Step]:
    """The imports of a parsed module that run when it is imported, and what must run before them.

    Imports behind a ``try`` that forgives, an ``if`` or a loop are optional; those in functions, behind
    ``if __name__ == "__main__"`` and for type checkers alone are left out.
    """
    body: List[Any] = getattr(tree, "body", [])
    needed = _names_for_preparing(body)
    return list(_steps(body, needed, _State(), optional=False))


def later_steps(tree: ast.AST) -> Iterator[Tuple[Step, str]]:
    """The imports of a parsed module that run in its functions, each with the function's name; a method has none."""
    body: List[Any] = getattr(tree, "body", [])
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            name = node.name if node in body else "a function"
            for step in _steps(node.body, set(), _State(), optional=False):
                yield step, name


def changes_its_path(tree: ast.AST) -> bool:
    """Whether a module looks for others where only it knows, or installs them itself."""
    statements = [node for node in ast.walk(tree) if isinstance(node, (ast.Expr, ast.Assign, ast.AugAssign))]
    return any(_installs(node) or _within(node, PATHS) for node in statements)


class _State:
    """``unsure`` once the script has changed its own environment in a way that is not repeated here."""

    unsure = False


def _steps(body: Sequence[Any], needed: Set[str], state: _State, *, optional: bool) -> Iterator[Step]:
    for node in body:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            for step in _imports(node, optional=optional or state.unsure):
                yield step
        elif _installs(node):
            state.unsure = True
        elif _prepares(node) or _binds(node) & needed:
            yield Step(node, node.lineno, "", optional=True)
        else:
            for step in _inner_steps(node, needed, state, optional=optional):
                yield step


def _inner_steps(node: Any, needed: Set[str], state: _State, *, optional: bool) -> Iterator[Step]:
    """Of the blocks of a compound statement, those that run at import."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return
    blocks: List[Any] = []
    maybe = optional
    if isinstance(node, ast.If):
        blocks, maybe = _branches(node, optional=optional)
    elif hasattr(node, "handlers"):
        maybe = optional or any(_forgives(handler) for handler in node.handlers)
        for handler in node.handlers:
            blocks.append((handler.body, True))
        blocks = [(node.body, maybe), *blocks, (node.orelse, maybe), (node.finalbody, optional)]
    elif isinstance(node, (ast.For, ast.AsyncFor, ast.While)):
        blocks = [(node.body, True), (node.orelse, True)]
    elif isinstance(node, (ast.With, ast.AsyncWith, ast.ClassDef)):
        blocks = [(node.body, optional)]
    else:
        blocks = [(case.body, True) for case in getattr(node, "cases", [])]
    for body, is_optional in blocks:
        for step in _steps(body, needed, state, optional=is_optional):
            yield step


def _branches(node: ast.If, *, optional: bool) -> Any:
    """The blocks of an ``if``: what is for a command line or a type checker never runs in a server."""
    if _dotted(node.test).rpartition(".")[2] == "TYPE_CHECKING" or _is_main_guard(node.test):
        return [(node.orelse, optional)], optional
    return [(node.body, True), (node.orelse, True)], True


def _imports(node: Any, *, optional: bool) -> Iterator[Step]:
    """One step for each module, so that each is judged by itself."""
    if isinstance(node, ast.ImportFrom):
        if node.module != "__future__":
            yield Step(node, node.lineno, "." * (node.level or 0) + (node.module or ""), optional)
        return
    for alias in node.names:
        single = ast.copy_location(ast.Import(names=[alias]), node)
        yield Step(single, node.lineno, alias.name, optional)


def _forgives(handler: Any) -> bool:
    if handler.type is None:
        return True
    named = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(_dotted(name).rpartition(".")[2] in FORGIVING for name in named)


def _prepares(node: Any) -> bool:
    if not isinstance(node, (ast.Expr, ast.Assign, ast.AugAssign)):
        return False
    if isinstance(node, ast.Assign) and not any(_within(target, PREPARING) for target in node.targets):
        return False
    return _within(node, PREPARING)


def _within(node: ast.AST, dotted: Set[str]) -> bool:
    return any(isinstance(part, ast.Attribute) and _dotted(part) in dotted for part in ast.walk(node))


def _installs(node: Any) -> bool:
    """Whether a statement installs packages itself: what can be imported afterwards, nobody knows before.

    spaCy's models are packages, too, which scripts download by a call or a command.
    """
    if not isinstance(node, (ast.Expr, ast.Assign)):
        return False
    called = [_dotted(part.func) for part in ast.walk(node) if isinstance(part, ast.Call)]
    if not called:  # a docstring that says how to install it
        return False
    words = " ".join(text for text in map(_text, ast.walk(node)) if text)
    installers = bool(INSTALLERS.search(words)) or any(name.partition(".")[0] == "pip" for name in called)
    if installers and "install" in words:
        return True
    return "spacy.cli.download" in called or ("spacy" in words and "download" in words)


def _text(node: ast.AST) -> Optional[str]:
    value = node.value if isinstance(node, ast.Constant) else getattr(node, "s", None)
    return value if isinstance(value, str) else None


def _names_for_preparing(body: Sequence[Any]) -> Set[str]:
    """The names that preparing statements use, and those that these are made from, and so on."""
    needed: Set[str] = set()
    for node in body:
        if _prepares(node):
            needed |= _uses(node)
    for node in reversed(body):
        if isinstance(node, ast.Assign) and _binds(node) & needed:
            needed |= _uses(node)
    return needed


def _uses(node: ast.AST) -> Set[str]:
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load)}


def _binds(node: Any) -> Set[str]:
    if not isinstance(node, ast.Assign):
        return set()
    return {target.id for target in node.targets if isinstance(target, ast.Name)}


def _dotted(node: Any) -> str:
    """``os.environ`` for that expression; empty for one that is no dotted name."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        before = _dotted(node.value)
        return before + "." + node.attr if before else ""
    return ""


def _is_main_guard(test: Any) -> bool:
    parts = [test.left, *test.comparators] if isinstance(test, ast.Compare) else []
    return any(_dotted(part) == "__name__" for part in parts) and any(_text(part) == "__main__" for part in parts)
