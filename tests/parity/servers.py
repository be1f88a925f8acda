"""Starts Microsoft's server and ours, each on a copy of the same files, and ends them by their process ids."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from tests.parity.environments import (
    MICROSOFT_LEGACY,
    MICROSOFT_MODERN,
    OURS_LEGACY,
    OURS_MODERN,
    ROOT,
    Environment,
    interpreter_of,
    smoke_environment,
)
from tests.parity.exchanges import Answer, Ask, exchange

SCRIPTS = Path(__file__).parent / "scripts"

STARTED_WITHIN_S = 60.0
"""Generous: the machine may be busy. When all is well 2 s are enough."""
ENDED_WITHIN_S = 15.0


class Setup(NamedTuple):
    """What both servers are started with."""

    script: str
    """A file of `scripts/`, without its suffix."""
    profile: str = "modern"
    variables: tuple[tuple[str, str], ...] = ()
    files: tuple[tuple[str, str], ...] = ()
    """Path in the app root -> text, beside the script."""
    folder: str = ""
    """A source directory below the app root, to put the script into; empty: flat (C-3, C-4)."""
    by_variables: bool = False
    """The layout is told by v1's environment variables alone, not by flags."""


class Launch(NamedTuple):
    """How one of the two servers is started."""

    environment: Environment
    command: tuple[str, ...]
    """In the environment's `bin`; `{port}` is filled in."""
    without_flags: tuple[str, ...]
    """The same where v1's variables alone tell the layout, as they do in a container."""
    variables: tuple[tuple[str, str], ...] = ()


_AZMLINFSRV = ("azmlinfsrv", "--port", "{port}", "--entry_script", "score.py")
_GUNICORN = ("gunicorn", "--bind", "127.0.0.1:{port}", "azureml_inference_server_http.server.entry:app")
"""As its images start it: then no `x-ms-server-version` is sent unless a variable gives it."""
MICROSOFT = {
    "modern": Launch(MICROSOFT_MODERN, _AZMLINFSRV, _GUNICORN),
    "legacy": Launch(MICROSOFT_LEGACY, _AZMLINFSRV, _GUNICORN),
}
_PLAIN = ("python", "-m", "shipway_serving", "--host", "127.0.0.1", "--port", "{port}")
_SERVE = (*_PLAIN, "--entry_script", "score.py")
_OURS = (("PYTHONPATH", str(ROOT / "serving")), ("PYTHONDONTWRITEBYTECODE", "1"))
OURS = {
    "modern": Launch(OURS_MODERN, _SERVE, _PLAIN, (*_OURS, ("SHIPWAY_PROFILE", "modern"))),
    "legacy": Launch(OURS_LEGACY, _SERVE, _PLAIN, (*_OURS, ("SHIPWAY_PROFILE", "legacy"))),
}


def ours_on(python: str) -> Launch:
    """Our server on another Python than the one that Microsoft's runs on."""
    return Launch(smoke_environment(python), _SERVE, _PLAIN, OURS["modern"].variables)


class Server:
    """One of the two, in a folder of its own."""

    def __init__(self, launch: Launch, setup: Setup, folder: Path) -> None:
        self.port = _free_port()
        self.log = folder / "server.log"
        app_root = folder / "app"
        _lay_out(setup, app_root)
        binaries = interpreter_of(launch.environment).parent
        program, *arguments = launch.without_flags if setup.by_variables else launch.command
        environment = {
            "PATH": "/usr/bin:/bin",
            "HOME": str(folder),
            **dict(launch.variables),
            **_layout(setup, app_root),
        }
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [str(binaries / program), *(each.format(port=self.port) for each in arguments)],
                cwd=app_root,
                env=environment | dict(setup.variables),
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def ask(self, ask: Ask) -> Answer:
        return exchange(self.port, ask)

    def wait_until_healthy(self) -> None:
        """Raises RuntimeError, with the end of the log, when the server ends first or takes too long."""
        deadline = time.monotonic() + STARTED_WITHIN_S
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise RuntimeError(f"the server ended with {self.process.returncode}: {self.log_end()}")
            with contextlib.suppress(OSError):
                if self.ask(Ask("GET", "/")).status == 200:
                    return
            time.sleep(0.05)
        raise RuntimeError(f"the server was not healthy within {STARTED_WITHIN_S:g} s: {self.log_end()}")

    def exit_code(self) -> int:
        """Waits for the end of a server that cannot serve its script."""
        return self.process.wait(STARTED_WITHIN_S)

    def log_end(self) -> str:
        return self.log.read_text(errors="replace")[-2000:]

    def end(self) -> None:
        """With its workers, whatever state they are in: they are a session of their own."""
        with contextlib.suppress(ProcessLookupError):
            self.process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(ENDED_WITHIN_S)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


class Pair(NamedTuple):
    """Both, side by side."""

    microsoft: Server
    ours: Server

    def ask(self, ask: Ask) -> tuple[Answer, Answer]:
        return self.microsoft.ask(ask), self.ours.ask(ask)


@contextlib.contextmanager
def started(setup: Setup, folder: Path, ours: Launch | None = None) -> Iterator[Pair]:
    """Both servers, not waited for; ended at the end."""
    theirs = MICROSOFT[setup.profile]
    with contextlib.ExitStack() as stack:
        pair = Pair(*(Server(launch, setup, folder / name) for name, launch in _sides(theirs, ours, setup).items()))
        for server in pair:
            stack.callback(server.end)
        yield pair


@contextlib.contextmanager
def serving(setup: Setup, folder: Path, ours: Launch | None = None) -> Iterator[Pair]:
    """Both servers, healthy."""
    with started(setup, folder, ours) as pair:
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(Server.wait_until_healthy, pair))
        yield pair


def _sides(theirs: Launch, ours: Launch | None, setup: Setup) -> Mapping[str, Launch]:
    return {"microsoft": theirs, "ours": ours or OURS[setup.profile]}


def _lay_out(setup: Setup, app_root: Path) -> None:
    place = app_root / setup.folder
    place.mkdir(parents=True)
    shutil.copy(SCRIPTS / f"{setup.script}.py", place / "score.py")
    for name, text in setup.files:
        (app_root / name).parent.mkdir(parents=True, exist_ok=True)
        (app_root / name).write_text(text)


def _layout(setup: Setup, app_root: Path) -> dict[str, str]:
    """v1's variables, as the deployer set them (C-3, C-4)."""
    if not setup.by_variables:
        return {}
    placed = {"AZUREML_SOURCE_DIRECTORY": setup.folder} if setup.folder else {}
    script = f"{setup.folder}/score.py" if setup.folder else "score.py"
    return {"AML_APP_ROOT": str(app_root), "AZUREML_ENTRY_SCRIPT": script, **placed}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
