"""A profile carried out: the image runs alone in a container with limits, answers the rows, and is away again."""

import logging
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from shipway.domain.image import DOCKER, Image
from shipway.domain.release import LoadPlan
from shipway.domain.service import DeploymentConfig, GatewayConfig, RevisionSpec, ServiceState
from shipway.errors import TargetError
from shipway.machine.locks import take_lock
from shipway.machine.state import MachineState, private_folder
from shipway.targets._local.records import RevisionFolder
from shipway.targets.base import Complains, Target, load, wait
from shipway.targets.docker.container import container_name, workspace_mark
from shipway.verification.load import LoadBounds, measure
from shipway.verification.profile import ProfilePlan, ProfileResult, Usage, check_asked, failure_of
from shipway.verification.profile_usage import UsageWatch
from shipway.verification.samples import Reply, Samples

log = logging.getLogger(__name__)

_REVISION = "profile"
_FENCE = 1
_NAME = "profile-"
"""Before the profile's own name: no trial of a release is called so."""


@dataclass(frozen=True, kw_only=True)
class Profiled:
    """What is asked for: `name` and `description` are the user's."""

    name: str
    rows: Sequence[str]
    plan: ProfilePlan
    description: str = ""


def run_profile(asked: Profiled, image: Image, state: MachineState) -> ProfileResult:
    """Safe to repeat; one of the same name that was killed is swept first.

    One that does not start, or whose requests fail, is a result with an error. Raises ConfigError for a name or
    resources out of bounds, TargetError while another process makes one of that name, EngineUnavailable.
    """
    check_asked(asked.name, asked.plan)
    lock = take_lock(profile_lock(state, asked.name))
    if lock is None:
        raise TargetError(
            f"profile {asked.name} is being made by another process; wait for it to end, or give another name"
        )
    try:
        return _run(asked, image, state.trials)
    finally:
        os.close(lock)


def profile_lock(state: MachineState, name: str) -> Path:
    """Held while a profile of that name is made: whoever else began one would sweep its container."""
    return private_folder(state.trials.root) / f".{_NAME}{name}.lock"


def _run(asked: Profiled, image: Image, trials: MachineState) -> ProfileResult:
    service = f"{_NAME}{asked.name}"
    target = load(DOCKER, trials)
    target.delete(service, fence=_FENCE)
    try:
        target.deploy(_revision(service, image, asked.plan))
        try:
            wait(target, service, _REVISION, until=ServiceState.HEALTHY, deadline_s=asked.plan.start_s)
        except TargetError as error:
            return _result(asked, Samples(replies=()), Usage(), 0.0, error=str(error))
        found = target.find(service)
        revision = found.revision(_REVISION) if found else None
        if revision is None:
            raise TargetError(f"profile {asked.name}: its container was removed while it ran; profile again")
        place = RevisionFolder(trials.services / service / "revisions" / _REVISION)
        result = _measure(asked, f"http://{revision.address}", container_name(workspace_mark(trials), place))
        return _with_reason(result, target, service)
    finally:
        target.delete(service, fence=_FENCE)


def _measure(asked: Profiled, url: str, container: str) -> ProfileResult:
    """Each row once first: those of a slow model would not all be seen within the usual time."""
    plan, began = asked.plan, time.monotonic()
    with UsageWatch(container) as watch:
        replies = _send(url, asked, requests=len(asked.rows), seconds=plan.most_s)
        left_s, left = began + plan.seconds - time.monotonic(), plan.requests - len(replies)
        if left_s > 0 and left > 0:
            replies += _send(url, asked, requests=left, seconds=left_s)
        seconds = time.monotonic() - began
    return _result(asked, Samples(replies=replies), watch.usage, seconds)


def _with_reason(result: ProfileResult, target: Target, service: str) -> ProfileResult:
    """An answer of status 500 says nothing of why; the log does."""
    if not result.samples.failures or not isinstance(target, Complains):
        return result
    complaint = target.complaint(service, _REVISION)
    return replace(result, error=f"{result.error}; its log says: {complaint}") if complaint else result


def _send(url: str, asked: Profiled, *, requests: int, seconds: float) -> tuple[Reply, ...]:
    bounds = LoadBounds(request_s=asked.plan.request_s, enough_s=seconds, total_s=seconds)
    plan = LoadPlan(requests=requests, concurrency=asked.plan.concurrency)
    return measure({"": url}, asked.rows, plan, bounds=bounds)[""].replies


def _result(asked: Profiled, samples: Samples, usage: Usage, seconds: float, *, error: str = "") -> ProfileResult:
    return ProfileResult(
        name=asked.name,
        plan=asked.plan,
        samples=samples,
        usage=usage,
        seconds=seconds,
        error=error or failure_of(samples, len(asked.rows)),
        description=asked.description,
    )


def _revision(service: str, image: Image, plan: ProfilePlan) -> RevisionSpec:
    return RevisionSpec(
        service=service,
        revision_id=_REVISION,
        image=image,
        models=tuple(sorted(label for label in image.labels if ":" in label)),
        deployment=DeploymentConfig(resources=plan.resources),
        gateway=GatewayConfig(),
        labels={},
        fence=_FENCE,
    )
