"""Going back: every step that was begun is undone, last first, by what its intent said. Each undo is safe to repeat."""

import logging
from collections.abc import Callable, Mapping

from shipway.domain.canonical import Plain
from shipway.domain.image import PROCESS
from shipway.domain.names import ModelRef
from shipway.domain.release import ReleasePhase, revision_id_of
from shipway.domain.service import NO_TRAFFIC, Traffic
from shipway.registry.models import Registry
from shipway.release.failpoints import Boundary, reach
from shipway.release.inputs import config_digest
from shipway.release.ledger import Event, LedgerEntry, ledger_of
from shipway.release.lost import told_how_to_write_off
from shipway.release.outcomes import Ending
from shipway.release.promote import splitting
from shipway.release.run import ReleaseRun, end
from shipway.release.steps import Kind, ReleaseState, Step, phase_after_going_back
from shipway.release.trial import end_trial
from shipway.store.codec import decode

log = logging.getLogger(__name__)


def roll_back(run: ReleaseRun, reason: str) -> Ending:
    """Undoes a release and ends it. The first reason given stands. A release that has ended is left as it is.

    Raises FenceLost when somebody took it over, TargetError when the target does not let go: then resume it later.
    """
    state = run.state()
    if not state.phase.ended:
        state = _decide(run, state, reason)
        for step in state.to_undo:
            _undo(run, state, step)
        _conclude(run, state)
    return ending_of(run)


def ending_of(run: ReleaseRun) -> Ending:
    """How the release stands in the end, and who serves now."""
    state = run.state()
    champion = ledger_of(run.workspace, run.ref.service).standing().champion
    service = run.target(champion.target).find(run.ref.service) if champion else None
    return Ending(
        release_id=run.ref.release_id,
        service=run.ref.service,
        phase=state.phase,
        reason=state.reason,
        champion=champion.revision_id if champion else None,
        scoring_uri=service.scoring_uri if service else None,
    )


def conclude_promoted(run: ReleaseRun) -> Ending:
    """The end of a release whose promotion is done."""
    end(run, ReleasePhase.PROMOTED, "")
    return ending_of(run)


def _decide(run: ReleaseRun, state: ReleaseState, reason: str) -> ReleaseState:
    if state.phase is ReleasePhase.ROLLING_BACK:
        return state
    reach(Step.ROLL_BACK, Boundary.BEFORE_INTENT)
    run.check_fence()
    log.info("rolling back: %s", reason)
    run.append(Step.ROLL_BACK, Kind.INTENT, {"reason": reason})
    reach(Step.ROLL_BACK, Boundary.AFTER_INTENT)
    return run.state()


def _undo(run: ReleaseRun, state: ReleaseState, step: Step) -> None:
    run.check_fence()
    with told_how_to_write_off(run.ref.service):
        _UNDO[step](run, state.of(step).undo or {})
    reach(Step.ROLL_BACK, Boundary.AFTER_ACT)
    run.append(step, Kind.UNDO, {})


def _conclude(run: ReleaseRun, state: ReleaseState) -> None:
    phase = phase_after_going_back(state)
    _record(run, state, Event.ROLLED_BACK if phase is ReleasePhase.ROLLED_BACK else Event.REFUSED)
    end(run, phase, state.reason)
    reach(Step.ROLL_BACK, Boundary.AFTER_OUTCOME)


def _undo_promotion(run: ReleaseRun, undo: Mapping[str, Plain]) -> None:
    """All traffic to the champion of before; to nobody, when there was none or its target has lost it.

    A release that had written itself into the ledger when it is aborted is written out again: the ledger only grows.
    """
    target, champion = _text(undo, "target"), _text(undo, "champion")
    found = run.target(target).find(run.ref.service)
    if found is not None:
        traffic = Traffic.all_to(champion) if found.revision(champion) else NO_TRAFFIC
        splitting(run.target(target), run.ref.service).set_traffic(run.ref.service, traffic, fence=run.ref.fence)
    standing = ledger_of(run.workspace, run.ref.service).standing()
    if standing.champion and standing.champion.release_id == run.ref.release_id:
        _record(run, run.state(), Event.REVERTED)


def _undo_deployment(run: ReleaseRun, undo: Mapping[str, Plain]) -> None:
    target, revision_id = run.target(_text(undo, "target")), revision_id_of(run.ref.release_id)
    service = target.find(run.ref.service)
    if service is not None and {r.revision_id for r in service.revisions} <= {revision_id}:
        target.delete(run.ref.service, fence=run.ref.fence)
    else:
        target.delete_revision(run.ref.service, revision_id, fence=run.ref.fence)
    for model in _models(run):
        Registry(run.workspace).release_use(ModelRef.parse(model), service=run.ref.service, revision=revision_id)


def _undo_trial(run: ReleaseRun, undo: Mapping[str, Plain]) -> None:
    end_trial(run, _text(undo, "kind") or PROCESS)  # journals of before it was written knew one kind


_UNDO: Mapping[Step, Callable[[ReleaseRun, Mapping[str, Plain]], None]] = {
    Step.PROMOTE: _undo_promotion,
    Step.DEPLOY: _undo_deployment,
    Step.SMOKE: _undo_trial,
}


def _models(run: ReleaseRun) -> dict[str, str]:
    outcome = run.state().of(Step.REGISTER).outcome
    if outcome is None:
        return {}
    value = outcome["value"]
    assert isinstance(value, dict)
    ids, digests = decode(list[str], value["models"]), decode(list[str], value["digests"])
    return dict(zip(ids, digests, strict=True))


def _image_digest(run: ReleaseRun) -> str:
    outcome = run.state().of(Step.BUILD).outcome
    value = outcome["value"] if outcome else {}
    assert isinstance(value, dict)
    return _text(value, "digest")


def _record(run: ReleaseRun, state: ReleaseState, event: Event) -> None:
    run.check_fence()
    _, head = run.journal.head
    ledger_of(run.workspace, run.ref.service).append(
        LedgerEntry(
            event=event,
            release_id=run.ref.release_id,
            revision_id=revision_id_of(run.ref.release_id),
            target=_text(state.of(Step.DEPLOY).undo or {}, "target"),
            models=_models(run),
            image_digest=_image_digest(run),
            config_digest=config_digest(run.inputs),
            approver=run.inputs.requested_by,
            reason=state.reason,
            journal_head=head,
            at=run.now(),
        )
    )


def _text(data: Mapping[str, Plain], key: str) -> str:
    value = data.get(key)
    return value if isinstance(value, str) else ""
