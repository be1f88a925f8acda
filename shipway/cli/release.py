"""`shipway release RELEASE.yaml`, and what one can ask about releases afterwards."""

import getpass
import secrets
from argparse import Namespace
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shipway.cli.context import Context
from shipway.cli.output import Column, fields, moment, shortened, state_colour
from shipway.cli.parser import Parser
from shipway.errors import ConfigError, ReleaseEnded, ShipwayError

if TYPE_CHECKING:
    from shipway.release.begin import Asked, Prepared
    from shipway.release.outcomes import Ending
    from shipway.release.plan import Plan
    from shipway.release.report import ReleaseReport

DEFAULT_VERB = "start"


def add_arguments(parser: Parser) -> None:
    """`shipway release FILE` is `shipway release start FILE`."""
    start = parser.add_verb("start", _start, "release what a release file says (the verb may be left out)")
    start.add_argument("file", metavar="RELEASE.yaml", type=Path)
    start.add_argument("--dry-run", action="store_true", help="print the plan and do nothing")
    start.add_argument("--id", dest="release_id", help="the release's id; the same id again is the same release")
    start.add_argument("--target", metavar="KIND", help="where to, whatever the file says; see `shipway target list`")
    start.add_argument("--as-of", metavar="DATE", help="YYYY-MM-DD: the day whose versions unpinned packages get")
    start.add_argument("--relax", action="store_true", help="accept the proposed changes of pins that do not resolve")
    start.add_argument("--python", type=Path, metavar="PATH", help="the interpreter of the process target")
    parser.add_verb("list", _list, "every release of this workspace")
    for name, run, summary in (
        ("show", _show, "what a release did, step by step, and what its checks found"),
        ("resume", _resume, "go on with a release whose process died"),
        ("abort", _abort, "undo a release that has not ended"),
    ):
        parser.add_verb(name, run, summary).add_argument("release_id", metavar="ID")


def run(args: Namespace, context: Context) -> int:
    code: int = args.verb(args, context)
    return code


def _start(args: Namespace, context: Context) -> int:
    from shipway.domain.names import release_id_fault
    from shipway.release.begin import FileAsked

    asked = FileAsked(file=args.file, target=args.target, as_of=args.as_of, relax=args.relax, python=args.python)
    if args.release_id is not None and (fault := release_id_fault(args.release_id)):
        raise ConfigError(fault)
    prepared = prepare_and_tell(asked, context)
    if args.dry_run:
        print_plan(prepared.plan, context)
        return 0
    return _carry_out(context, _keep(prepared, context, args.release_id))


def begin(context: Context, file: Path, release_id: str | None = None, *, target: str | None = None) -> str:
    """Reads, checks, plans and keeps a release; returns its id. Nothing is begun, so that a refusal costs nothing."""
    from shipway.release.begin import FileAsked

    return _keep(prepare_and_tell(FileAsked(file=file, target=target), context), context, release_id)


def _keep(prepared: "Prepared", context: Context, release_id: str | None) -> str:
    """A plan that cannot be carried out is shown before it is refused."""
    from shipway.release.begin import keep
    from shipway.release.run import utc_now

    if prepared.refusal and not context.output.is_json:
        print_plan(prepared.plan, context)
    given = f"{prepared.config.service}-{secrets.token_hex(4)}" if release_id is None else release_id
    now = utc_now()
    kept = keep(prepared, context.workspace(), release_id=given, requested_by=getpass.getuser(), now=now)
    if kept.requested_at != now:
        context.output.say(
            f"warning: release {given} was asked for at {moment(kept.requested_at)}, and goes on with what its files "
            "said then; for what they say now, give another --id"
        )
    return given


def prepare_and_tell(asked: "Asked", context: Context) -> "Prepared":
    from shipway.machine.progress import telling
    from shipway.release.begin import prepare

    with telling(context.output.say, "shipway.release.mending"), telling(context.output.say, "shipway.image"):
        prepared = prepare(asked, context.workspace(), context.state())
    for warning in prepared.warnings:
        context.output.say(f"warning: {warning}")
    return prepared


def _resume(args: Namespace, context: Context) -> int:
    from shipway.release.open_releases import refuse_if_busy
    from shipway.release.run import utc_now

    report = _report(context, args.release_id)
    if report.phase.ended:
        context.output.say(f"release {args.release_id} has ended: nothing is left to go on with")
        return _print_ending(_told_again(context, args.release_id), context)
    refuse_if_busy(context.workspace(), report.service, besides=args.release_id, now=utc_now())
    return _carry_out(context, args.release_id)


def _carry_out(context: Context, release_id: str) -> int:
    return _print_ending(carry_out(context, release_id), context)


def carry_out(context: Context, release_id: str) -> "Ending":
    """Runs the flow of a release that is kept. One that is refused before it begins is forgotten again."""
    from shipway.cli.flow_run import run_release_flow
    from shipway.release.inputs import forget_unbegun
    from shipway.release.run import utc_now

    try:
        return run_release_flow(context, release_id)
    except ShipwayError:
        forget_unbegun(context.workspace(), release_id, now=utc_now())
        raise
    except KeyboardInterrupt:
        context.output.say(
            f"release {release_id} stands where it was interrupted: `shipway release resume {release_id}` goes on, "
            f"`shipway release abort {release_id}` undoes it"
        )
        raise


