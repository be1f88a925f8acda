"""Waiting for a release that another process carries out. Nothing is done here but look."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from shipway.azureml._standing import INTERRUPTED, NOT_BEGUN, report_now
from shipway.azureml._telling import show
from shipway.azureml.exceptions import WebserviceException
from shipway.errors import ReleaseNotFound
from shipway.release.log import log_path
from shipway.release.report import ReleaseReport
from shipway.release.steps import Step

if TYPE_CHECKING:
    from shipway.azureml.workspace import Workspace

_LOOK_EVERY_S = 0.5

_LOOKS_AT_A_DYING_PROCESS = 120

_UNSEEN_FOR_LONG_S = 300.0
"""A process that carries a release out takes some seconds to begin, 20 where Prefect's server is made for the first
time, and more than a minute on a machine that is overloaded. Who does not know the process gives up after this."""


@dataclass
class _Progress:
    """Prints each step once when it begins, and once with its time when it has ended."""

    told: set[tuple[str, str]] = field(default_factory=set)

    def tell(self, report: ReleaseReport) -> None:
        for step in report.steps:
            if step.state in {"begun", "done", "undone"} and (step.step.value, step.state) not in self.told:
                self.told.add((step.step.value, step.state))
                took = f" ({step.took_s:.1f} s)" if step.took_s is not None and step.state == "done" else ""
                show(f"{step.step.value}: {step.state}{took}")


def wait_for_release(
    workspace: "Workspace",
    release_id: str,
    *,
    show_output: bool,
    timeout_s: float | None,
    has_died: Callable[[], str | None],
    is_at_work: Callable[[], bool],
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> ReleaseReport:
    """The report of a release that has ended, however. `has_died` says why nobody carries it out any more, or None,
    and `is_at_work` whether a process that is known carries it out.

    Raises WebserviceException after `timeout_s`, without stopping anything, and when nobody goes on with it.
    """
    began, progress = clock(), _Progress()
    while True:
        at_work = is_at_work()  # asked first: the look then sees all that a process wrote before it ended
        try:
            report = report_now(workspace._store, release_id)
        except ReleaseNotFound:
            words = _last_words(has_died, is_at_work, sleep)
            raise WebserviceException(
                f"release {release_id} was refused before it began: {words}; nothing was changed"
            ) from None
        if show_output:
            progress.tell(report)
        if report.phase.ended:
            return report
        why = None if at_work else _stopped(report, has_died, clock() - began)
        if why is not None:
            raise WebserviceException(
                f"release {release_id} of service {report.service} is {report.standing}: {why}; go on with "
                f"`shipway release resume {release_id}`, or undo it with `shipway release abort {release_id}`"
            )
        if timeout_s is not None and clock() - began >= timeout_s:
            raise WebserviceException(
                f"service {report.service} was still being deployed after {timeout_s:g} s; nothing was stopped: wait "
                f"again, or look at it with `shipway release show {release_id}`"
            )
        sleep(_LOOK_EVERY_S)


_STARTING = frozenset({"start", "alive"})
_CRASHED = "CrashLoopBackOff"
"""What v1 called a container that ended again and again, as one does whose init() fails."""


def _last_words(
    has_died: Callable[[], str | None], is_at_work: Callable[[], bool], sleep: Callable[[float], None]
) -> str:
    """A process forgets what it refuses, says why, and ends."""
    for _ in range(_LOOKS_AT_A_DYING_PROCESS):
        if not is_at_work():
            break
        sleep(_LOOK_EVERY_S)
    return has_died() or "nobody knows why"


def error_of(report: ReleaseReport) -> dict[str, Any]:
    """v1's error document of an operation, by what did not succeed (contract 14)."""
    failed = [check for check in report.checks if check.phase.value in {"failed", "error"}]
    building = next(step for step in report.steps if step.step is Step.BUILD)
    unbuilt = bool(building.attempts) and not report.image_digest
    return {
        "code": "ImageBuildFailure" if unbuilt else "DeploymentFailed",
        "statusCode": 400,
        "message": report.reason,
        "details": [
            {"code": _CRASHED if check.name in _STARTING else check.name, "message": f"{check.name}: {check.message}"}
            for check in failed
        ],
    }


def failure_of(workspace: "Workspace", report: ReleaseReport, state: str) -> WebserviceException:
    """v1's words for a deployment that did not succeed, with the verdict and where more is to be read."""
    return WebserviceException(
        "Service deployment polling reached non-successful terminal state, current service state: "
        f"{state}\nOperation ID: {report.release_id}\n"
        f"More information can be found using '.get_logs()', `shipway release show {report.release_id}`, and in "
        f"{log_path(workspace._state, report.release_id)}\nError:\n{json.dumps(error_of(report), indent=2)}"
    )


def _stopped(report: ReleaseReport, has_died: Callable[[], str | None], waited_s: float) -> str | None:
    if report.standing == INTERRUPTED:
        return has_died() or "nobody carries it out any more"
    if report.standing == NOT_BEGUN:
        return has_died() or (f"nobody has begun it for {waited_s:.0f} s" if waited_s > _UNSEEN_FOR_LONG_S else None)
    return None
