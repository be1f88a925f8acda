"""What a release did, for people: one value that the command line and the Prefect run page share."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from shipway.domain.image import Image
from shipway.domain.release import ReleasePhase
from shipway.domain.verdict import CheckResult, Measurement, Verdict
from shipway.release.inputs import read_inputs
from shipway.release.journal import journal_of, step_entries
from shipway.release.open_releases import lease_name
from shipway.release.outcomes import Promotion, Registered, SmokeResult, Verified
from shipway.release.steps import STORY, Kind, ReleaseState, Step, replay
from shipway.store.codec import decode
from shipway.store.lease import current
from shipway.store.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class StepReport:
    """`state` is waiting, begun, done, undone or not reached; `took_s` counts from the last intent to its outcome."""

    step: Step
    state: str
    attempts: int
    took_s: float | None


@dataclass(frozen=True, kw_only=True)
class ReleaseReport:
    """`checks` are all that were made, in order. `ended_at` is None while the release is open.

    `standing` is the phase in a word; for a release that is open and has no living holder `interrupted`, and
    `not begun` for one that was kept and never held. `models` are digests by `name:version`, and `image_digest` is
    empty, as long as there are none. `told` are lines about the environment: what was mended, which day, which Python.
    """

    release_id: str
    service: str
    phase: ReleasePhase
    standing: str
    reason: str
    requested_by: str
    requested_at: datetime
    ended_at: datetime | None
    steps: tuple[StepReport, ...]
    checks: tuple[CheckResult, ...]
    models: Mapping[str, str]
    image_digest: str
    told: tuple[str, ...] = ()


def report_of(workspace: Workspace, release_id: str, *, now: datetime) -> ReleaseReport:
    """Raises ReleaseNotFound; StoreCorrupt when the journal's chain is broken. `now` tells whose lease has run out."""
    inputs = read_inputs(workspace, release_id)
    entries = step_entries(journal_of(workspace, release_id))
    state = replay(entries)
    times = {(e.step, e.kind): e.at for e in entries}
    return ReleaseReport(
        release_id=release_id,
        service=inputs.service,
        phase=state.phase,
        standing=_standing(workspace, release_id, inputs.service, state, now),
        reason=state.reason,
        requested_by=inputs.requested_by,
        requested_at=inputs.requested_at,
        ended_at=times.get((Step.RELEASE, Kind.OUTCOME)),
        steps=tuple(_step(step, state, times) for step in STORY),
        checks=_checks(state),
        models=_models(state),
        image_digest=_image_digest(state),
        told=tuple(dict.fromkeys((*inputs.told, *_told_by_build(state)))),
    )


def release_ids(workspace: Workspace) -> tuple[str, ...]:
    return workspace.records.names("releases")


def verdict_rows(checks: tuple[CheckResult, ...]) -> list[dict[str, str]]:
    """A line for each measurement, and for each check without any: measured, champion, limit."""
    return [row for check in checks for row in _rows(check)]


def _rows(check: CheckResult) -> list[dict[str, str]]:
    base = {"check": check.name, "phase": check.phase.value}
    if not check.measurements:
        return [{**base, "measured": check.message, "champion": "", "limit": ""}]
    return [{**base, **_cells(measurement)} for measurement in check.measurements]


def _cells(measurement: Measurement) -> dict[str, str]:
    sign = "at least" if measurement.at_least else "at most"
    return {
        "measured": f"{measurement.name} {_number(measurement.value)} {measurement.unit}".strip(),
        "champion": ""
        if measurement.champion is None
        else f"{_number(measurement.champion)} {measurement.unit}".strip(),
        "limit": "" if measurement.limit is None else f"{sign} {_number(measurement.limit)} {measurement.unit}".strip(),
    }


def _number(value: float) -> str:
    return f"{value:.0f}" if value >= 100 or value == int(value) else f"{value:.2f}"


def _standing(workspace: Workspace, release_id: str, service: str, state: ReleaseState, now: datetime) -> str:
    if state.phase.ended:
        return state.phase.value
    held = current(workspace.records, lease_name(service), now=now)
    if held is not None and held.holder.release_id == release_id:
        return state.phase.value
    return "interrupted" if state.fence else "not begun"


def _step(step: Step, state: ReleaseState, times: dict[tuple[Step, Kind], datetime]) -> StepReport:
    record = state.of(step)
    began, ended = times.get((step, Kind.INTENT)), times.get((step, Kind.OUTCOME))
    took_s = (ended - began).total_seconds() if began and ended and ended >= began else None
    not_yet = "not reached" if state.phase.ended else "waiting"
    word = "undone" if record.undone else "done" if record.done else "begun" if record.intended else not_yet
    return StepReport(step=step, state=word, attempts=record.attempts, took_s=took_s)


def _checks(state: ReleaseState) -> tuple[CheckResult, ...]:
    verdicts = (
        _verdict(state, Step.SMOKE, SmokeResult),
        _verdict(state, Step.VERIFY, Verified),
        _verdict(state, Step.PROMOTE, Promotion),
    )
    return tuple(check for verdict in verdicts if verdict for check in verdict.checks)


def _models(state: ReleaseState) -> Mapping[str, str]:
    outcome = state.of(Step.REGISTER).outcome
    if outcome is None:
        return {}
    registered = decode(Registered, outcome["value"])
    return dict(zip(registered.models, registered.digests, strict=True))


def _told_by_build(state: ReleaseState) -> tuple[str, ...]:
    outcome = state.of(Step.BUILD).outcome
    return decode(Image, outcome["value"]).told if outcome else ()


def _image_digest(state: ReleaseState) -> str:
    outcome = state.of(Step.BUILD).outcome
    return decode(Image, outcome["value"]).digest if outcome else ""


def _verdict(
    state: ReleaseState, step: Step, kind: type[SmokeResult] | type[Verified] | type[Promotion]
) -> Verdict | None:
    outcome = state.of(step).outcome
    return decode(kind, outcome["value"]).verdict if outcome else None
