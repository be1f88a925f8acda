"""What Prefect and the workspace know of each other: a release's flow run, and how its end is told on the run page."""

from typing import Any

from prefect import runtime
from prefect.artifacts import create_markdown_artifact
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from shipway.domain.release import ReleasePhase
from shipway.release.outcomes import Ending
from shipway.release.report import ReleaseReport, verdict_rows
from shipway.store.workspace import Workspace
from shipway.tasks.policy import show

_CELL_LENGTH = 160


def remember_flow_run(workspace: Workspace, release_id: str) -> None:
    """So that a resume can mark the flow run of a killed process, which Prefect shows as running for ever."""
    workspace.records.put(f"releases/{release_id}/flow-run", {"flow_run_id": str(runtime.flow_run.id)})


def final_state(ending: Ending, report: ReleaseReport, log_path: str) -> State[Any]:
    """Completed for a promotion; Failed otherwise, with the reason, the log and the command to type next."""
    show(
        create_markdown_artifact,
        report_markdown(ending, report),
        key="release-report",
        description=f"Release {ending.release_id}",
    )
    if ending.phase is ReleasePhase.PROMOTED:
        message = f"promoted: {ending.champion} answers at {ending.scoring_uri}"
        return Completed(message=message, data=ending)
    word = ending.phase.value.replace("_", " ")
    message = (
        f"release {ending.release_id} {word}: {ending.reason}; log: {log_path}; "
        f"next: shipway release show {ending.release_id}"
    )
    return Failed(message=message, data=ending)


def report_markdown(ending: Ending, report: ReleaseReport) -> str:
    """For the run page. The exact rollback command stands in it."""
    lines = [
        f"# Release {ending.release_id}: {ending.phase.value.replace('_', ' ')}",
        *([f"> {ending.reason}"] if ending.reason else []),
        f"- service `{ending.service}`, in service now: `{ending.champion or 'nothing'}`",
        *([f"- scoring URI `{ending.scoring_uri}`"] if ending.scoring_uri else []),
        f"- asked for by {report.requested_by}",
        f"- to go back to the revision before: `shipway service rollback -n {ending.service}`",
        "",
        "| check | phase | measured | champion | limit |",
        "|---|---|---|---|---|",
        *(_line(row) for row in verdict_rows(report.checks)),
    ]
    return "\n".join(lines)


def _line(row: dict[str, str]) -> str:
    cells = (row[key].replace("|", "/")[:_CELL_LENGTH] for key in ("check", "phase", "measured", "champion", "limit"))
    return f"| {' | '.join(cells)} |"
