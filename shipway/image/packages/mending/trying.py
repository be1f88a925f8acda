"""Trying an environment: does it resolve, does it install, do the script's own imports work in it?

Each try is made in a folder of its own, and leaves nothing but what uv keeps of downloads.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum
from pathlib import Path
from tempfile import TemporaryDirectory

from shipway.domain.environment import Code, Environment, InferenceConfig
from shipway.domain.model import Tree
from shipway.errors import BuildError
from shipway.image.environment import make_venv
from shipway.image.imports import ScriptsImportsFail, refuse_failures, try_imports_here
from shipway.image.interpreters import find_interpreter, installed_interpreters, own_interpreter, served_pin
from shipway.image.packages.install import install_apart
from shipway.image.packages.lock import Lock, PythonThere, pins_of
from shipway.image.packages.mending.pins import pins_asked
from shipway.image.packages.mending.rules import Situation, fitting
from shipway.image.packages.refusals import is_of_the_network
from shipway.image.packages.resolve import resolve
from shipway.image.serving import OWN_PACKAGES_VARIABLE, serving_requirements, serving_source
from shipway.machine.state import MachineState


class NoAnswer(BuildError):
    """No index answers, so that nothing can be found by trying."""


class Foreseen(BuildError):
    """What is known to break of packages that resolve, though no import test finds it, or none can be made."""


class Stage(IntEnum):
    """How far an environment gets."""

    NOWHERE = 0
    RESOLVED = 1
    INSTALLED = 2
    WORKS = 3


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """`error` is None when it works. `imported` tells whether the imports were tried, or could not be here."""

    stage: Stage
    error: BuildError | None = None
    lock: Lock | None = None
    imported: bool = False

    @property
    def works(self) -> bool:
        return self.error is None

    @property
    def words(self) -> str:
        """All that was said, for patterns and for comparing."""
        return words_of(self.error) if self.error is not None else ""

    @property
    def versions(self) -> dict[str, str | None] | None:
        return None if self.lock is None else {pin.name: pin.version for pin in pins_of(self.lock.text)}


@dataclass(frozen=True, kw_only=True)
class EntryScript:
    """Where the script lies, on this machine. `source_directory` is None for a script that travels alone."""

    path: Path
    source_directory: Path | None = None

    @classmethod
    def of(cls, inference: InferenceConfig) -> "EntryScript | None":
        """None for a config without a script: there is nothing to import then."""
        if inference.entry_script is None:
            return None
        folder = Path(inference.source_directory) if inference.source_directory else None
        return cls(path=(folder or Path()) / inference.entry_script, source_directory=folder)


@dataclass
class Trier:
    """`script` is None where only resolving is asked for. `count` is how many tries were made, the repeated not
    counted."""

    there: PythonThere
    script: EntryScript | None
    state: MachineState
    count: int = 0
    _known: dict[tuple[tuple[str, ...], str | None], Outcome] = field(default_factory=dict)

    def outcome(self, environment: Environment) -> Outcome:
        """Raises NoAnswer."""
        asked = environment.requirements, environment.as_of
        if asked not in self._known:
            self.count += 1
            self._known[asked] = self._tried(environment)
        return self._known[asked]

    def is_known(self, environment: Environment) -> bool:
        return (environment.requirements, environment.as_of) in self._known

    def can_import(self, environment: Environment) -> bool:
        """Whether a try goes as far as the imports."""
        return self._place_for_imports(environment, self.there) is not None

    def _tried(self, environment: Environment) -> Outcome:
        stage, lock = Stage.NOWHERE, None
        with TemporaryDirectory(prefix="mending-", dir=_folder(self.state)) as name:
            state = MachineState(Path(name))
            try:
                there = python_of_its_day(environment, self.there)
                lock = resolve(environment, there, serving_requirements(), state)
                stage = Stage.RESOLVED
                place = self._place_for_imports(environment, there)
                _refuse_foreseen(environment, lock, there, unseen_only=place is not None)
                if place is None or self.script is None:
                    return Outcome(stage=Stage.WORKS, lock=lock)
                here = lock if there.interpreter else resolve(environment, place, serving_requirements(), state)
                python = make_venv(here, place, state)
                stage = Stage.INSTALLED
                _try_imports(python, here, place, environment, self.script, state)
            except Foreseen as error:
                return Outcome(stage=Stage.INSTALLED, error=error, lock=lock)
            except BuildError as error:
                if is_of_the_network(words_of(error)):
                    raise NoAnswer(str(error)) from error
                return Outcome(stage=stage, error=error, lock=lock)
        return Outcome(stage=Stage.WORKS, lock=lock, imported=True)

    def _place_for_imports(self, environment: Environment, there: PythonThere) -> PythonThere | None:
        """A Python of this machine with the asset's minor version; None where there is none, or where packages come
        from a base image and not from the index."""
        if self.script is None or environment.conda_packages or environment.user_managed:
            return None
        if there.interpreter is not None:
            return there
        own = own_interpreter()
        candidates = [own, *installed_interpreters(pin=there.minor)]
        found = next((one for one in candidates if one.version.startswith(f"{there.minor}.")), None)
        return None if found is None else PythonThere(version=found.version, interpreter=found.path)


def first_failure(
    environment: Environment, there: PythonThere, script: EntryScript | None, state: MachineState
) -> BuildError | None:
    """Why the environment does not work, tried as far as its script's imports; None when it does. Safe to repeat.

    Raises BuildError when no index answers.
    """
    return Trier(there=there, script=script, state=state).outcome(environment).error


def words_of(error: BuildError) -> str:
    """Of a failure: its own message, uv's words whole, or those of every import that failed, each behind its module:
    Python 3.6 says which name cannot be imported, and not from where."""
    if isinstance(error, ScriptsImportsFail):
        return "\n".join([str(error), *(f"{fault.module}: {fault.error}" for fault in error.trial.faults)])
    return "\n".join([str(error), getattr(error, "words", "")])


def python_of_its_day(environment: Environment, there: PythonThere) -> PythonThere:
    """An environment without a Python of its own gets the default of its day. Raises BuildError if that is missing."""
    pin = served_pin(environment.python, environment.as_of).pin
    if environment.python is not None or pin is None or there.version.startswith(f"{pin}."):
        return there
    minor = ".".join(pin.split(".")[:2])
    if there.minor == minor:
        return there
    if there.platform is not None:
        return replace(there, version=pin, interpreter=None)
    found = find_interpreter(pin)
    return PythonThere(version=found.version, interpreter=found.path)


def _refuse_foreseen(environment: Environment, lock: Lock, there: PythonThere, *, unseen_only: bool) -> None:
    """Raises Foreseen."""
    versions = {pin.name: pin.version for pin in pins_of(lock.text)}
    asked = pins_asked(environment.requirements)
    found = fitting(Situation(python=there.version, asked=asked, versions=versions))
    reasons = [rule.reason for rule, _ in found if rule.resolved and (rule.unseen or not unseen_only)]
    if reasons:
        raise Foreseen("; ".join(dict.fromkeys(reasons)))


def _try_imports(
    python: Path, lock: Lock, there: PythonThere, environment: Environment, script: EntryScript, state: MachineState
) -> None:
    """Raises ScriptsImportsFail, and BuildError when they cannot be tried."""
    app = state.root / "app"
    code = lay_out(script, app)
    variables = _variables(app, code, environment.variables)
    if lock.apart:
        own = state.root / "own"
        install_apart(lock, there, own, state)
        variables[OWN_PACKAGES_VARIABLE] = str(own)
    trial = try_imports_here(python, app, code, variables, serving_source())
    refuse_failures(trial, environment)


def lay_out(script: EntryScript, app: Path) -> Code:
    """An app root (contract C-3, C-4) by links: importing reads, and writes no byte code beside what it reads."""
    (app / "azureml-models").mkdir(parents=True)
    if script.source_directory is None:
        (app / script.path.name).symlink_to(script.path.absolute())
        return Code(tree=Tree(name=script.path.name, is_folder=False, files=()), entry_script=script.path.name)
    folder = Path(os.path.normpath(script.source_directory.absolute()))
    (app / folder.name).symlink_to(folder)
    inside = Path(os.path.normpath(script.path.absolute())).relative_to(folder)
    return Code(tree=Tree(name=folder.name, is_folder=True, files=()), entry_script=inside.as_posix())


def _variables(app: Path, code: Code, authors: Mapping[str, str]) -> dict[str, str]:
    ours = {
        "AML_APP_ROOT": str(app),
        "AZUREML_MODEL_DIR": "azureml-models/",
        "AZUREML_ENTRY_SCRIPT": code.app_entry_script,
    }
    if code.app_source_directory is not None:
        ours["AZUREML_SOURCE_DIRECTORY"] = code.app_source_directory
    return {**ours, **authors}


def _folder(state: MachineState) -> Path:
    state.root.mkdir(parents=True, exist_ok=True, mode=0o700)
    return state.root
