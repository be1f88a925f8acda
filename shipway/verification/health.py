"""Whether a revision is alive and stays so: GET / again and again, and no worker started in the place of another."""

import math
import re
import time
from collections.abc import Callable, Sequence

from shipway.domain.verdict import CheckResult, Phase
from shipway.verification.connection import Connection
from shipway.verification.samples import Reply

LOOKS = 5
_PAUSE_S = 0.2
_LOOK_S = 10.0
_STARTED = re.compile(r'^shipway_worker_start_time_seconds\{worker="(\d+)"\} (\S+)$', re.MULTILINE)

WorkerStarts = dict[str, str]
"""When each worker of a scoring server was started, as its metrics say it; empty where they say nothing."""


def watch(url: str, *, seconds: float, sleep: Callable[[float], None] = time.sleep) -> CheckResult:
    """Whether it stays alive by itself for some seconds: a script may end its process after `init` has succeeded."""
    before = worker_starts(url)
    replies = ask_health(url, looks=math.ceil(seconds / _PAUSE_S) + 1, sleep=sleep)
    return judge_life(replies, before, worker_starts(url))


def ask_health(url: str, *, looks: int = LOOKS, sleep: Callable[[float], None] = time.sleep) -> tuple[Reply, ...]:
    """GET / so many times, the usual ones in about a second; fewer when one is not answered with 200."""
    replies: list[Reply] = []
    with Connection(url, timeout_s=_LOOK_S) as connection:
        for look in range(looks):
            if look:
                sleep(_PAUSE_S)
            replies.append(connection.health())
            if not replies[-1].ok:
                break
    return tuple(replies)


def worker_starts(url: str) -> WorkerStarts:
    with Connection(url, timeout_s=_LOOK_S) as connection:
        return starts_in(connection.get("/metrics").body)


def starts_in(metrics: str) -> WorkerStarts:
    """Pure."""
    return dict(_STARTED.findall(metrics))


def judge_life(replies: Sequence[Reply], before: WorkerStarts, after: WorkerStarts, *, also: str = "") -> CheckResult:
    """`before` and `after` are of the time that it was looked at; `also` is said of a good one."""
    bad = next((reply for reply in replies if not reply.ok), None)
    if bad is not None:
        return CheckResult(name="healthy", phase=Phase.FAILED, message=f"GET / is not healthy: {bad.describe()}")
    again = [worker for worker, at in before.items() if after and after.get(worker) != at]
    if again:
        message = f"its process had to be started again while it was looked at (worker {', '.join(again)})"
        return CheckResult(name="healthy", phase=Phase.FAILED, message=message)
    stayed = ", by the same process" if before and after else ""
    message = f"GET / answered {len(replies)} times{stayed}"
    return CheckResult(name="healthy", phase=Phase.PASSED, message=f"{message}; {also}" if also else message)
