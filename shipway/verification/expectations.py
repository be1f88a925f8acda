"""Great Expectations in a process of its own: its import takes 4 to 6 s and 280 MB, which no command should pay for
or wait for.

Start it early, ask it later. It ends when its parent does, even by kill -9, for then its input ends.
"""

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from shipway.domain.verdict import CheckResult, Phase
from shipway.errors import ConfigError, VerificationError
from shipway.verification.evidence import one_line
from shipway.verification.suite import answer_rows, judge_suite, load_suite

_WORKER = Path(__file__).with_name("expectations_worker.py")


class SuiteProcess:
    """One question at a time. `deadline_s` is for the answer to one, the import included when it is not over yet."""

    def __init__(self, *, command: Sequence[str] | None = None, deadline_s: float = 120.0) -> None:
        # -P: the script's own folder is not searched, where `golden` or `suite` could be taken for other modules.
        self._command = list(command or (sys.executable, "-P", str(_WORKER)))
        self._deadline_s = deadline_s
        self._process: subprocess.Popen[str] | None = None
        self._errors: IO[bytes] | None = None

    def __enter__(self) -> "SuiteProcess":
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def start(self) -> None:
        """Returns at once. Does nothing when one is running; one that has died is replaced."""
        if self._process is not None and self._process.poll() is None:
            return
        self.close()
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
        self._process = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env={**os.environ, "GX_ANALYTICS_ENABLED": "false"},
            encoding="utf-8",
            start_new_session=True,  # Ctrl-C is for us; this one ends with its input
        )

    @property
    def pid(self) -> int | None:
        """None when none is running."""
        return self._process.pid if self._process is not None else None

    def check(self, suite_json: str, answers: Sequence[object]) -> CheckResult:
        """Judges answers (decoded JSON, see `answer_rows`). Never raises for what goes wrong: that is phase ERROR.
        Safe to repeat.
        """
        try:
            suite = load_suite(suite_json, "suite")
            rows = answer_rows(answers)
            if not rows:
                return _unjudged(Phase.INCONCLUSIVE, "there were no answers to judge")
            reply = self._ask({"suite": suite, "rows": rows})
        except (ConfigError, VerificationError) as error:
            return _unjudged(Phase.ERROR, str(error))
        if "problem" in reply:
            return _unjudged(Phase.ERROR, one_line(reply["problem"], 400))
        return judge_suite(reply["results"], len(rows), reply["columns"])

    def close(self) -> None:
        """Ends the process. Safe to repeat."""
        process, self._process = self._process, None
        if process is not None:
            _end(process)
        if self._errors is not None:
            self._errors.close()
            self._errors = None

    def _ask(self, question: dict[str, Any]) -> dict[str, Any]:
        """Killing the process at the deadline ends whatever read or write hangs, and so keeps the deadline."""
        self.start()
        process = self._process
        assert process is not None
        assert process.stdin is not None
        assert process.stdout is not None
        over = threading.Event()

        def end() -> None:
            over.set()
            process.kill()

        late = threading.Timer(self._deadline_s, end)
        late.start()
        try:
            process.stdin.write(json.dumps(question) + "\n")
            process.stdin.flush()
            line = process.stdout.readline()
        except OSError:
            line = ""
        late.cancel()
        if not line.endswith("\n"):
            raise VerificationError(self._why(process, over=over.is_set()))
        reply: dict[str, Any] = json.loads(line)
        return reply

    def _why(self, process: subprocess.Popen[str], *, over: bool) -> str:
        if over:
            return f"Great Expectations did not answer within {self._deadline_s:g} s and was ended"
        code = process.wait()
        return f"the process of Great Expectations ended with {code}: {self._last_words() or 'it said nothing'}"

    def _last_words(self) -> str:
        assert self._errors is not None
        self._errors.seek(0)
        lines = self._errors.read().decode("utf-8", "replace").strip().splitlines()
        return one_line(lines[-1]) if lines else ""


def _end(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    assert process.stdout is not None
    process.kill()  # it keeps nothing that could be lost, and may be in the middle of a long import
    process.wait()
    with suppress(OSError):  # the rest of a line for one that is gone
        process.stdin.close()
    process.stdout.close()


def _unjudged(phase: Phase, message: str) -> CheckResult:
    return CheckResult(name="expectations", phase=phase, message=message)
