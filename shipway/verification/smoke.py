"""The smoke test: does a revision answer at all, before it goes anywhere near a target?

Whether the answers are right is not asked here; that is for `verify`, beside the champion.
"""

from collections.abc import Sequence

from shipway.domain.golden import Question, SampleRequest
from shipway.domain.verdict import CheckResult, Measurement, Phase
from shipway.domain.wording import counted, were
from shipway.image.container.inspection import ImageReport, judge_secrets, judge_user
from shipway.verification.connection import Connection
from shipway.verification.evidence import bounded
from shipway.verification.load import Soaked, ask
from shipway.verification.sample import judge_sample
from shipway.verification.samples import Reply

_FULL = 0.95
"""The share of a memory limit that may be held after the load."""
_FEW_THREADS, _THREADS_A_REQUEST = 16, 0.3
"""A pool that still grows under the load is small, or grows by less than a thread for each three requests."""


def smoke(
    url: str, asked: Sequence[Question], *, request_s: float = 10.0, total_s: float = 30.0
) -> tuple[CheckResult, ...]:
    """GET / and every golden row (as many as fit into `total_s`), or the sample, must be answered with status 200.

    A revision that does not answer has FAILED: that it answers is what is tested here. `url` is `http://host:port` of
    a server that is started; waiting until it is ready is not for here. Safe to repeat.
    """
    with Connection(url, timeout_s=request_s) as connection:
        health = judge_health(connection.health())
    if health.phase is not Phase.PASSED or not asked:
        return (health,)
    requests = [question.request for question in asked]
    replies = ask(url, requests, concurrency=1, request_s=request_s, total_s=total_s)
    return health, judge_answered(asked, replies)


def judge_image(report: ImageReport) -> tuple[CheckResult, ...]:
    """Whom a container image runs as, and whether secrets lie in it."""
    faults = {"user": judge_user(report), "secrets": judge_secrets(report)}
    good = {"user": f"it runs as user {report.uid}", "secrets": "none was found in its layers and settings"}
    return tuple(
        CheckResult(name=name, phase=Phase.FAILED, message=fault)
        if fault
        else CheckResult(name=name, phase=Phase.PASSED, message=good[name])
        for name, fault in faults.items()
    )


def judge_soak(soaked: Soaked, held_bytes: int | None, *, limit_bytes: int | None) -> tuple[CheckResult, ...]:
    """Whether it stood the load, and what memory it holds after it. `held_bytes` is None where nobody can tell."""
    what = f"{counted(soaked.requests, 'request')} in {soaked.seconds:.0f} s"
    if soaked.first_failure is not None:
        message = f"{soaked.failures} of {what} failed; first: {soaked.first_failure.describe()}"
        return (CheckResult(name="load", phase=Phase.FAILED, message=message),)
    load = CheckResult(name="load", phase=Phase.PASSED, message=f"{what}, all answered with status 200")
    return load, *(() if held_bytes is None else (judge_memory(held_bytes, limit_bytes),))


def judge_threads(before: int | None, after: int | None, *, requests: int) -> CheckResult | None:
    """Whether threads were left running by the load, which came after every golden request had been asked once: pools
    that a library starts with the first request stand by then. None where nobody can tell."""
    if before is None or after is None:
        return None
    more = after - before
    if more <= max(_FEW_THREADS, requests * _THREADS_A_REQUEST):
        return CheckResult(name="threads", phase=Phase.PASSED, message=f"{after} threads after the load")
    message = (
        f"{counted(requests, 'request')} left {more} more threads running, {after} in all: the script starts threads "
        "that do not end; end them, or keep a pool of them"
    )
    return CheckResult(
        name="threads",
        phase=Phase.FAILED,
        message=message,
        measurements=(Measurement(name="threads", value=after, unit="", champion=None, limit=before),),
    )


def judge_memory(held_bytes: int, limit_bytes: int | None) -> CheckResult:
    """Close to its limit counts as bad: the kernel ends what goes beyond, in the middle of a request."""
    held_mb = held_bytes / 1e6
    if limit_bytes is None:
        measured = Measurement(name="memory", value=held_mb, unit="MB")
        message = f"{held_mb:.0f} MB held after the load, without a limit"
        return CheckResult(name="memory", phase=Phase.PASSED, message=message, measurements=(measured,))
    allowed_mb = limit_bytes * _FULL / 1e6
    good = held_mb <= allowed_mb
    message = f"{held_mb:.0f} MB held after the load, {_FULL:.0%} of the limit are {allowed_mb:.0f} MB"
    if not good:
        message += "; raise containerResourceRequirements/memoryInGBLimit"
    return CheckResult(
        name="memory",
        phase=Phase.PASSED if good else Phase.FAILED,
        message=message,
        measurements=(Measurement(name="memory", value=held_mb, unit="MB", limit=allowed_mb),),
    )


def judge_health(reply: Reply) -> CheckResult:
    if reply.ok:
        return CheckResult(name="healthy", phase=Phase.PASSED, message=f"GET / answered in {reply.latency_ms:.0f} ms")
    return CheckResult(name="healthy", phase=Phase.FAILED, message=f"GET / is not healthy: {reply.describe()}")


def _failure(reply: Reply) -> str:
    """The server answers at once whatever the script does: an answer that does not come is run()'s affair."""
    return f"run() did not end within {reply.latency_ms / 1000:.0f} s" if reply.timed_out else reply.describe()


def judge_answered(asked: Sequence[Question], replies: Sequence[Reply]) -> CheckResult:
    if len(asked) == len(replies) == 1 and isinstance(asked[0], SampleRequest):
        return judge_sample(replies[0])
    bad = [f"row {reply.request + 1}: {_failure(reply)}" for reply in replies if not reply.ok]
    told = counted(len(replies), "golden request") + (
        f" of {len(asked)}, the time being over," if len(replies) < len(asked) else ""
    )
    if bad:
        message = f"{len(bad)} of {told} {were(len(bad))} not answered with status 200; first: {bad[0]}"
        return CheckResult(name="answers", phase=Phase.FAILED, message=message, evidence=bounded(bad))
    return CheckResult(
        name="answers", phase=Phase.PASSED, message=f"{told} {were(len(replies))} answered with status 200"
    )
