"""Starting, finding and stopping the local Prefect server.

The order makes every kill harmless: the port is written down before the process is started, the process holds a lock
from birth, and its id is written down after; a server that lost its starter in between is found by its command line.
"""

import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from shipway.cli.server.environment import configured_api_url, server_environment
from shipway.cli.server.health import is_healthy
from shipway.cli.server.record import ServerRecord, home_of, our_record, read_record, write_record
from shipway.cli.server.template import database_of, has_template, keep_template, seed_database
from shipway.errors import MachineError
from shipway.machine import ports, processes
from shipway.machine.locks import file_lock
from shipway.machine.state import MachineState, private_folder

_READY_WITHIN_S = 120.0
_POLL_S = 0.1
_LOG_LIMIT_BYTES = 5_000_000
_ASK_TWICE_AFTER_S = 4.0
"""An idle server may need a second SIGTERM: the first waits for connections that nobody closes."""

_SERVER_START = ("-m", "prefect", "server", "start", "--host", ports.LOOPBACK, "--port")


def ensure_server(state: MachineState, say: Callable[[str], None]) -> ServerRecord:
    """The Prefect server to use: the one that PREFECT_API_URL names in the environment or the active profile, else the
    workspace's own, started if it does not run. Returns when it answers; safe to repeat, and by many at once.

    Raises MachineError when it does not come up, naming its log, or when the user's own does not answer.
    """
    if configured := _configured(state):
        return configured
    record = read_record(state)
    if record is not None and record.is_alive and is_healthy(record.url):
        return record
    record, is_new = _start_if_dead(state, say)
    _wait_until_ready(state, record)
    if is_new:
        keep_template(home_of(state))
    return record


def find_server(state: MachineState) -> ServerRecord | None:
    """The workspace's own server if its process lives, whether it answers or not; starts nothing."""
    record = read_record(state)
    return record if record is not None and record.is_alive else _find_orphan(state)


def stop_server(state: MachineState) -> ServerRecord | None:
    """Stops the workspace's own server and returns what it was; None when none runs. Its port stays its own."""
    with _starting(state):
        record = find_server(state)
        if record is None or record.identity is None:
            return None
        _ask_to_stop(record.identity)
        processes.stop(record.identity, grace_s=_ASK_TWICE_AFTER_S)
        write_record(state, our_record(port=record.port, home=home_of(state), identity=None))
        return record


def log_path(state: MachineState) -> Path:
    return state.server / "server.log"


def _configured(state: MachineState) -> ServerRecord | None:
    url = configured_api_url(os.environ)
    ours = read_record(state)
    if url is None or (ours is not None and url == ours.url):  # set by a command of ours for what it runs
        return None
    url = url.rstrip("/")
    parts = urlsplit(url)
    if parts.scheme == "http" and parts.hostname in {"127.0.0.1", "localhost"} and not is_healthy(url):
        raise MachineError(
            f"PREFECT_API_URL is {url}, and no Prefect server answers there; "
            "start it, or unset PREFECT_API_URL (also in Prefect's profile) and Shipway starts its own"
        )
    ui_url = os.environ.get("PREFECT_UI_URL") or url.removesuffix("/api")
    return ServerRecord(url=url, ui_url=ui_url, pid=None, started_at=None, host=parts.hostname or "", home=None)


def _starting(state: MachineState) -> AbstractContextManager[None]:
    return file_lock(state.server / "start.lock")


def _start_if_dead(state: MachineState, say: Callable[[str], None]) -> tuple[ServerRecord, bool]:
    """The server, which may not answer yet, and whether this made its database."""
    with _starting(state):
        if running := find_server(state):
            if not is_healthy(running.url):
                say("waiting for the local Prefect server, which is starting ...")
            write_record(state, running)
            return running, False
        is_new = not database_of(home_of(state)).exists()
        return _start(state, say, is_slow=is_new and not has_template()), is_new


