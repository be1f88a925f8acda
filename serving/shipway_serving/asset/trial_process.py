"""The import test as a process: the arguments, the parse, and a child that runs the imports and may be lost."""

import argparse
import ast
import contextlib
import json
import os
import platform
import select
import signal
import sys
import time
from functools import partial
from typing import Any, Callable, Dict, List, NamedTuple, Optional

from shipway_serving.asset.reached import Folder, Reached, syntax_fault

PATIENCE_S = 110.0
"""A JVM that starts while its module is imported, or a framework of a GB from a cold disk, takes a minute."""


class Ended(NamedTuple):
    """How the process of the imports ended."""

    answers: List[Dict[str, Any]]
    started: Optional[int]
    """The step that was being run when it ended too early; None when it ran to its end."""
    why: str


def run(arguments: List[str]) -> int:
    """Print the document to stdout; 0 whatever it says."""
    parser = argparse.ArgumentParser(prog="try_imports", description="Tries the imports of an entry script.")
    parser.add_argument("scripts", nargs="+", metavar="SCRIPT", help="relative to AML_APP_ROOT, or to this folder")
    parser.add_argument("--only-parse", action="store_true", help="see only whether the files parse on this Python")
    parser.add_argument("--list", action="store_true", help="only say what is imported, from where; run nothing")
    parser.add_argument("--source-directory", metavar="FOLDER", help="for --list: what travels beside the script")
    parser.add_argument("--timeout-s", type=float, default=PATIENCE_S, metavar="SECONDS")
    given = parser.parse_args(arguments)
    if given.only_parse:
        document = _document(next(filter(None, map(syntax_fault, given.scripts)), None), [])
    elif given.list:
        document = listed(given.scripts[0], given.source_directory)
    else:
        document = tried(given.scripts[0], given.timeout_s)
    sys.stdout.write(json.dumps(document) + "\n")
    return 0


def listed(script: str, source_directory: Optional[str]) -> Dict[str, Any]:
    """The imports of the script and of what it reaches of its source directory, none of them run."""
    source = os.path.realpath(source_directory) if source_directory else None
    reached = Reached(Folder(os.path.realpath(script), source))
    reached.gather()
    document = _document(reached.fault, reached.imports)
    return dict(document, files=reached.files, unsure=reached.is_unsure)


def tried(script: str, timeout_s: float) -> Dict[str, Any]:
    """The whole document for an entry script."""
    from shipway_serving.asset.import_statements import changes_its_path, steps_of
    from shipway_serving.asset.layout import layout_from

    layout = layout_from(dict(os.environ), os.getcwd())._replace(entry_script=script)
    path = layout.script_path() or script
    fault = syntax_fault(path)
    if fault is not None:
        return _document(dict(fault, file=_shown(path, layout.app_root)), [])
    with open(path, "rb") as file:
        tree = ast.parse(file.read(), path)
    steps = steps_of(tree)
    run = partial(_run_as_child, steps, path, layout, looks_elsewhere=changes_its_path(tree))
    ended = _in_a_process(run, timeout_s)
    imports = [dict(answer) for answer in ended.answers]
    if ended.started is not None:
        step = steps[ended.started]
        overdue = ended.why.startswith("it was still")
        imports.append(_answer(step, path, layout.app_root, error=ended.why, ok=overdue))
    return _document(None, imports)


def _document(syntax: Optional[Dict[str, Any]], imports: List[Dict[str, Any]]) -> Dict[str, Any]:
    return {"python": platform.python_version(), "syntax": syntax, "imports": imports}


def _answer(step: Any, path: str, root: str, *, error: Optional[str] = None, ok: bool = False) -> Dict[str, Any]:
    return {
        "module": step.module,
        "line": step.line,
        "file": _shown(path, root),
        "ok": ok,
        "optional": step.optional,
        "error": error,
        "missing": None,
        "packages": [],
        "remedy": None,
    }


def _in_a_process(run: Callable[[int], None], timeout_s: float) -> Ended:
    """Run the steps in a child, in a group of its own: whatever an import has started ends with it.

    ``run`` is given the pipe to tell of them.
    """
    readable, writable = os.pipe()
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        os.close(readable)
        run(writable)
    os.close(writable)
    try:
        return _listen(readable, child, time.monotonic() + timeout_s, timeout_s)
    finally:
        os.close(readable)
        _end_group(child)


def _run_as_child(steps: List[Any], path: str, layout: Any, writable: int, *, looks_elsewhere: bool) -> None:
    """Never returns. What is printed, by whatever means, goes to stderr."""
    from shipway_serving.asset.trying import Trial

    try:
        os.setsid()
        os.dup2(2, 1)
        trial = Trial(path, layout, lambda said: _say(writable, said), looks_elsewhere=looks_elsewhere)
        trial.run(steps)
        with contextlib.suppress(Exception):  # What a script has made of it.
            sys.stdout.flush()
        _say(writable, {"end": True})
    finally:
        os._exit(0)


def _say(writable: int, said: Dict[str, Any]) -> None:
    data = (json.dumps(said) + "\n").encode()
    while data:
        data = data[os.write(writable, data) :]


def _listen(readable: int, child: int, deadline: float, timeout_s: float) -> Ended:
    """What the child says, until it says that it is done, dies, or time is up."""
    answers: List[Dict[str, Any]] = []
    started: Optional[int] = None
    rest = b""
    while True:
        patience = deadline - time.monotonic()
        if patience <= 0:
            return Ended(answers, started, f"it was still being imported after {timeout_s:g} s")
        if not select.select([readable], [], [], patience)[0]:
            continue
        data = os.read(readable, 65536)
        if not data:
            return Ended(answers, started, _why_it_ended(child))
        *lines, rest = (rest + data).split(b"\n")
        for said in map(json.loads, map(bytes.decode, lines)):
            if "end" in said:
                return Ended(answers, None, "")
            if "started" in said:
                started = said["started"]
            else:
                answers.append(said)
                started = None


def _why_it_ended(child: int) -> str:
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        return f"the process was ended by {signal.Signals(number).name}: native code crashed, or memory ran out"
    return f"the process ended itself with exit code {os.WEXITSTATUS(status)}"


def _end_group(child: int) -> None:
    for act in (lambda: os.killpg(child, signal.SIGKILL), lambda: os.waitpid(child, 0)):
        with contextlib.suppress(OSError):  # Gone already.
            act()


def _shown(path: str, root: str) -> str:
    """Relative to the app root, as an author knows it."""
    inside = os.path.relpath(path, root)
    return path if inside.startswith(os.pardir) else inside
