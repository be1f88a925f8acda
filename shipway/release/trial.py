"""The trial of an image: it runs alone, apart from any service, and is away again whatever happens."""

import logging
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from shipway.domain.canonical import Plain
from shipway.domain.golden import Question
from shipway.domain.image import DOCKER, Image
from shipway.domain.service import RevisionSpec, ServiceState
from shipway.domain.verdict import CheckResult, Phase, Verdict
from shipway.engine.connection import connect
from shipway.errors import TargetError
from shipway.image.container.inspection import check_image
from shipway.image.container.secrets import known_secrets
from shipway.machine.state import MachineState
from shipway.release.complaints import complaint_of, keep_log, last_words
from shipway.release.inputs import golden_rows
from shipway.release.login import with_logins
from shipway.release.outcomes import SmokeResult
from shipway.release.revision import address_of, revision_spec, wait_healthy
from shipway.release.run import ReleaseRun, carry_out
from shipway.release.steps import Step
from shipway.targets.base import Gauges, Target
from shipway.targets.docker.images import fetch_image
from shipway.verification.evidence import one_line
from shipway.verification.health import watch
from shipway.verification.load import soak
from shipway.verification.sample import questions_for
from shipway.verification.smoke import judge_image, judge_soak, judge_threads, smoke

log = logging.getLogger(__name__)

_ROWS_S = 30.0
"""For all golden requests together."""
_WATCHED = 1.5
"""Times as long as the load takes: for that long it is only looked at where there is nothing to ask."""
_FOR_WANT_OF_MEMORY = "for want of memory"
"""The scoring server's words for a worker that was ended by signal 9."""


def smoke_test(run: ReleaseRun, image: Image) -> SmokeResult:
    """Runs the image alone, apart from any service, and takes it away again whatever happens.

    What was tried is read back for that very image only: one that had to be built again may stand on another base.
    """
    undo: Mapping[str, Plain] = {"trial": run.ref.service, "kind": image.kind, "image": image.digest}
    return carry_out(
        run, Step.SMOKE, SmokeResult, lambda: _smoke(run, image), undo=undo, stands=lambda _: _was_tried(run, image)
    )


def trial_state(machine: MachineState) -> MachineState:
    return machine.trials


def end_trial(run: ReleaseRun, kind: str) -> None:
    """`kind` is that of the image, and of the local target that runs it. Safe to repeat."""
    run.tools.load_target(kind, trial_state(run.machine)).delete(run.ref.service, fence=run.ref.fence)


def _was_tried(run: ReleaseRun, image: Image) -> bool:
    """Journals of before it was written do not say which image it was."""
    return (run.state().of(Step.SMOKE).undo or {}).get("image") in {None, image.digest}


def _smoke(run: ReleaseRun, image: Image) -> SmokeResult:
    target = run.tools.load_target(image.kind, trial_state(run.machine))
    target.delete(run.ref.service, fence=run.ref.fence)
    try:
        return _try_alone(run, target, image)
    finally:
        target.delete(run.ref.service, fence=run.ref.fence)


def _try_alone(run: ReleaseRun, target: Target, image: Image) -> SmokeResult:
    inspected, began = _inspect(run, image), time.monotonic()
    spec = revision_spec(run, image, deployment=replace(run.inputs.deployment, port=None))
    target.deploy(spec)
    try:
        wait_healthy(run, target, spec.revision_id)
    except TargetError as error:
        keep_log(run, target, spec.revision_id, "the trial of revision")
        evidence = last_words(target, spec.service, spec.revision_id)
        start = CheckResult(name="start", phase=Phase.FAILED, message=str(error), evidence=evidence)
        return SmokeResult(
            verdict=Verdict(checks=(*inspected, start)), started_after_s=time.monotonic() - began, requests=0
        )
    started_after_s = time.monotonic() - began
    rows, verification = golden_rows(run.inputs, run.workspace) or (), run.inputs.verification
    plan = verification.smoke
    url = f"http://{address_of(target, spec.service, spec.revision_id)}"
    asked = questions_for(url, rows, sample=verification.sample)
    answered = smoke(url, asked, request_s=plan.request_s, total_s=max(_ROWS_S, plan.request_s))
    good = all(check.phase is Phase.PASSED for check in answered)
    tried = _soak(run, target, spec, asked) if good else _fate(target, spec)
    checks = (*inspected, *answered, *tried)
    if any(check.phase is not Phase.PASSED for check in checks):
        keep_log(run, target, spec.revision_id, "the trial of revision")
    for check in checks:
        log.info("smoke test: %s %s: %s", check.name, check.phase, check.message)
    return SmokeResult(verdict=Verdict(checks=checks), started_after_s=started_after_s, requests=len(asked))


