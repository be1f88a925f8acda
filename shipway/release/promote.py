"""Verification before any traffic, and the traffic steps up to all of it. Both are safe to repeat."""

import logging
import platform
import time
from collections.abc import Callable, Mapping
from dataclasses import replace

from shipway.domain.canonical import Plain
from shipway.domain.image import Image
from shipway.domain.release import Details, ReleaseInputs, ReleaseKind
from shipway.domain.service import RevisionStats, Traffic
from shipway.domain.verdict import CheckResult, Phase, Verdict
from shipway.errors import FenceLost, ShipwayError, TargetError
from shipway.registry.models import Registry
from shipway.release import warm
from shipway.release.collected import collect_rows
from shipway.release.complaints import complaints, keep_log
from shipway.release.details import details_of, keep_details
from shipway.release.environment import changes_told
from shipway.release.inputs import config_digest, golden_rows, suite_text
from shipway.release.ledger import Event, Ledger, LedgerEntry, ledger_of
from shipway.release.outcomes import Deployed, Promotion, Registered, Verified
from shipway.release.reading import inputs_in_service
from shipway.release.run import ReleaseRun, carry_out
from shipway.release.steps import Step
from shipway.targets.base import SplitsTraffic, Target
from shipway.verification.canary import allows_next_step, delta, judge_canary
from shipway.verification.verify import Questions, verify

log = logging.getLogger(__name__)

_LOOK_S = 0.5
"""How often a bake looks whether somebody took the service over."""


def verify_service(run: ReleaseRun, deployed: Deployed) -> Verified:
    """Judges the challenger, beside the champion where there is one, on our own requests."""
    return carry_out(run, Step.VERIFY, Verified, lambda: _verify(run, deployed))


def promote_service(
    run: ReleaseRun,
    registered: Registered,
    image: Image,
    deployed: Deployed,
    *,
    sleep: Callable[[float], None] = time.sleep,
) -> Promotion:
    """Moves traffic step by step, looking at each what the gateway counted, then writes the ledger.

    Whoever is neither champion nor the one before goes at last: the one before stays up, so that a rollback is a switch
    of traffic.
    """
    undo: Mapping[str, Plain] = {"target": deployed.target, "champion": deployed.champion}
    return carry_out(run, Step.PROMOTE, Promotion, lambda: _promote(run, registered, image, deployed, sleep), undo=undo)


def splitting(target: Target, service: str) -> SplitsTraffic:
    if not isinstance(target, SplitsTraffic):
        raise TargetError(f"target {target.kind} cannot split traffic, which service {service} needs")
    return target


def _verify(run: ReleaseRun, deployed: Deployed) -> Verified:
    questions = Questions(
        rows=golden_rows(run.inputs, run.workspace) or (),
        suite=suite_text(run.inputs, run.workspace),
        load=run.inputs.verification.load,
        limits=run.inputs.verification.limits,
        sample=run.inputs.verification.sample,
        request_s=run.inputs.verification.smoke.request_s,
    )
    champion = f"http://{deployed.champion_address}" if deployed.champion_address else None
    with warm.suite_process(needed=questions.suite is not None) as process:
        verdict = verify(f"http://{deployed.address}", champion, questions, suite_process=process, progress=log.info)
    if not verdict.passed:
        target = run.target(deployed.target)
        keep_log(run, target, deployed.revision_id, "revision")
        told = complaints(target, deployed.service, deployed.revision_id)
        checks = _told_of_old_rows(run, verdict.checks) if deployed.champion else verdict.checks
        verdict = Verdict(checks=(*checks, *told))
    return Verified(revision_id=deployed.revision_id, verdict=verdict)


def _told_of_old_rows(run: ReleaseRun, checks: tuple[CheckResult, ...]) -> tuple[CheckResult, ...]:
    """An update or a reload keeps the golden rows of before, whose answers may be those of before as well."""
    kept = run.inputs.kind is not ReleaseKind.RELEASE and (
        inputs_in_service(run.workspace, run.ref.service).verification.golden == run.inputs.verification.golden
    )
    if not kept:
        return checks
    hint = "; these golden rows are of the release before: if the new answers are right, give new rows with --golden"
    return tuple(
        replace(check, message=check.message + hint)
        if check.name == "golden" and check.phase is Phase.FAILED
        else check
        for check in checks
    )


def _promote(
    run: ReleaseRun, registered: Registered, image: Image, deployed: Deployed, sleep: Callable[[float], None]
) -> Promotion:
    target = run.target(deployed.target)
    splitter = splitting(target, deployed.service)
    checks = _walk(run, splitter, deployed, sleep) if deployed.champion else ()
    promoted = all(allows_next_step(check) for check in checks)
    if not promoted:
        keep_log(run, target, deployed.revision_id, "revision")
        checks = (*checks, *complaints(target, deployed.service, deployed.revision_id))
    if promoted:
        _shift(run, splitter, deployed, 100)
        _record(run, registered, image, deployed)
        _say(run)
        _retire_older(run, target, ledger_of(run.workspace, deployed.service))
    return Promotion(
        revision_id=deployed.revision_id,
        scoring_uri=deployed.scoring_uri,
        promoted=promoted,
        verdict=Verdict(checks=checks or (_at_once(deployed),)),
    )


