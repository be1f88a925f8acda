"""Starting, finding and stopping the workspace's worker on this machine: one, whoever starts it, and none left behind.

It holds a lock from birth and writes its id as its first act, so that it is found again whatever its starter came to.
"""

import contextlib
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

import shipway
from shipway.cli.server.environment import client_environment
from shipway.cli.server.record import ServerRecord
from shipway.cli.worker.late import skip_overtaken, utc_now
from shipway.cli.worker.place import Place
from shipway.domain.canonical import digest_of
from shipway.domain.wording import counted, were
from shipway.errors import MachineError
from shipway.machine import processes
from shipway.machine.held import holder, start_once, with_pid_file
from shipway.machine.locks import file_lock
from shipway.machine.processes import ProcessIdentity
from shipway.machine.state import MachineState, private_folder, write_whole

_READY_WITHIN_S = 90.0
_POLL_S = 0.2
_LOG_LIMIT_BYTES = 5_000_000
_ASK_TWICE_AFTER_S = 1.0
"""An idle Prefect worker takes 45 s to end after one SIGTERM, and ends at the second."""

_RUN_ENDS_WITHIN_S = 20.0
"""A release that is asked to stop gives its lease back and tells Prefect; it waits for nothing."""

_SETTINGS = ("SHIPWAY_", "AWS_", "AZURE_", "GOOGLE_", "DOCKER_", "UV_", "SSL_")
_OF_ONE_COMMAND = ("SHIPWAY_WORKSPACE", "SHIPWAY_FOLDER", "SHIPWAY_WORKER_OF")