def _start(state: MachineState, say: Callable[[str], None], *, is_slow: bool) -> ServerRecord:
    home = private_folder(home_of(state))
    known = read_record(state)
    if known is not None and known.pid is not None:
        say("the local Prefect server is gone; starting it again")
    port = _port_for(known, say)
    say(f"starting the local Prefect server ({'first time: about 20 s' if is_slow else 'about 6 s'}) ...")
    seed_database(home)
    write_record(state, our_record(port=port, home=home, identity=None))
    _rotate(log_path(state))
    identity = processes.start(
        processes.Command(
            argv=(sys.executable, *_SERVER_START, str(port)),
            cwd=state.server,  # not the user's folder: Prefect would read its .env and prefect.toml
            environment=server_environment(os.environ, port=port, home=home),
            lock=_server_lock(state),
            log=log_path(state),
        )
    )
    if identity is None:
        raise _held_by_unknown(state) if processes.holds(_server_lock(state)) else _ended(state)
    record = our_record(port=port, home=home, identity=identity)
    write_record(state, record)
    return record


def _port_for(known: ServerRecord | None, say: Callable[[str], None]) -> int:
    """The recorded port again, so that links to old runs stay good, unless somebody else has it now."""
    if known is None:
        return ports.free_port()
    if ports.can_bind(known.port):
        return known.port
    port = ports.free_port()
    say(
        f"port {known.port} of the local Prefect server is taken by {ports.listener_of(known.port)}; "
        f"it moves to port {port}"
    )
    return port


def _wait_until_ready(state: MachineState, record: ServerRecord) -> None:
    deadline = time.monotonic() + _READY_WITHIN_S
    while not is_healthy(record.url):
        if not record.is_alive:
            raise _ended(state)
        if time.monotonic() > deadline:
            raise MachineError(
                f"the local Prefect server (process {record.pid}) does not answer at {record.url} after "
                f"{_READY_WITHIN_S:.0f} s; stop it with `shipway down` and try again; {_see_log(state)}"
            )
        time.sleep(_POLL_S)


def _find_orphan(state: MachineState) -> ServerRecord | None:
    """A server of this workspace whose starter was killed before it could write down the process id."""
    if not processes.holds(_server_lock(state)):
        return None
    home = home_of(state)
    for process in psutil.process_iter(["cmdline"]):
        words = process.info["cmdline"] or []
        try:
            if tuple(words[1:-1]) == _SERVER_START and process.environ().get("PREFECT_HOME") == str(home):
                return our_record(port=int(words[-1]), home=home, identity=processes.identify(process.pid))
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return None


def _ended(state: MachineState) -> MachineError:
    return MachineError(f"the local Prefect server ended while it started; {_see_log(state)}")


def _held_by_unknown(state: MachineState) -> MachineError:
    known = read_record(state)
    where = f" on {known.host}" if known is not None and known.host != socket.gethostname() else ""
    return MachineError(
        f"the local Prefect server of this workspace runs{where}, but its process cannot be found from here "
        f"(its lock {_server_lock(state)} is held); end it there, or set PREFECT_API_URL to it"
    )


def _ask_to_stop(identity: processes.ProcessIdentity) -> None:
    try:
        process = psutil.Process(identity.pid)
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=_ASK_TWICE_AFTER_S)
    except (psutil.NoSuchProcess, psutil.TimeoutExpired):
        return


def _server_lock(state: MachineState) -> Path:
    return state.server / "server.lock"


def _rotate(log: Path) -> None:
    """At most two files of bounded size: the server itself writes little once it runs."""
    if log.exists() and log.stat().st_size > _LOG_LIMIT_BYTES:
        log.replace(log.with_name(f"{log.name}.1"))


def _see_log(state: MachineState) -> str:
    log = log_path(state)
    lines = [line for line in _tail(log).splitlines() if line.strip()]
    last = f"; its last line: {lines[-1].strip()[:300]}" if lines else ""
    return f"its log is {log}{last}"


def _tail(log: Path) -> str:
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - 4096))
            return file.read().decode(errors="replace")
    except OSError:
        return ""
