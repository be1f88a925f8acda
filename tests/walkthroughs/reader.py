"""Somebody who reads the page and types it: a folder, a shell, a Python session, and what each block printed."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.walkthroughs.page import PAGE, Code, missing_line, steps

_BLOCK_S = 240
"""The longest block builds an environment and bakes a release."""


@dataclass(frozen=True)
class Printed:
    """All that a block wrote, errors included, and whether it was refused."""

    failed: bool
    output: str


class Misread(AssertionError):
    """The page and what came of it differ."""


@dataclass(frozen=True)
class Reader:
    """`environment` is all that the commands see."""

    folder: Path
    environment: Mapping[str, str]

    def types(self, script: str) -> Printed:
        """In a shell that stops at the first command that fails."""
        ended = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=self.folder,
            env=dict(self.environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=_BLOCK_S,
            check=False,
        )
        return Printed(ended.returncode != 0, ended.stdout)

    @contextmanager
    def session(self) -> Iterator["Session"]:
        """A Python that stays, as a notebook's does."""
        with subprocess.Popen(
            [sys.executable, "-u", Path(__file__).with_name("notebook.py")],
            cwd=self.folder,
            env=dict(self.environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            try:
                yield Session(process)
            finally:
                process.kill()

    def follows(self, article: str, language: str) -> dict[str, str]:
        """The article in one column: what each step printed, by its name. Raises Misread, with the page's line."""
        printed: dict[str, str] = {}
        with self.session() as session:
            for step in steps(article, language):
                for code in step.codes:
                    said = session.runs(code.text) if code.language == "python" else self.types(code.text)
                    _compare(step.name, code, said)
                    printed[step.name] = printed.get(step.name, "") + said.output
        return printed


@dataclass(frozen=True)
class Session:
    """A Python that runs one block after the other in one namespace."""

    process: "subprocess.Popen[str]"

    def runs(self, code: str) -> Printed:
        stdin, stdout = self.process.stdin, self.process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(json.dumps(code) + "\n")
        stdin.flush()
        answer = json.loads(stdout.readline())
        return Printed(answer["failed"], answer["output"])


def _compare(step: str, code: Code, said: Printed) -> None:
    where = f"{PAGE.name}:{code.line}, step {step}"
    if said.failed != code.fails:
        what = "was refused" if said.failed else "was not refused"
        raise Misread(f"{where} {what}:\n{code.text}\n--- printed:\n{said.output}")
    if (line := missing_line(code.expected, said.output)) is not None:
        raise Misread(f"{where} did not print {line!r}:\n{code.text}\n--- printed:\n{said.output}")


def environment_of(folder: Path, **more: str) -> dict[str, str]:
    """Of this process, with `shipway` on the path and what else a machine keeps below `folder`."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PREFECT_", "SHIPWAY_WORKSPACE"))}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    places = {"XDG_STATE_HOME": str(folder / "state"), "XDG_CONFIG_HOME": str(folder / "config")}
    return {**kept, "PATH": path, **places, **more}
