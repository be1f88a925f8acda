"""How a revision does: what is seen from outside (`observe`), and what that means (`status_of`, pure)."""

import http.client
from dataclasses import dataclass
from datetime import datetime

import psutil

from shipway.domain.service import ServiceStatus
from shipway.machine.held import holder
from shipway.machine.ports import is_listening, listener_of
from shipway.machine.processes import holds
from shipway.targets._rollup import state_of
from shipway.targets.process.logs import exit_reason, tail_of
from shipway.targets.process.records import RevisionFolder, RevisionRecord

STOPPED = "stopped"
STOPPED_MESSAGE = "it was stopped; `shipway up` starts it again"

_PROBE_S = 2.0
"""The scoring server answers probes within 0.1 s whatever the script does, unless native code holds Python's lock."""


@dataclass(frozen=True, kw_only=True)
class Observation:
    """`ready` and `health` are the status codes of GET /ready and GET /, None where there was no answer in time.

    `foreign` names whoever else listens on the revision's port; `reason` says why a process that is gone has ended,
    unless it was `stopped` on purpose.
    """

    alive: bool
    stopped: bool = False
    listening: bool = False
    foreign: str | None = None
    ready: int | None = None
    health: int | None = None
    reason: str = ""


def status_of(seen: Observation, port: int, now: datetime) -> ServiceStatus:
    native, message = _judge(seen, port)
    return ServiceStatus(state=state_of(native), native=native, message=message, observed_at=now)


def _judge(seen: Observation, port: int) -> tuple[str, str]:  # noqa: PLR0911 - a table of what is seen and what it means
    if not seen.alive and seen.stopped:
        return STOPPED, STOPPED_MESSAGE
    if not seen.alive:
        taken = f"; its port {port} is held by {seen.foreign} now: `shipway up` moves it to another"
        return "failed", seen.reason + (taken if seen.foreign else "")
    match seen:
        case Observation(listening=False):
            return "deploying", "its server is starting"
        case Observation(ready=None):
            return "unknown", f"its server did not answer GET /ready on port {port} within {_PROBE_S:g} s"
        case Observation(ready=http.client.SERVICE_UNAVAILABLE):
            return "deploying", "init() has not finished"
        case Observation(ready=http.client.OK, health=http.client.OK):
            return "running", ""
        case Observation(ready=http.client.OK):
            return "unknown", f"its server is ready but answers GET / with {seen.health or 'nothing'}"
    return "unknown", f"its server answers GET /ready with {seen.ready}"


def observe(record: RevisionRecord, folder: RevisionFolder) -> Observation:
    """An answer counts only from a process that is ours: another one may have taken the port."""
    if not holds(folder.lock):
        if folder.stopped.exists():
            return Observation(alive=False, stopped=True)
        foreign = listener_of(record.port) if is_listening(record.port) else None
        reason = exit_reason(tail_of(folder.server_log), tail_of(folder.output_log))
        return Observation(alive=False, foreign=foreign, reason=reason)
    identity = holder(folder.lock, folder.pid_file, patience_s=0)
    if identity is None or not _listens(identity.pid, record.port):
        return Observation(alive=True)
    ready = _probe(record.port, "/ready")
    health = _probe(record.port, "/") if ready == http.client.OK else None
    return Observation(alive=True, listening=True, ready=ready, health=health)


def _listens(pid: int, port: int) -> bool:
    """Whether this very process has the port open: the supervisor holds the listener for as long as it lives."""
    try:
        connections = psutil.Process(pid).net_connections("tcp")
    except psutil.NoSuchProcess:
        return False
    return any(each.status == psutil.CONN_LISTEN and each.laddr.port == port for each in connections)


def _probe(port: int, path: str) -> int | None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_PROBE_S)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