def _walk(
    run: ReleaseRun, splitter: SplitsTraffic, deployed: Deployed, sleep: Callable[[float], None]
) -> tuple[CheckResult, ...]:
    """The traffic steps that are still to come; one that was reached before is baked again, never gone back on."""
    reached = splitter.traffic(deployed.service).weight_of(deployed.revision_id)
    checks: list[CheckResult] = []
    for step in run.inputs.bakes:
        if step.weight < reached:
            continue
        _shift(run, splitter, deployed, step.weight)
        before = splitter.revision_stats(deployed.service)
        _bake(run, step.bake_s, sleep)
        check = _judge(run, deployed, before, splitter.revision_stats(deployed.service), step.weight)
        log.info("%s %s: %s", check.name, check.phase, check.message)
        checks.append(check)
        if not allows_next_step(check):
            break
    return tuple(checks)


def _judge(
    run: ReleaseRun,
    deployed: Deployed,
    before: Mapping[str, RevisionStats],
    after: Mapping[str, RevisionStats],
    weight: int,
) -> CheckResult:
    counted = {name: delta(before.get(name), stats) for name, stats in after.items()}
    assert deployed.champion is not None
    check = judge_canary(counted[deployed.revision_id], counted.get(deployed.champion), run.inputs.verification.limits)
    return CheckResult(
        name=f"traffic {weight} %",
        phase=check.phase,
        message=check.message,
        measurements=check.measurements,
        evidence=check.evidence,
    )


def _shift(run: ReleaseRun, splitter: SplitsTraffic, deployed: Deployed, weight: int) -> None:
    run.check_fence()
    weights = {deployed.revision_id: weight}
    if weight < 100:
        assert deployed.champion is not None
        weights[deployed.champion] = 100 - weight
    log.info("traffic: %s", ", ".join(f"{revision} {share} %" for revision, share in weights.items()))
    splitter.set_traffic(deployed.service, Traffic(weights=weights), fence=run.ref.fence)


def _bake(run: ReleaseRun, seconds: float, sleep: Callable[[float], None]) -> None:
    left = seconds
    while left > 0:
        sleep(min(_LOOK_S, left))
        left -= _LOOK_S
        run.check_fence()


def _record(run: ReleaseRun, registered: Registered, image: Image, deployed: Deployed) -> None:
    run.check_fence()
    _, head = run.journal.head
    ledger_of(run.workspace, deployed.service).append(
        LedgerEntry(
            event=Event.PROMOTED,
            release_id=run.ref.release_id,
            revision_id=deployed.revision_id,
            target=deployed.target,
            models=dict(zip(registered.models, registered.digests, strict=True)),
            image_digest=image.digest,
            config_digest=config_digest(run.inputs),
            approver=run.inputs.requested_by,
            reason=_why(run.inputs),
            journal_head=head,
            at=run.now(),
        )
    )


def _why(inputs: ReleaseInputs) -> str:
    """What the author said, and what was mended: later readers must see that it is not the author's environment."""
    return "; ".join(part for part in (inputs.notes, *changes_told(inputs.environment.changes)) if part)


def _say(run: ReleaseRun) -> None:
    """What was asked to be said of the service: tags replace those of before, properties are only added (U-5)."""
    new = run.inputs.details
    if new is None:
        return
    old = details_of(run.workspace, run.ref.service)
    details = Details(
        description=new.description or old.description,
        tags=new.tags or old.tags,
        properties={**new.properties, **old.properties},
    )
    keep_details(run.workspace, run.ref.service, details)


def _retire_older(run: ReleaseRun, target: Target, ledger: Ledger) -> None:
    """One that cannot be removed is left to the next release: the new champion has the traffic, and keeps it."""
    standing = ledger.standing()
    keep = {entry.revision_id for entry in (standing.champion, standing.previous) if entry}
    service = target.find(run.ref.service)
    for revision in service.revisions if service else ():
        if revision.revision_id not in keep and not _removed(run, target, revision.revision_id):
            keep.add(revision.revision_id)
    _collect(run)
    run.check_fence()
    Registry(run.workspace).release_uses(service=run.ref.service, besides=keep)


def _collect(run: ReleaseRun) -> None:
    """What waits for a bucket; what cannot be sent now waits on: the new champion has the traffic, and keeps it."""
    try:
        collect_rows(run.workspace, run.machine, machine=platform.node())
    except ShipwayError as error:
        log.warning("collected rows stay on this machine until `shipway service collect`: %s", error)


def _removed(run: ReleaseRun, target: Target, revision_id: str) -> bool:
    try:
        target.delete_revision(run.ref.service, revision_id, fence=run.ref.fence)
    except FenceLost:
        raise
    except (ShipwayError, OSError) as error:
        log.warning("revision %s stays until the next release: %s", revision_id, error)
        return False
    return True


def _at_once(deployed: Deployed) -> CheckResult:
    why = "without a bake" if deployed.champion else "the first revision of this service"
    return CheckResult(name="traffic", phase=Phase.PASSED, message=why)
