"""The script's own imports, tried in what was built: an environment that was resolved may still not import.

The scoring server brings the test (`shipway_serving.asset.try_imports`); here it is run, and its document judged.
`trial_in` and `refuse_failures` are pure.
"""

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

from shipway.domain.environment import Code, Environment
from shipway.errors import BuildError, ImportsFail

PATIENCE_S = 120.0
"""Imports that take longer are no failure: a JVM, or a framework of some GB, from a cold disk."""

_TO_END_S = 30.0
"""For starting Python, and ending what the imports have started."""

_MOST_NAMED = 3
_MOST_READ = 10_000_000
_FROM_THE_MACHINE = (
    *("HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR"),
    *("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "CUDA_VISIBLE_DEVICES"),
)


@dataclass(frozen=True, kw_only=True)
class ImportFault:
    """`place` is file and line, `module` what is imported there. `missing` is the module that is not there, and
    `packages` those of the index that bring it, the likeliest first."""

    place: str
    module: str
    error: str
    remedy: str | None = None
    missing: str | None = None
    packages: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.place}: {self.error}" + (f" ({self.remedy})" if self.remedy else "")


@dataclass(frozen=True, kw_only=True)
class ImportTrial:
    """What became of a script's imports on `python`. `notes` are what it can go on without, or what took long."""

    python: str
    faults: tuple[ImportFault, ...] = ()
    notes: tuple[str, ...] = ()


class ScriptsImportsFail(ImportsFail):
    """`trial` says which, for whoever looks for a remedy."""

    def __init__(self, message: str, trial: ImportTrial) -> None:
        super().__init__(message)
        self.trial = trial


def command_of(python: str, code: Code, *, serving: str | None = None) -> tuple[str, ...]:
    """To be run in the app root. `serving` is where the server lies, if no PYTHONPATH says so."""
    where = ("-m", "shipway_serving.asset.try_imports") if serving is None else ("-c", _BOOT, serving)
    return (python, *where, code.app_entry_script, "--timeout-s", f"{PATIENCE_S:g}")


_BOOT = """
import os, runpy, sys
sys.path[0] = sys.argv.pop(1)
os.chdir(os.environ["AML_APP_ROOT"])
runpy.run_module("shipway_serving.asset.try_imports", run_name="__main__", alter_sys=True)
"""
"""For a container whose working folder is none of ours to choose."""


def try_imports_here(python: Path, app: Path, code: Code, variables: Mapping[str, str], serving: Path) -> ImportTrial:
    """In a virtual environment of this machine. Safe to repeat. Raises BuildError when it cannot be tried.

    What is printed goes to files: a daemon that an import has started would hold a pipe open.
    """
    environment = _environment(python, app, variables, serving)
    what = f"trying the imports of {code.app_entry_script}"
    with TemporaryFile() as printed, TemporaryFile() as noise:
        try:
            done = subprocess.run(
                command_of(str(python), code),
                cwd=app,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=noise,
                timeout=PATIENCE_S + _TO_END_S,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return ImportTrial(python="", notes=(f"{what} took longer than {PATIENCE_S:g} s and was ended",))
        except OSError as error:
            raise BuildError(f"{what}: {python} does not start: {error.strerror}; build again") from error
        if done.returncode != 0:
            words = " ".join(_end_of(noise).decode(errors="replace").split())
            raise BuildError(f"{what}: it ended with {done.returncode}: {words[-400:]}")
        return trial_in(_end_of(printed))


def _end_of(file: IO[bytes]) -> bytes:
    """Whoever is left behind may write on; the document and the last words are small."""
    file.seek(max(0, file.seek(0, os.SEEK_END) - _MOST_READ))
    return file.read(_MOST_READ)


def trial_in(printed: bytes) -> ImportTrial:
    """Of what the test printed: its document is the last line. Raises BuildError when there is none."""
    last = printed.decode(errors="replace").strip().rpartition("\n")[2]
    try:
        document = json.loads(last)
    except ValueError:
        raise BuildError(f"the import test did not answer; it printed {last[:200]!r}") from None
    syntax, imports = document["syntax"], document["imports"]
    broken = [_syntax_fault(syntax, document["python"])] if syntax else []
    failed = [told for told in imports if not told["ok"] and not told["optional"]]
    others = [told for told in imports if told["error"] and (told["ok"] or told["optional"])]
    return ImportTrial(
        python=document["python"],
        faults=(*broken, *map(_fault, failed)),
        notes=tuple(f"{told['file']}:{told['line']}: {told['error']}" for told in others),
    )


def refuse_failures(trial: ImportTrial, environment: Environment) -> None:
    """Raises ScriptsImportsFail, naming the first of them with what to do."""
    if not trial.faults:
        return
    named = "; ".join(map(str, trial.faults[:_MOST_NAMED]))
    more = f"; and {len(trial.faults) - _MOST_NAMED} more" if len(trial.faults) > _MOST_NAMED else ""
    raise ScriptsImportsFail(
        f"{environment.called} is built for Python {trial.python}, and the script does not load in it: {named}{more}",
        trial,
    )


def _environment(python: Path, app: Path, variables: Mapping[str, str], serving: Path) -> dict[str, str]:
    """The author's variables as they will be, and of this machine what a program needs: no keys, no tokens."""
    machine = {name: os.environ[name] for name in _FROM_THE_MACHINE if name in os.environ}
    path = variables.get("PATH") or os.environ.get("PATH") or os.defpath
    folders: Sequence[str] = [str(serving), *filter(None, [variables.get("PYTHONPATH")])]
    ours = {
        "AML_APP_ROOT": str(app),
        "PATH": os.pathsep.join([str(python.parent), path]),
        "PYTHONPATH": os.pathsep.join(folders),
        "VIRTUAL_ENV": str(python.parent.parent),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    return {**machine, **variables, **ours}


def _fault(told: Mapping[str, Any]) -> ImportFault:
    return ImportFault(
        place=f"{told['file']}:{told['line']}",
        module=told["module"],
        error=told["error"],
        remedy=told["remedy"],
        missing=told["missing"],
        packages=tuple(told["packages"]),
    )


def _syntax_fault(told: Mapping[str, Any], python: str) -> ImportFault:
    return ImportFault(
        place=f"{told['file']}:{told['line']}",
        module="",
        error=f"it does not parse on Python {python}: {told['message']}",
        remedy="pin the Python that it was written for",
    )
