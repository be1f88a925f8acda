#!/usr/bin/env python3
"""Runs the server's tests on several Pythons, each in a virtual environment of its own.

    serving/run_tests.py                       3.6, 3.8 and 3.13
    serving/run_tests.py --pythons 3.6,3.8,3.13
    serving/run_tests.py --lock                compile the locks in requirements/ anew

Arguments after ``--`` go to pytest. A Python that this machine lacks is skipped with a reason, but where ``CI=true``
that is a failure: there, nobody would notice. Environments lie in ``.venvs/`` at the repository's root and are made
anew only when their lock changes. Needs ``uv`` and, itself, Python 3.8.
"""

import argparse
import concurrent.futures
import hashlib
import os
import pathlib
import subprocess
import sys
import time
from typing import List, NamedTuple, Optional

SERVING = pathlib.Path(__file__).resolve().parent
VENVS = SERVING.parent / ".venvs"
LOCKED = {"3.6": "3.6.15", "3.8": "3.8.18", "3.11": "3.11.7", "3.13": "3.13.0"}
"""The Pythons with a lock, and the full version that each lock is compiled for."""

DEFAULT = "3.6,3.8,3.13"


class Outcome(NamedTuple):
    """What became of the suite on one Python."""

    python: str
    passed: bool
    report: str


def main() -> int:
    """Run; the exit code is 0 when no suite failed."""
    parser = argparse.ArgumentParser(description="Runs the server's tests on several Pythons.")
    parser.add_argument("--pythons", default=DEFAULT, help="comma-separated, out of: " + ", ".join(LOCKED))
    parser.add_argument("--in-turn", action="store_true", help="one Python after another instead of all at once")
    parser.add_argument("--lock", action="store_true", help="compile the locks instead")
    parser.add_argument("pytest", nargs="*", help="arguments for pytest")
    given = parser.parse_args()
    if given.lock:
        return compile_locks()
    pythons = given.pythons.split(",")
    unknown = [python for python in pythons if python not in LOCKED]
    if unknown:
        parser.error("no lock for {}; there are {}".format(", ".join(unknown), ", ".join(LOCKED)))
    with concurrent.futures.ThreadPoolExecutor(1 if given.in_turn else len(pythons)) as pool:
        running = [pool.submit(test_on, python, given.pytest) for python in pythons]
        outcomes = [announced(done.result()) for done in concurrent.futures.as_completed(running)]
    return 0 if all(outcome.passed for outcome in outcomes) else 1


def announced(outcome: Outcome) -> Outcome:
    """Print ``outcome`` as soon as it is known."""
    print("=== Python {}: {}\n{}".format(outcome.python, "ok" if outcome.passed else "FAILED", outcome.report.strip()))
    sys.stdout.flush()
    return outcome


def test_on(python: str, pytest_arguments: List[str]) -> Outcome:
    """Make sure of the environment for ``python`` and run the suite in it."""
    began = time.monotonic()
    interpreter = find_interpreter(python)
    if interpreter is None:
        reason = f"not found in ~/.pyenv/versions or on PATH; `uv python install {python}` brings it"
        in_ci = os.environ.get("CI") == "true"
        return Outcome(python, not in_ci, reason if in_ci else "skipped: " + reason)
    venv = VENVS / f"serving-{python}"
    problem = make_venv(venv, interpreter, lock_of(python))
    if problem:
        return Outcome(python, False, problem)
    environment = dict(os.environ, PYTHONPATH=str(SERVING), PYTHONDONTWRITEBYTECODE="1")
    command = [str(venv / "bin" / "python"), "-m", "pytest", *pytest_arguments]
    done = run(command, cwd=SERVING, environment=environment)
    return Outcome(python, done.returncode == 0, f"{done.stdout}{time.monotonic() - began:.0f} s")


def find_interpreter(python: str) -> Optional[str]:
    """A real interpreter of that version. pyenv's shims are passed over: what they start depends on the folder."""
    versions = sorted((pathlib.Path.home() / ".pyenv" / "versions").glob(python + ".*"), reverse=True)
    candidates = [version / "bin" / "python" for version in versions]
    folders = [pathlib.Path(folder) for folder in os.environ.get("PATH", "").split(os.pathsep) if folder]
    candidates += [folder / f"python{python}" for folder in folders if folder.name != "shims"]
    return next((str(candidate) for candidate in candidates if version_of(candidate) == python), None)


def version_of(interpreter: pathlib.Path) -> Optional[str]:
    """What ``interpreter`` says of itself, as ``3.11``; None when it does not run."""
    if not interpreter.exists():
        return None
    done = run([str(interpreter), "-c", "import sys; print('{}.{}'.format(*sys.version_info))"])
    return done.stdout.strip() if done.returncode == 0 else None


def make_venv(venv: pathlib.Path, interpreter: str, lock: pathlib.Path) -> Optional[str]:
    """Bring ``venv`` to the state of ``lock``, unless it is there already; what went wrong, if anything did."""
    stamp = venv / "lock.sha256"
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == digest:
        return None
    python = str(venv / "bin" / "python")
    for command in (
        ["uv", "venv", "--quiet", "--clear", "--python", interpreter, str(venv)],
        ["uv", "pip", "sync", "--quiet", "--require-hashes", "--python", python, str(lock)],
    ):
        done = run(command)
        if done.returncode != 0:
            return "{}\n{}".format(" ".join(command), done.stdout)
    stamp.write_text(digest)
    return None


def compile_locks() -> int:
    """Write a lock for each Python; no index's address gets into it."""
    options = ["--quiet", "--upgrade", "--generate-hashes", "--no-emit-index-url", "--no-header"]
    for python, full_version in LOCKED.items():
        target = ["--python-version", full_version, "--output-file", str(lock_of(python).relative_to(SERVING))]
        done = run(["uv", "pip", "compile", *options, *target, "requirements/test.in"], cwd=SERVING)
        if done.returncode != 0:
            print(done.stdout)
            return 1
    return 0


def lock_of(python: str) -> pathlib.Path:
    """The lock for ``python``."""
    return SERVING / "requirements" / f"test-{python}.txt"


def run(
    command: List[str], cwd: Optional[pathlib.Path] = None, environment: Optional["dict[str, str]"] = None
) -> "subprocess.CompletedProcess[str]":
    """Run ``command`` to its end; its stdout has its stderr in it."""
    return subprocess.run(
        command,
        cwd=cwd,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        universal_newlines=True,
        check=False,
    )


if __name__ == "__main__":
    sys.exit(main())
