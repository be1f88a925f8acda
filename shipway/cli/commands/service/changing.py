"""shipway service rollback, delete, collect: what an operator does beside a release."""

from argparse import Namespace
from typing import TYPE_CHECKING

from shipway.cli.commands.service.names import add_name
from shipway.cli.context import Context
from shipway.cli.output import fields
from shipway.cli.parser import Parser
from shipway.domain.wording import counted

if TYPE_CHECKING:
    from shipway.release.operations import Operator


def add_arguments(parser: Parser) -> None:
    parser.add_verb("collect", _collect, "send the rows that services of this machine collected to a bucket workspace")
    back = add_name(parser.add_verb("rollback", _rollback, "all traffic back to the revision before, at once"))
    away = add_name(parser.add_verb("delete", _delete, "take a service away; its models stay registered"))
    away.add_argument(
        "--lost", action="store_true", help="its machine or engine is gone for good: write it off in the ledger"
    )
    for verb in (back, away):
        verb.add_argument("--reason", default="", metavar="TEXT", help="stands in the ledger")


def _collect(_args: Namespace, context: Context) -> int:
    import platform

    from shipway.release.collected import collect_rows

    done = collect_rows(context.workspace(), context.state(), machine=platform.node())
    text = f"{counted(len(done.sent), 'file')} sent, {done.unchanged} without anything new"
    where = context.workspace_folder
    if where is not None:
        text = f"nothing to send: the workspace is a folder, and rows are written to {where / 'modeldata'}"
    context.output.record({"sent": list(done.sent), "unchanged": done.unchanged}, [text, *done.sent])
    return 0


def _rollback(args: Namespace, context: Context) -> int:
    from shipway.release.operations import revert

    done = revert(operator(context, "rollback", args.reason), args.name)
    document = {
        "name": done.service,
        "from_revision": done.from_revision,
        "to_revision": done.to_revision,
        "scoring_uri": done.scoring_uri,
    }
    context.output.record(document, fields(document))
    return 0


def _delete(args: Namespace, context: Context) -> int:
    from shipway.release.details import forget_details
    from shipway.release.operations import retire

    done = retire(operator(context, "retire", args.reason), args.name, lost=args.lost)
    forget_details(context.workspace(), done.service)
    text = f"service {done.service} is gone, with {counted(len(done.revisions), 'revision')}"
    left = [f"what could not be reached may be left: {each}" for each in done.left]
    if done.unfinished:
        left.append(
            f"its release {done.unfinished} has not ended: undo it with `shipway release abort {done.unfinished}`"
        )
    document = {"name": done.service, "revisions": list(done.revisions), "may_be_left": list(done.left)}
    context.output.record(document, [text, *left])
    return 0


def operator(context: Context, act: str, reason: str) -> "Operator":
    """Without Prefect: this has to work in an incident, when the server is down too."""
    import getpass
    import secrets

    from shipway.release.operations import Operator

    return Operator(
        workspace=context.workspace(),
        operation_id=f"{act}-{secrets.token_hex(4)}",
        approver=getpass.getuser(),
        reason=reason,
    )