def _abort(args: Namespace, context: Context) -> int:
    from shipway.release.roll_back import roll_back
    from shipway.release.run import hold

    report = _report(context, args.release_id)
    if report.phase.ended:
        raise ReleaseEnded(
            f"release {args.release_id} has ended ({report.standing.replace('_', ' ')}), so there is nothing to abort; "
            f"to go back to the revision before: shipway service rollback -n {report.service}"
        )
    with hold(context.workspace(), args.release_id) as held:
        return _print_ending(roll_back(held, f"aborted by {getpass.getuser()}"), context, aborted=True)


def _report(context: Context, release_id: str) -> "ReleaseReport":
    from shipway.release.report import report_of
    from shipway.release.run import utc_now

    return report_of(context.workspace(), release_id, now=utc_now())


def _told_again(context: Context, release_id: str) -> "Ending":
    from shipway.release.roll_back import ending_of
    from shipway.release.run import hold

    with hold(context.workspace(), release_id) as held:
        return ending_of(held)


def _list(_: Namespace, context: Context) -> int:
    from shipway.release.report import release_ids

    workspace = context.workspace()
    reports = workspace.records.each(lambda release_id: _report(context, release_id), release_ids(workspace))
    reports.sort(key=lambda report: report.requested_at)
    columns = (
        Column("release", "RELEASE"),
        Column("service", "SERVICE"),
        Column("phase", "PHASE", colour=state_colour),
        Column("requested_at", "ASKED FOR", show=moment),
        Column("reason", "REASON", show=shortened),
    )
    context.output.records([_row(r) for r in reports], columns, empty="no release yet; try `shipway release FILE`")
    return 0


def _show(args: Namespace, context: Context) -> int:
    from shipway.release.log import log_path

    report = _report(context, args.release_id)
    document = _document(report) | {"log": str(log_path(context.state(), report.release_id))}
    context.output.record(document, _lines(report, document))
    return 0


def _row(report: "ReleaseReport") -> dict[str, Any]:
    return {
        "release": report.release_id,
        "service": report.service,
        "phase": report.standing,
        "requested_by": report.requested_by,
        "requested_at": report.requested_at,
        "ended_at": report.ended_at,
        "reason": report.reason,
    }


def _document(report: "ReleaseReport") -> dict[str, Any]:
    from shipway.release.report import verdict_rows

    steps = [{"step": s.step.value, "state": s.state, "attempts": s.attempts, "took_s": s.took_s} for s in report.steps]
    evidence = {check.name: list(check.evidence) for check in report.checks if check.evidence}
    return {
        **_row(report),
        "environment": list(report.told),
        "steps": steps,
        "checks": verdict_rows(report.checks),
        "evidence": evidence,
    }


def _lines(report: "ReleaseReport", document: Mapping[str, Any]) -> list[str]:
    from shipway.cli.output import table

    head = {
        "release": report.release_id,
        "service": report.service,
        "phase": report.standing,
        "reason": report.reason,
        "asked for": f"{moment(report.requested_at)} by {report.requested_by}",
        "ended": moment(report.ended_at) if report.ended_at else "",
        "log": document["log"],
    }
    steps = (
        Column("step", "STEP"),
        Column("state", "STATE"),
        Column("took_s", "SECONDS", show=lambda seconds: "" if seconds is None else f"{seconds:.1f}"),
    )
    checks = (
        Column("check", "CHECK"),
        Column("phase", "PHASE"),
        Column("measured", "MEASURED"),
        Column("champion", "CHAMPION"),
        Column("limit", "LIMIT"),
    )
    lines = [*fields(head), "", *table(document["steps"], steps)]
    if report.told:
        lines += ["", "environment:", *(f"  {line}" for line in report.told)]
    if document["checks"]:
        lines += ["", *table(document["checks"], checks)]
    for name, evidence in document["evidence"].items():
        lines += ["", f"{name}:", *(f"  {line}" for line in evidence)]
    return lines


def print_plan(planned: "Plan", context: Context) -> None:
    steps = [{"step": s.step.value, "what": s.what} for s in planned.steps]
    rejected = {c.kind: list(c.faults) for c in planned.candidates if c.faults}
    document = {
        "service": planned.service,
        "champion": planned.champion,
        "steps": steps,
        "rejected": rejected,
        "refusal": planned.refusal,
    }
    lines = [
        f"{planned.service}: in service now: {planned.champion or 'nothing'}",
        *(f"  {s.step:<16} {s.what}" for s in planned.steps),
        *(f"  not {kind}: {'; '.join(faults)}" for kind, faults in rejected.items()),
        *([f"  it would be refused: {planned.refusal}"] if planned.refusal else []),
    ]
    context.output.record(document, lines)


def _print_ending(ending: "Ending", context: Context, *, aborted: bool = False) -> int:
    from shipway.domain.release import ReleasePhase

    context.output.record(ending_document(ending, context), ending_lines(ending, context))
    return 0 if ending.phase is ReleasePhase.PROMOTED or aborted else 1


def ending_document(ending: "Ending", context: Context) -> dict[str, Any]:
    from shipway.release.log import log_path

    return {
        "release": ending.release_id,
        "service": ending.service,
        "phase": ending.phase.value,
        "reason": ending.reason,
        "champion": ending.champion,
        "scoring_uri": ending.scoring_uri,
        "log": str(log_path(context.state(), ending.release_id)),
    }


def ending_lines(ending: "Ending", context: Context) -> list[str]:
    from shipway.domain.release import ReleasePhase

    shown = {key: str(value) for key, value in ending_document(ending, context).items() if value}
    after = [] if ending.phase is ReleasePhase.PROMOTED else [f"next: shipway release show {ending.release_id}"]
    return [*fields(shown), *after]
