"""How a revision does: what is seen from outside (`observe`), and what that means (`status_of`, pure)."""

import http.client
from dataclasses import dataclass
from datetime import datetime

import psutil

from shipway.domain.service import ServiceStatus
from shipway.machine.held import holder
from shipway.machine.ports import LOOPBACK, is_listening, listener_of
from shipway.machine.processes import holds
from shipway.targets._local.health import STOPPED, STOPPED_MESSAGE, Answer, NoAnswer, judge_answers, probe
from shipway.targets._local.logs import exit_reason, reason_in, tail_of
from shipway.targets._local.records import RevisionRecord
from shipway.targets._rollup import state_of
from shipway.targets.process.files import ServerFiles
from shipway.targets.process.server import threads


@dataclass(frozen=True, kw_only=True)
class Observation:
    """`ready` and `health` are what GET /ready and GET / were answered.

    `complaint` is the last error in its log, looked for when those are not as they should be. `foreign` names whoever
    else listens on the revision's port; `reason` says why a process that is gone has ended, unless it was `stopped` on
    purpose.
    """

    alive: bool
    stopped: bool = False
    listening: bool = False
    foreign: str | None = None
    ready: Answer = NoAnswer.CLOSED
    health: Answer | None = None
    complaint: str | None = None
    threads: int | None = None
    reason: str = ""


def status_of(seen: Observation, port: int, now: datetime) -> ServiceStatus:
    native, message = _judge(seen, port)
    return ServiceStatus(state=state_of(native), native=native, message=message, observed_at=now)


def _judge(seen: Observation, port: int) -> tuple[str, str]:
    if not seen.alive and seen.stopped:
        return STOPPED, STOPPED_MESSAGE
    if not seen.alive:
        taken = f"; its port {port} is held by {seen.foreign} now: `shipway up` moves it to another"
        return "failed", seen.reason + (taken if seen.foreign else "")
    if not seen.listening:
        return "deploying", "its server is starting"
    return judge_answers(port, ready=seen.ready, health=seen.health, complaint=seen.complaint, threads=seen.threads)


def observe(record: RevisionRecord, files: ServerFiles) -> Observation:
    """An answer counts only from a process that is ours: another one may have taken the port."""
    if not holds(files.lock):
        if files.place.stopped.exists():
            return Observation(alive=False, stopped=True)
        foreign = listener_of(record.port) if is_listening(record.port) else None
        reason = exit_reason(tail_of(files.server_log), tail_of(files.output_log))
        return Observation(alive=False, foreign=foreign, reason=reason)
    identity = holder(files.lock, files.pid_file, patience_s=0)
    if identity is None or not _listens(identity.pid, record.port):
        return Observation(alive=True)
    ready = probe(LOOPBACK, record.port, "/ready")
    health = probe(LOOPBACK, record.port, "/") if ready == http.client.OK else None
    good = health == http.client.OK
    return Observation(
        alive=True,
        listening=True,
        ready=ready,
        health=health,
        complaint=None if good else complaint_of(files),
        threads=threads(files) if good else None,
    )


def complaint_of(files: ServerFiles) -> str | None:
    """The last error in the log of the run that lasts, or of the last one."""
    return reason_in(tail_of(files.server_log), ())


def _listens(pid: int, port: int) -> bool:
    """Whether this very process has the port open: the supervisor holds the listener for as long as it lives."""
    try:
        connections = psutil.Process(pid).net_connections("tcp")
    except psutil.NoSuchProcess:
        return False
    return any(each.status == psutil.CONN_LISTEN and each.laddr.port == port for each in connections)