def _inspect(run: ReleaseRun, image: Image) -> tuple[CheckResult, ...]:
    """What lies in a container image goes wherever it is pushed. What this process knows as a secret is looked for.

    A release that is taken up on another machine finds its image in the registry only.
    """
    if image.kind != DOCKER:
        return ()
    engine = connect()
    try:
        fetch_image(engine, image.location)
        environment = with_logins(run.inputs.environment, run.machine, run.ref.release_id)
        known = known_secrets(os.environ, environment.requirements)
        return judge_image(check_image(engine, image, known))
    finally:
        engine.close()


def _soak(run: ReleaseRun, target: Target, spec: RevisionSpec, asked: Sequence[Question]) -> tuple[CheckResult, ...]:
    """What it holds after some load, which shows a leak. One that died of it has its reason from the target."""
    seconds = run.inputs.verification.smoke.load_s
    if not seconds:
        return ()
    url = f"http://{address_of(target, spec.service, spec.revision_id)}"
    if not asked:
        alive = replace(watch(url, seconds=seconds * _WATCHED), name="alive")
        return (alive,) if alive.phase is Phase.PASSED else (alive, *_fate(target, spec))
    threads_before = _threads(target, spec)
    soaked = soak(url, [question.request for question in asked], seconds=seconds)
    held = target.memory_bytes(spec.service, spec.revision_id) if isinstance(target, Gauges) else None
    ceiling = spec.deployment.resources.memory_ceiling_bytes if spec.image.kind == DOCKER else None
    checks = judge_soak(soaked, held, limit_bytes=ceiling)
    threads = judge_threads(threads_before, _threads(target, spec), requests=soaked.requests)
    if any(check.phase is not Phase.PASSED for check in checks):
        checks = (*checks, *_fate(target, spec))
    return checks if threads is None else (*checks, threads)


def _threads(target: Target, spec: RevisionSpec) -> int | None:
    return target.threads(spec.service, spec.revision_id) if isinstance(target, Gauges) else None


def _fate(target: Target, spec: RevisionSpec) -> Iterator[CheckResult]:
    """What became of it: its server may have started a worker again that had ended, so its log is asked first."""
    complaint = complaint_of(target, spec.service, spec.revision_id)
    found = target.find(spec.service)
    revision = found.revision(spec.revision_id) if found else None
    words = last_words(target, spec.service, spec.revision_id)
    if any(_FOR_WANT_OF_MEMORY in line for line in words):
        message = f"a process of it was ended {_FOR_WANT_OF_MEMORY}; raise containerResourceRequirements/memoryInGB"
        yield CheckResult(name="alive", phase=Phase.FAILED, message=message, evidence=words)
    elif complaint is not None:
        yield CheckResult(name="log", phase=Phase.FAILED, message=complaint, evidence=words)
    elif revision is not None and revision.status.state is not ServiceState.HEALTHY:
        message = f"it is {revision.status.native}: {revision.status.message}"
        yield CheckResult(name="alive", phase=Phase.FAILED, message=message, evidence=words)
    elif words:
        message = one_line(f"no error stands in it; it ends: {words[-1]}")
        yield CheckResult(name="log", phase=Phase.FAILED, message=message, evidence=words)
