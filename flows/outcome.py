"""How the end of a run is told in Prefect: its state, in one line that says what to do next, and its page."""

from typing import Any

from prefect.artifacts import create_markdown_artifact
from prefect.client.schemas.objects import State
from prefect.states import Cancelled, Completed, Failed

from shipway.domain.release import ReleasePhase
from shipway.errors import ShipwayError
from shipway.release.log import log_path
from shipway.release.outcomes import Ending
from shipway.release.plan import Plan
from shipway.release.report import ReleaseReport, report_of, verdict_rows
from shipway.release.run import ReleaseRun
from shipway.tasks.policy import show

_CELL_LENGTH = 160


def final_state(run: ReleaseRun, ending: Ending, *, cancelled: bool) -> State[Any]:
    """Completed for a promotion; Failed or Cancelled otherwise, with the reason, the log and the next command."""
    report = report_of(run.workspace, ending.release_id, now=run.now())
    show(
        create_markdown_artifact,
        report_markdown(ending, report, workspace=run.workspace.url),
        key="release-report",
        description=f"Release {ending.release_id} of {ending.service}: {_word(ending)}",
    )
    if ending.phase is ReleasePhase.PROMOTED:
        return Completed(message=f"promoted: {ending.champion} answers at {ending.scoring_uri}", data=ending)
    message = (
        f"release {ending.release_id} {_word(ending)}: {ending.reason}; "
        f"log: {log_path(run.machine, ending.release_id)}; next: shipway release show {ending.release_id}"
    )
    return Cancelled(message=message, data=ending) if cancelled else Failed(message=message, data=ending)


def refused_state(error: ShipwayError) -> State[Any]:
    """Nothing was begun, and nothing is left."""
    return Failed(name="Refused", message=str(error))


def stopped_state(error: ShipwayError, release_id: str) -> State[Any]:
    """The release was begun and has not ended."""
    return Failed(
        name="Stopped",
        message=f"release {release_id} has not ended: {error}; the reconciliation goes on with it within a minute, "
        f"and so does Retry, or `shipway release resume {release_id}`",
    )


def skipped_state(why: str) -> State[Any]:
    """A run that had nothing left to do is no failure, and did nothing that could be called completed."""
    return Cancelled(name="Skipped", message=why)


def planned_state(plan: Plan) -> State[Any]:
    show(
        create_markdown_artifact, plan_markdown(plan), key="plan", description=f"What a release of {plan.service} does"
    )
    return Completed(
        message=f"dry run: nothing was kept or changed; the plan is in this run's artifact for {plan.service}"
    )


def report_markdown(ending: Ending, report: ReleaseReport, *, workspace: str) -> str:
    """For the run page. The exact rollback command stands in it."""
    lines = [
        f"# Release {ending.release_id} of {ending.service}: {_word(ending)}",
        "",
        *([f"> {ending.reason}", ""] if ending.reason else []),
        f"- in service now: `{ending.champion or 'nothing'}`",
        *([f"- scoring URI: `{ending.scoring_uri}`"] if ending.scoring_uri else []),
        f"- asked for by {report.requested_by}",
        *(f"- model `{model}`, digest `{digest}`" for model, digest in report.models.items()),
        *([f"- image digest `{report.image_digest}`"] if report.image_digest else []),
        *(f"- {line}" for line in report.told),
        "",
        *_way_back(ending, workspace),
        "| check | phase | measured | champion | limit |",
        "|---|---|---|---|---|",
        *(_line(row) for row in verdict_rows(report.checks)),
    ]
    return "\n".join(lines)


def plan_markdown(plan: Plan) -> str:
    lines = [
        f"# What a release of {plan.service} does",
        "",
        f"In service now: `{plan.champion or 'nothing'}`",
        "",
        *(f"1. **{step.step.value}**: {step.what}" for step in plan.steps),
        *(f"- not on {c.kind}: {'; '.join(c.faults)}" for c in plan.candidates if c.faults),
        *([f"- it would be refused: {plan.refusal}"] if plan.refusal else []),
    ]
    return "\n".join(lines)


def _way_back(ending: Ending, workspace: str) -> list[str]:
    if ending.phase is not ReleasePhase.PROMOTED:
        return []
    command = f"    shipway service rollback -n {ending.service} --workspace {workspace}"
    return ["To go back to the revision before:", "", command, ""]


def _word(ending: Ending) -> str:
    return ending.phase.value.replace("_", " ")


def _line(row: dict[str, str]) -> str:
    cells = (row[key].replace("|", "/")[:_CELL_LENGTH] for key in ("check", "phase", "measured", "champion", "limit"))
    return f"| {' | '.join(cells)} |"