_WHOSE = "SHIPWAY_WORKER_OF"
"""In the environment of a worker and of all runs that it starts: the state folder of the workspace."""


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What a worker was started with. One on other terms is started anew. `settings` is a digest: the variables that it
    hands to its runs hold credentials."""

    api_url: str
    pool: str
    python: str
    version: str
    folder: str
    settings: str


@dataclass(frozen=True, kw_only=True)
class Worker:
    """A worker that runs."""

    pid: int
    terms: Terms


def ensure_worker(
    state: MachineState, server: ServerRecord, place: Place, folder: Path, say: Callable[[str], None]
) -> Worker:
    """The workspace's worker, started if it does not run. Returns once Prefect knows it; safe to repeat, and by many.

    Release files that a run names are looked for from `folder`. Raises MachineError, naming the log, when it ends.
    """
    terms = Terms(
        api_url=server.url,
        pool=place.pool,
        python=sys.executable,
        version=shipway.__version__,
        folder=str(folder),
        settings=settings_digest(os.environ),
    )
    with _starting(state):
        running = find_worker(state)
        if running is not None and running.terms == terms:
            return running
        if running is not None:
            say("the worker has another server, folder, environment or version of Shipway; starting it anew ...")
            _end(state)
        if skipped := skip_overtaken(place, utc_now()):
            say(f"{counted(skipped, 'scheduled run')} came late and {were(skipped)} skipped; a later one runs")
        say("starting the worker (about 6 s) ...")
        began_at = time.time()
        identity = _start(state, server, place, terms)
    _wait_until_known(state, place, identity, began_at)
    return Worker(pid=identity.pid, terms=terms)


def find_worker(state: MachineState) -> Worker | None:
    """None when none runs; starts nothing."""
    identity = holder(_lock(state), _pid_file(state), patience_s=1.0)
    return None if identity is None else Worker(pid=identity.pid, terms=_read_terms(state))


def stop_worker(state: MachineState) -> tuple[Worker | None, int]:
    """Ends the worker, and the runs that it has under way: how many. What a release among them has done stands in its
    journal. Safe to repeat."""
    if not _folder(state).exists():
        return None, 0
    with _starting(state):
        worker = find_worker(state)
        return worker, _end(state)


def log_path(state: MachineState) -> Path:
    return _folder(state) / "worker.log"


def settings_digest(environment: Mapping[str, str]) -> str:
    """Of the variables that decide where runs go, and as whom."""
    chosen = {name: value for name, value in environment.items() if name.startswith(_SETTINGS)}
    return digest_of({name: value for name, value in chosen.items() if name not in _OF_ONE_COMMAND})


def worker_environment(
    base: Mapping[str, str], server: ServerRecord, state: MachineState, folder: Path
) -> dict[str, str]:
    """For the worker and the runs that it starts."""
    quiet = {"PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "WARNING", "PREFECT_LOGGING_INTERNAL_LEVEL": "WARNING"}
    return {
        **base,
        **client_environment(server),
        **quiet,
        "PREFECT_LOGGING_EXTRA_LOGGERS": "shipway",
        "PREFECT_WORKER_QUERY_SECONDS": "2",  # of 10: whoever clicks Run waits that much longer
        "SHIPWAY_FOLDER": str(folder),
        _WHOSE: str(state.root),
    }


def _start(state: MachineState, server: ServerRecord, place: Place, terms: Terms) -> ProcessIdentity:
    _rotate(log_path(state))
    write_whole(_terms_file(state), json.dumps(asdict(terms), indent=2) + "\n")
    # No `--limit`: a run that is retried at once would still hold its place there, and the worker would die of that.
    words = ("-m", "prefect", "worker", "start", "--pool", place.pool, "--name", place.worker, "--type", "process")
    return start_once(
        processes.Command(
            argv=with_pid_file((sys.executable, *words), _pid_file(state)),
            cwd=_folder(state),  # not the user's folder: Prefect would read its .env and prefect.toml
            environment=worker_environment(os.environ, server, state, Path(terms.folder)),
            lock=_lock(state),
            log=log_path(state),
        ),
        _pid_file(state),
    )


def _wait_until_known(state: MachineState, place: Place, identity: ProcessIdentity, began_at: float) -> None:
    from prefect.client.orchestration import get_client

    deadline = time.monotonic() + _READY_WITHIN_S
    with get_client(sync_client=True) as client:
        while True:
            for worker in client.read_workers_for_work_pool(place.pool):
                heard = worker.last_heartbeat_time
                if worker.name == place.worker and heard is not None and heard.timestamp() >= began_at:
                    return
            if not processes.is_alive(identity):
                raise MachineError(f"the worker ended while it started; its log is {log_path(state)}")
            if time.monotonic() > deadline:
                raise MachineError(
                    f"Prefect has not heard of the worker (process {identity.pid}) after {_READY_WITHIN_S:.0f} s; "
                    f"its log is {log_path(state)}; stop it with `shipway down` and try again"
                )
            time.sleep(_POLL_S)


def _end(state: MachineState) -> int:
    interrupted = _end_runs(state)
    identity = holder(_lock(state), _pid_file(state))
    if identity is not None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(identity.pid, signal.SIGTERM)
        time.sleep(_ASK_TWICE_AFTER_S)
        processes.stop(identity, grace_s=_ASK_TWICE_AFTER_S)
    return interrupted + _end_runs(state)  # it may have started one meanwhile


def _end_runs(state: MachineState) -> int:
    """Before the worker, so that they can still tell Prefect how they ended."""
    runs = tuple(_runs(state))
    for run in runs:  # one SIGTERM each: a second would interrupt what the first made it do
        processes.stop(run, grace_s=_RUN_ENDS_WITHIN_S)
    return len(runs)


def _runs(state: MachineState) -> Iterator[ProcessIdentity]:
    """The processes of runs, also of a worker that was killed. What they deployed is in none of them."""
    for process in psutil.process_iter(["cmdline"]):
        try:
            if "prefect.engine" in (process.info["cmdline"] or []) and process.environ().get(_WHOSE) == str(state.root):
                identity = processes.identify(process.pid)
                if identity is not None:
                    yield identity
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue


def _read_terms(state: MachineState) -> Terms:
    """Of terms that cannot be read, none are as they should be."""
    try:
        return Terms(**json.loads(_terms_file(state).read_text()))
    except (OSError, ValueError, TypeError):
        return Terms(api_url="", pool="", python="", version="", folder="", settings="")


def _rotate(log: Path) -> None:
    if log.exists() and log.stat().st_size > _LOG_LIMIT_BYTES:
        log.replace(log.with_name(f"{log.name}.1"))


def _starting(state: MachineState) -> AbstractContextManager[None]:
    return file_lock(private_folder(_folder(state)) / "start.lock")


def _folder(state: MachineState) -> Path:
    return state.root / "worker"


def _lock(state: MachineState) -> Path:
    return _folder(state) / "worker.lock"


def _pid_file(state: MachineState) -> Path:
    return _folder(state) / "worker.pid"


def _terms_file(state: MachineState) -> Path:
    return _folder(state) / "worker.json"
