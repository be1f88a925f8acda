"""What an entry script imports, and the modules of its source directory that it reaches, as values.

The scoring server's own import test tells it (`try_imports --list`), for it knows where the server will look and which
imports a script can go on without. It runs on any Python from 3.6 on, the asset's own among them.
"""

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from shipway.domain.environment import InferenceConfig
from shipway.errors import MachineError
from shipway.image.serving import serving_source

_PATIENCE_S = 60.0
_MODULE = "shipway_serving.asset.try_imports"
_RUN = "import runpy, sys; sys.path.insert(0, sys.argv.pop(1)); runpy.run_module(sys.argv.pop(1), run_name='__main__')"
"""As `-m`, but isolated (-I): no variable of the user's and no file of the working folder gets in between."""


@dataclass(frozen=True, kw_only=True)
class Import:
    """One import statement. `module` may begin with dots; `names` are what is taken from it.

    `function` is the one that it stands in, empty at module level. `local` modules are the author's own; `beside` is
    where one lies that the server will not find.
    """

    module: str
    file: str
    line: int
    names: tuple[str, ...] = ()
    optional: bool = False
    function: str = ""
    local: bool = False
    beside: str | None = None

    @property
    def top(self) -> str:
        return self.module.partition(".")[0]

    @property
    def place(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, kw_only=True)
class SyntaxFault:
    """A file that the Python which read it cannot parse."""

    file: str
    line: int
    message: str


@dataclass(frozen=True, kw_only=True)
class Imports:
    """`python` is the version that read them. `unsure`: the script looks for modules where only it knows."""

    python: str
    statements: tuple[Import, ...] = ()
    files: tuple[str, ...] = ()
    unsure: bool = False
    syntax: SyntaxFault | None = None


@dataclass(frozen=True)
class Provided:
    """What can be imported beside an author's packages, as the scoring server lists it."""

    document: Mapping[str, Any]

    @cached_property
    def modules(self) -> Mapping[str, frozenset[str]]:
        """The names of each stand-in."""
        return {module: frozenset(offer["names"]) for module, offer in self.document["modules"].items()}

    def is_ours_first(self, module: str) -> bool:
        """Whether ours is taken even where the real package is installed."""
        offers = self.document["modules"]
        parts = module.split(".")
        beginnings = [".".join(parts[:length]) for length in range(len(parts), 0, -1)]
        return any(offers[name]["precedence"] == "first" for name in beginnings if name in offers)

    def packages_of(self, module: str) -> tuple[str, ...]:
        """Those of the index that bring a module, the one to add first; empty when none is known."""
        return tuple(self._longest(module, self.document["packages"]) or ())

    def azureml_package(self, module: str) -> str | None:
        """The real package of a module of Azure ML's."""
        found = self._longest(module, self.document["azureml"])
        return found if isinstance(found, str) else None

    def _longest(self, module: str, table: Mapping[str, Any]) -> Any:
        parts = module.split(".")
        names = (".".join(parts[:length]) for length in range(len(parts), 0, -1))
        return next((table[name] for name in names if name in table), None)


def imports_of(inference: InferenceConfig, python: Path | None = None) -> Imports:
    """Reads the script and what it reaches, on `python` or on Shipway's own; runs none of it.

    A config without a script (a model that is served without code) has none. Raises MachineError when that Python
    cannot be asked.
    """
    if inference.entry_script is None:
        return Imports(python="")
    folder = inference.source_directory
    arguments = ["--list", str(Path(folder or "/") / inference.entry_script)]
    arguments += ["--source-directory", folder] if folder else []
    return imports_in(ask(_MODULE, arguments, python))


def parse_on(python: Path, files: tuple[Path, ...]) -> SyntaxFault | None:
    """What `python` cannot parse. Raises as `imports_of`."""
    document = ask(_MODULE, ["--only-parse", *map(str, files)], python)
    return _syntax(document["syntax"])


def provided() -> Provided:
    """Raises MachineError when the scoring server of this installation does not say."""
    return Provided(ask("shipway_serving.shims.listing", [], None))


def imports_in(document: Mapping[str, Any]) -> Imports:
    """Of the document that `try_imports --list` prints. Pure."""
    return Imports(
        python=document["python"],
        statements=tuple(_import(told) for told in document["imports"]),
        files=tuple(document["files"]),
        unsure=document["unsure"],
        syntax=_syntax(document["syntax"]),
    )


def ask(module: str, arguments: list[str], python: Path | None) -> dict[str, Any]:
    """What a module of the scoring server prints on some Python, which needs no package for it."""
    interpreter = python or Path(sys.executable)
    command = [str(interpreter), "-I", "-c", _RUN, str(serving_source()), module, *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE_S, check=False)
    except (OSError, subprocess.SubprocessError) as error:
        raise MachineError(f"{interpreter} cannot be asked about the script: {error}") from error
    try:
        answer: dict[str, Any] = json.loads(done.stdout)
    except ValueError as error:
        words = " ".join(done.stderr.split())[-300:]
        raise MachineError(f"{interpreter} cannot be asked about the script: it ended with {words!r}") from error
    return answer


def _import(told: Mapping[str, Any]) -> Import:
    return Import(
        module=told["module"],
        names=tuple(told["names"]),
        file=told["file"],
        line=told["line"],
        optional=told["optional"],
        function=told["function"],
        local=told["local"],
        beside=told["beside"],
    )


def _syntax(told: Mapping[str, Any] | None) -> SyntaxFault | None:
    return None if told is None else SyntaxFault(file=told["file"], line=told["line"], message=told["message"])
