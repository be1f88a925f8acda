"""shipway ledger ...: which model served at a moment, and whether anybody has changed what is written."""

from argparse import Namespace
from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from shipway.cli.context import Context
from shipway.cli.output import Column, moment, state_colour
from shipway.cli.parser import Parser
from shipway.errors import ConfigError, ReleaseNotFound, StoreCorrupt

if TYPE_CHECKING:
    from shipway.release.ledger import LedgerEntry
    from shipway.store.workspace import Workspace

_COLUMNS = (
    Column("service", "SERVICE"),
    Column("state", "STATE", colour=state_colour),
    Column("entries", "ENTRIES"),
    Column("head", "HEAD", lambda digest: digest[:16]),
    Column("fault", "FAULT", lambda fault: fault or ""),
)


def add_arguments(parser: Parser) -> None:
    at = parser.add_verb("at", _at, "which model, image and config served a service at a moment, and who approved it")
    at.add_argument("service", metavar="SERVICE")
    at.add_argument("time", metavar="TIME", help="such as 2026-07-01T12:00:00Z, or now")
    verify = parser.add_verb("verify", _verify, "check that nobody has changed, removed or cut off history")
    verify.add_argument("services", metavar="SERVICE", nargs="*", help="default: all")


def run(args: Namespace, context: Context) -> int:
    code: int = args.verb(args, context)
    return code


def _at(args: Namespace, context: Context) -> int:
    from shipway.cli.ledger_view import served_document, served_lines
    from shipway.release.operations import served_at

    asked = moment_of(args.time, now=datetime.now(UTC))
    served = served_at(context.workspace(), args.service, asked)
    document = {"service": args.service, "at": asked, "entry": served_document(served) if served else None}
    nothing = [f"nothing served {args.service} at {moment(asked)}"]
    context.output.record(document, served_lines(served) if served else nothing)
    return 0


def moment_of(text: str, *, now: datetime) -> datetime:
    """Raises ConfigError for text that is no time, or has no zone."""
    if text == "now":
        return now
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigError(f"{text!r} is not a time; write it as 2026-07-01T12:00:00Z, or now") from None
    if at.tzinfo is None:
        raise ConfigError(f"{text!r} says no time zone; add Z for UTC, or such as +02:00")
    return at


def _verify(args: Namespace, context: Context) -> int:
    from shipway.release.ledger import services_of
    from shipway.release.operations import history

    workspace = context.workspace()
    ended = _ended_releases(workspace)
    known = {*services_of(workspace), *ended}
    for unknown in set(args.services) - known:
        history(workspace, unknown)  # says which services there are
    records = [_verified(workspace, service, ended.get(service, ())) for service in args.services or sorted(known)]
    context.output.records(records, _COLUMNS, empty="no service has a ledger yet")
    return 1 if any(record["fault"] for record in records) else 0


def _verified(workspace: "Workspace", service: str, ended: Collection[str]) -> dict[str, Any]:
    from shipway.release.ledger import ledger_of

    ledger = ledger_of(workspace, service)
    record: dict[str, Any] = {"service": service, "state": "ok", "entries": 0, "head": "", "fault": None}
    try:
        entries = ledger.entries()
        record |= {"entries": len(entries), "head": ledger.journal.head[1]}
        _verify_entries(workspace, entries)
        _verify_end(service, entries, ended)
    except StoreCorrupt as error:
        record |= {"state": "broken", "fault": str(error)}
    return record


def _verify_entries(workspace: "Workspace", entries: "Iterable[LedgerEntry]") -> None:
    """Each release's journal must still have the head that the ledger noted: its end cannot be cut off unseen."""
    from shipway.release.journal import journal_of
    from shipway.release.ledger import Event

    journalled = [e for e in entries if e.event not in {Event.REVERTED, Event.RETIRED}]  # may be acts without a journal
    workspace.records.each(lambda e: journal_of(workspace, e.release_id).verify(e.journal_head), journalled)


def _verify_end(service: str, entries: "Iterable[LedgerEntry]", ended: Collection[str]) -> None:
    lost = set(ended) - {entry.release_id for entry in entries}
    if lost:
        names = ", ".join(sorted(lost))
        raise StoreCorrupt(f"the ledger of {service} has lost its end: these releases ended and are not in it: {names}")


def _ended_releases(workspace: "Workspace") -> dict[str, list[str]]:
    """By service. A release is in the ledger before it ends, so one that is not shows that the ledger was cut short."""
    from shipway.release.inputs import read_inputs
    from shipway.release.journal import journal_of, step_entries
    from shipway.release.report import release_ids
    from shipway.release.steps import replay

    def ended_of(release_id: str) -> str | None:
        try:
            service = read_inputs(workspace, release_id).service
            phase = replay(step_entries(journal_of(workspace, release_id))).phase
        except (ReleaseNotFound, StoreCorrupt):  # never begun; or what the ledger notes of it will not be found
            return None
        return service if phase.ended else None

    ids = release_ids(workspace)
    ended: dict[str, list[str]] = {}
    for release_id, service in zip(ids, workspace.records.each(ended_of, ids), strict=True):
        if service is not None:
            ended.setdefault(service, []).append(release_id)
    return ended
