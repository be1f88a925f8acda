"""What a script imports, and the modules of its own folder that it reaches, without running any of it.

The folders are those that the server looks in (C-6): the app root, where the source directory lies under its own name,
and the source directory itself. Without one the script travels alone (C-4).
"""

import ast
import os
import sys
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Tuple

from shipway_serving.asset.import_statements import Step, changes_its_path, later_steps, steps_of

MOST_FILES = 1000
"""Of the author's own: whoever ships more has shipped somebody else's package, which the import test will see."""

MOST_FOLDERS = 1000

LARGEST = 10_000_000
"""Bytes of a module; generated tables can be large, and each byte of text becomes a hundred as a tree."""

Answer = Dict[str, Any]


class Folder(NamedTuple):
    """Where the author's own modules lie."""

    script: str
    source: Optional[str]
    """None when only the script travels."""

    def find(self, module: str, importer: str) -> List[str]:
        """The author's files that ``module`` runs when ``importer`` imports it; empty when it is not the author's."""
        if module.startswith("."):
            return self._relative(module, importer)
        parts = module.split(".")
        if self.source is None or is_standard(parts[0]):
            return []
        found = _files(self.source, parts)
        if not found and parts[0] == os.path.basename(self.source):
            return _files(os.path.dirname(self.source), parts)
        return found

    def elsewhere(self, module: str) -> Optional[str]:
        """Where a module lies that the server will not find: beside the script, or anywhere in the source directory."""
        top = module.split(".")[:1]
        found = _files(os.path.dirname(self.script), top)
        folders = iter(_folders_below(self.source)) if self.source else iter(())
        while not found:
            folder = next(folders, None)
            if folder is None:
                return None
            found = _files(folder, top)
        return found[-1]

    def shown(self, path: str) -> str:
        """As an author knows it: below the source directory, else by its name."""
        inside = os.path.relpath(path, self.source or os.path.dirname(self.script))
        return os.path.basename(path) if inside.startswith(os.pardir) else inside

    def _relative(self, module: str, importer: str) -> List[str]:
        """The script itself has no package around it, and so no relative imports."""
        if importer == self.script or self.source is None:
            return []
        name = module.lstrip(".")
        folder = importer
        for _ in range(len(module) - len(name)):
            folder = os.path.dirname(folder)
        return _files(folder, name.split(".")) if name else _files(os.path.dirname(folder), [os.path.basename(folder)])


class Reached:
    """Gathers the imports of a script and of all that it reaches."""

    def __init__(self, folder: Folder) -> None:
        self.folder = folder
        self.imports: List[Answer] = []
        self.files: List[str] = []
        self.fault: Optional[Answer] = None
        self.is_unsure = False

    def gather(self) -> None:
        """Begin with the script; what cannot be read or parsed is ``fault`` when the script cannot go on without it."""
        waiting: List[Tuple[str, bool]] = [(self.folder.script, False)]
        seen = {self.folder.script}
        while waiting and len(self.files) < MOST_FILES:
            path, optional = waiting.pop(0)
            tree = self._parse(path, optional=optional)
            if tree is None:
                continue
            self.is_unsure = self.is_unsure or changes_its_path(tree)
            for answer, names in self._answers(path, tree, optional=optional):
                self.imports.append(answer)
                for name in names:
                    for found in self.folder.find(name, path):
                        if found not in seen:
                            seen.add(found)
                            waiting.append((found, answer["optional"] or bool(answer["function"])))

    def _parse(self, path: str, *, optional: bool) -> Any:
        self.files.append(self.folder.shown(path))
        fault = syntax_fault(path)
        if fault is None:
            with open(path, "rb") as file:
                return ast.parse(file.read(), path)
        if not optional and self.fault is None:
            self.fault = dict(fault, file=self.folder.shown(path))
        return None

    def _answers(self, path: str, tree: Any, *, optional: bool) -> Iterator[Tuple[Answer, List[str]]]:
        """Each import with the modules that it may run: a name taken from a package may be a module of it."""
        steps = [(step, "") for step in steps_of(tree)] + list(later_steps(tree))
        for step, function in steps:
            if not step.module:
                continue
            names = [alias.name for alias in step.node.names] if isinstance(step.node, ast.ImportFrom) else []
            joined = step.module if step.module.endswith(".") else step.module + "."
            modules = [step.module] + [joined + name for name in names if name != "*"]
            yield self._answer(path, step, function, names, optional=optional or step.optional), modules

    def _answer(self, path: str, step: Step, function: str, names: List[str], *, optional: bool) -> Answer:
        found = self.folder.find(step.module, path)
        beside = (
            None
            if found or step.module.startswith(".") or is_standard(step.module.split(".")[0])
            else self.folder.elsewhere(step.module)
        )
        return {
            "module": step.module,
            "names": names,
            "file": self.folder.shown(path),
            "line": step.line,
            "optional": optional,
            "function": function,
            "local": bool(found),
            "beside": self.folder.shown(beside) if beside and beside != self.folder.script else None,
        }


def syntax_fault(path: str) -> Optional[Answer]:
    """Why this Python cannot parse a file, with file and line; None when it can."""
    try:
        if os.path.getsize(path) > LARGEST:
            return {"file": path, "line": 1, "message": f"it is larger than {LARGEST // 1_000_000} MB"}
        with open(path, "rb") as file:
            compile(file.read(), path, "exec", dont_inherit=True)
    except SyntaxError as error:
        return {"file": path, "line": error.lineno or 1, "message": str(error.msg)}
    except (RecursionError, MemoryError):
        return {"file": path, "line": 1, "message": "it is nested too deeply"}
    except ValueError as error:  # Null bytes: UTF-16, or no text at all.
        return {"file": path, "line": 1, "message": str(error)}
    except OSError as error:
        return {"file": path, "line": 1, "message": f"it cannot be read: {error.strerror}"}
    return None


def is_standard(name: str) -> bool:
    """Whether this Python brings a module of that name itself, which then comes before the author's."""
    if name in sys.builtin_module_names:
        return True
    library = os.path.dirname(os.__file__)
    names = (name, name + ".py")
    return any(os.path.exists(os.path.join(library, one)) for one in names) or _is_native(library, name)


def _is_native(library: str, name: str) -> bool:
    folder = os.path.join(library, "lib-dynload")
    return os.path.isdir(folder) and any(file.split(".")[0] == name for file in os.listdir(folder))


def _files(folder: str, parts: List[str]) -> List[str]:
    """The files that an import of ``parts`` below ``folder`` runs; empty when the first part is not there."""
    files: List[str] = []
    for part in parts:
        path = os.path.join(folder, part)
        package = os.path.join(path, "__init__.py")
        if os.path.isfile(package):
            files.append(package)
        elif os.path.isfile(path + ".py"):
            return [*files, path + ".py"]
        elif not os.path.isdir(path) or not _has_modules(path):
            return files
        folder = path
    return files


def _folders_below(source: str) -> Iterator[str]:
    """The first of them: whoever ships more has shipped an environment."""
    count = 0
    for folder, names, _ in os.walk(source):
        names[:] = sorted(name for name in names if not name.startswith((".", "__")))
        for name in names:
            count += 1
            if count > MOST_FOLDERS:
                return
            yield os.path.join(folder, name)


def _has_modules(path: str) -> bool:
    """A folder without ``__init__.py`` is a package, too, when there are modules in it."""
    return any(name.endswith(".py") for name in os.listdir(path))
