"""Runs the import statements of a script one after the other, in this process, and says what became of each.

As the server does it: the same module name, folders and stand-ins. Everything that an import can do to a process is to
be expected here, so that this runs in one that can be lost.
"""

import ast
import os
import sys
import traceback
from types import ModuleType
from typing import Any, Callable, Dict, List, NamedTuple, Optional

from shipway_serving.asset.entry_script import MODULE_NAME, extend_import_path
from shipway_serving.asset.import_names import packages_of
from shipway_serving.asset.import_statements import Step
from shipway_serving.asset.layout import Layout
from shipway_serving.asset.reached import Folder

LONGEST_ERROR = 1000
"""Characters; NumPy alone explains a broken installation in 2000."""

Say = Callable[[Dict[str, Any]], None]


class Place(NamedTuple):
    """The last line of the author's that an error came through."""

    file: str
    line: int
    imports: bool
    """Whether an import statement stands there: else the author's own code failed, and not its environment."""


class Trial:
    """The statements of one script; ``say`` hears of each as it starts and when it is done."""

    def __init__(self, path: str, layout: Layout, say: Say, *, looks_elsewhere: bool = False) -> None:
        """``looks_elsewhere``: the script changes its path, maybe in a function that is not called here."""
        from shipway_serving.shims.finder import install

        source = os.path.join(layout.app_root, layout.source_directory) if layout.source_directory else None
        self._folder = Folder(path, source) if looks_elsewhere else None
        self._path = path
        self._root = layout.app_root
        self._say = say
        self._unprepared = False
        self._module = ModuleType(MODULE_NAME)
        self._module.__file__ = path
        self._module.__dict__["__package__"] = ""
        sys.modules[MODULE_NAME] = self._module
        sys.argv = [path]
        os.chdir(layout.app_root)
        extend_import_path(sys.path, layout.import_folders())
        install()

    def run(self, steps: List[Step]) -> None:
        """Run them all."""
        for index, step in enumerate(steps):
            if not step.module:
                self._prepare(step)
                continue
            self._say({"started": index})
            self._say(self._answer(step, self._execute(step)))

    def _prepare(self, step: Step) -> None:
        """Where preparing fails, nobody can tell from here what the script would have found afterwards."""
        if self._execute(step) is not None:
            self._unprepared = True

    def _execute(self, step: Step) -> Optional[BaseException]:
        """None when it worked. ``SystemExit`` of a module ends a server as well (E-3)."""
        body: Any = ast.Module(body=[step.node], type_ignores=[])
        try:
            exec(compile(body, self._path, "exec", dont_inherit=True), self._module.__dict__)
        except BaseException as error:
            if isinstance(error, ImportError) and error.name is None:
                error.name = step.module  # Python 3.6 does not say of which module a name is missing.
            return error
        return None

    def _answer(self, step: Step, error: Optional[BaseException]) -> Dict[str, Any]:
        place = Place(self._path, step.line, True) if error is None else self._place_of(error, step)
        missing = getattr(error, "name", None) if isinstance(error, ModuleNotFoundError) else None
        return {
            "module": step.module,
            "line": place.line,
            "file": self._shown(place.file),
            "ok": error is None,
            "optional": step.optional or self._unprepared or not place.imports or self._lies_elsewhere(missing),
            "error": None if error is None else words_of(error),
            "missing": missing,
            "packages": packages_of(missing) if missing else [],
            "remedy": None if error is None else _remedy(error, missing),
        }

    def _lies_elsewhere(self, missing: Optional[str]) -> bool:
        """Whether an absent module is the author's own and the script may find it, by what is not run here."""
        return bool(missing and self._folder and self._folder.elsewhere(missing))

    def _place_of(self, error: BaseException, step: Step) -> Place:
        """A module that cannot be parsed stands in no frame; else the last frame of a file below the app root."""
        if isinstance(error, SyntaxError) and error.filename and self._is_the_authors(error.filename):
            return Place(error.filename, error.lineno or 1, True)
        frames = traceback.extract_tb(error.__traceback__)
        ours = [frame for frame in frames if self._is_the_authors(frame.filename)]
        if not ours or ours[-1].filename == self._path:
            return Place(self._path, step.line, True)
        last = ours[-1]
        return Place(last.filename, last.lineno or 1, _imports_at(last.filename, last.lineno or 1))

    def _is_the_authors(self, filename: str) -> bool:
        """Below the app root, but not of an environment that lies there."""
        inside = os.path.relpath(os.path.abspath(filename), self._root)
        return not inside.startswith(os.pardir) and "site-packages" not in inside.split(os.sep)

    def _shown(self, path: str) -> str:
        inside = os.path.relpath(path, self._root)
        return path if inside.startswith(os.pardir) else inside


def words_of(error: BaseException) -> str:
    """One bounded line."""
    text = " ".join(str(error).split())
    words = type(error).__name__ + (": " + text if text else "")
    return words if len(words) <= LONGEST_ERROR else words[: LONGEST_ERROR - 3] + "..."


def _remedy(error: BaseException, missing: Optional[str]) -> Optional[str]:
    from shipway_serving.shims.remedies import remedy_for

    said = remedy_for(error)
    if said is not None or not missing:
        return said
    names = packages_of(missing)
    if names:
        return f"{missing}: add {names[0]} to the environment"
    return f"{missing}: add the package that brings it to the environment, or the module to the source directory"


def _imports_at(path: str, line: int) -> bool:
    """Whether an import statement stands at that line."""
    try:
        with open(path, "rb") as file:
            tree = ast.parse(file.read(), path)
    except (OSError, SyntaxError, ValueError):
        return True
    imports = [node for node in ast.walk(tree) if isinstance(node, (ast.Import, ast.ImportFrom))]
    return any(node.lineno <= line <= _last_line(node) for node in imports)


def _last_line(node: Any) -> int:
    """Python 3.6 does not say where a statement ends; names of an import take few lines."""
    return getattr(node, "end_lineno", None) or node.lineno + len(node.names)
