"""How a container does, from what the engine says of it and what its server answers. Pure.

A container that the engine starts again after a crash has failed if the run that ended had never been ready: the next
one will not be either. One that had been ready is on its way back.
"""

from dataclasses import dataclass
from datetime import datetime

from shipway.domain.service import Resources, ServiceStatus
from shipway.domain.wording import counted
from shipway.targets._local.health import STOPPED, STOPPED_MESSAGE, Answer, NoAnswer, judge_answers
from shipway.targets._local.records import RevisionRecord
from shipway.targets._rollup import state_of
from shipway.targets.docker.container import memory_key
from shipway.targets.docker.runs import EndedRun
from shipway.targets.docker.view import ContainerView

_READY, _STARTING = 200, 503
_MB = 1024**2


@dataclass(frozen=True, kw_only=True)
class Seen:
    """`container` is None when there is none. `ready` and `health` are the server's answers, asked while it runs.
    `complaint` is the last error in its log, looked for when those are not as they should be.
    `ended` is the run before this one; None when there was none. `stopped`: on purpose, by us."""

    name: str
    container: ContainerView | None
    stopped: bool = False
    ready: Answer | None = None
    health: Answer | None = None
    complaint: str | None = None
    ended: EndedRun | None = None


def status_of(seen: Seen, record: RevisionRecord, now: datetime) -> ServiceStatus:
    native, message = _judge(seen, record)
    return ServiceStatus(state=state_of(native), native=native, message=message, observed_at=now)


def unknown(reason: object, now: datetime) -> ServiceStatus:
    """When the engine cannot be asked."""
    return ServiceStatus(state=state_of("unknown"), native="unknown", message=str(reason), observed_at=now)


def _judge(seen: Seen, record: RevisionRecord) -> tuple[str, str]:  # noqa: PLR0911 - a table
    container = seen.container
    if seen.stopped and (container is None or not container.is_up):
        return STOPPED, STOPPED_MESSAGE
    if container is None:
        return "failed", "its container was removed by hand; `shipway up` makes it again"
    match container.status:
        case "created":
            return "deploying", "its container is being started"
        case "running":
            return _running(container, seen, record)
        case "restarting":
            return _crashed(container, seen.ended, record.resources)
        case "paused":
            return "unknown", f"its container was paused by hand; `docker unpause {seen.name}` lets it go on"
        case "exited" | "dead":
            return "failed", _ended_for_good(container)
    return "unknown", f"the engine says that its container is {container.status}"


def _running(container: ContainerView, seen: Seen, record: RevisionRecord) -> tuple[str, str]:
    if seen.ready is NoAnswer.STUCK:
        return judge_answers(record.port, ready=seen.ready, health=None)
    if container.restarts and seen.ready != _READY:
        return _crashed(container, seen.ended, record.resources)
    if container.unhealthy and seen.ready != _STARTING:
        return "unknown", f"its container's own health check fails: {container.unhealthy}"
    if seen.ready is None or seen.ready is NoAnswer.CLOSED:
        return "deploying", "its server is starting"
    return judge_answers(record.port, ready=seen.ready, health=seen.health, complaint=seen.complaint)


def _crashed(container: ContainerView, ended: EndedRun | None, resources: Resources) -> tuple[str, str]:
    reason = _reason(container, ended, resources)
    if ended is not None and ended.had_been_ready:
        return "deploying", f"it is started again after its end: {reason} ({counted(container.restarts, 'restart')})"
    return "failed", reason


def _reason(container: ContainerView, ended: EndedRun | None, resources: Resources) -> str:
    limit = resources.memory_ceiling_bytes
    if limit and (container.oom_killed or (ended is not None and ended.out_of_memory)):
        return (
            f"its memory limit of {limit / _MB:.0f} MB is too small: the kernel ended it; "
            f"raise containerResourceRequirements/{memory_key(resources)} in the deployment config"
        )
    if ended is not None and ended.reason:
        return ended.reason
    code = f"with exit code {container.exit_code}, " if container.exit_code else ""
    words = f", which ends: {' | '.join(ended.last_words)}" if ended is not None and ended.last_words else ""
    return f"its container has ended {code}without a reason in its log{words}"


def _ended_for_good(container: ContainerView) -> str:
    """The engine starts again whatever ends by itself."""
    if container.error:
        return f"the engine could not start its container: {container.error}; `shipway up` tries again"
    return f"its container was stopped by hand (exit code {container.exit_code}); `shipway up` starts it again"
