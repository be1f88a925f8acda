"""shipway service ...: what runs of a workspace on this machine's targets, with the flags of `az ml service`."""

import sys
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import HTTPError, URLError

from shipway.cli.context import Context
from shipway.cli.output import Column, fields, moment, state_colour, table
from shipway.cli.parser import Parser
from shipway.cli.services import SERVICE_COLUMNS, all_services, find_service, service_document
from shipway.domain.wording import counted
from shipway.errors import ConfigError, TargetUnavailable

if TYPE_CHECKING:
    from shipway.release.operations import Operator

_REVISION_COLUMNS = (
    Column("revision", "REVISION"),
    Column("weight", "WEIGHT", lambda weight: f"{weight} %"),
    Column("state", "STATE", colour=state_colour),
    Column("models", "MODELS", " ".join),
    Column("created_time", "CREATED", moment),
)

_RUN_TIMEOUT_S = 60.0
"""v1's scoring timeout."""


def add_arguments(parser: Parser) -> None:
    parser.add_verb("list", _list, "every service of this workspace on this machine")
    _name(parser.add_verb("show", _show, "one service and its revisions"))
    logs = _name(parser.add_verb("logs", _logs, "the last lines that a service logged", az="get-logs"))
    logs.add_argument(
        "-l", "--num_lines", "--tail", dest="tail", type=int, default=5000, metavar="N", help="default: 5000"
    )
    logs.add_argument("--revision", metavar="ID", help="of this revision only")
    ask = _name(parser.add_verb("run", _run, "send one request to a service and print its answer"))
    ask.add_argument("-d", "--input-data", required=True, metavar="BODY", help="text, @FILE, or @- for standard input")
    parser.add_verb("collect", _collect, "send the rows that services of this machine collected to a bucket workspace")
    _name(parser.add_verb("history", _history, "what a service's ledger says, oldest first"))
    back = _name(parser.add_verb("rollback", _rollback, "all traffic back to the revision before, at once"))
    away = _name(parser.add_verb("delete", _delete, "take a service away; its models stay registered"))
    away.add_argument(
        "--lost", action="store_true", help="its machine or engine is gone for good: write it off in the ledger"
    )
    for verb in (back, away):
        verb.add_argument("--reason", default="", metavar="TEXT", help="stands in the ledger")


def run(args: Namespace, context: Context) -> int:
    code: int = args.verb(args, context)
    return code


def _name(parser: Parser) -> Parser:
    parser.add_argument("-n", "--name", required=True)
    return parser


def _list(_args: Namespace, context: Context) -> int:
    services = [service_document(service) for service in all_services(context.targets(), context.output.say)]
    context.output.records(services, SERVICE_COLUMNS, empty="no service runs here; try `shipway release RELEASE.yaml`")
    return 0


def _show(args: Namespace, context: Context) -> int:
    _, service = find_service(context.targets(), args.name)
    document = service_document(service)
    head = {
        "service": service.name,
        "state": f"{service.status.state.value} ({service.status.native})",
        "message": service.status.message,
        "target": service.kind,
        "scoring uri": service.scoring_uri,
    }
    revisions = table(document["revisions"], _REVISION_COLUMNS) if document["revisions"] else ["no revision"]
    context.output.record(document, [*fields(head), "", *revisions])
    return 0


def _logs(args: Namespace, context: Context) -> int:
    target, service = find_service(context.targets(), args.name)
    lines = list(target.logs(service.name, revision_id=args.revision, tail=args.tail))
    context.output.record({"name": service.name, "lines": lines}, lines or ["it has logged nothing"])
    return 0


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


def _history(args: Namespace, context: Context) -> int:
    from shipway.cli.ledger_view import HISTORY_COLUMNS, history_documents
    from shipway.release.operations import history

    entries = history_documents(history(context.workspace(), args.name))
    context.output.records(entries, HISTORY_COLUMNS, empty="")
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
    from shipway.release.operations import retire

    done = retire(operator(context, "retire", args.reason), args.name, lost=args.lost)
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


def _run(args: Namespace, context: Context) -> int:
    _, service = find_service(context.targets(), args.name)
    status, body = _post(service.name, service.scoring_uri, _body(args.input_data))
    print(body)
    if status >= 400:
        context.output.say(
            f"shipway: error: service {service.name} answered {status}; see `shipway service logs -n {service.name}`"
        )
        return 1
    return 0


def _body(text: str) -> bytes:
    if not text.startswith("@"):
        return text.encode()
    if text == "@-":
        return sys.stdin.buffer.read()
    try:
        return Path(text[1:]).read_bytes()
    except OSError as error:
        raise ConfigError(f"--input-data {text}: {text[1:]} cannot be read: {error.strerror}") from error


def _post(name: str, uri: str, body: bytes) -> tuple[int, str]:
    """Status and text of the answer, whatever the status. No proxy: local services are on this machine."""
    from urllib.request import ProxyHandler, Request, build_opener

    request = Request(uri, data=body, headers={"Content-Type": "application/json"})  # noqa: S310 - the target's own URI
    try:
        with build_opener(ProxyHandler({})).open(request, timeout=_RUN_TIMEOUT_S) as response:
            return response.status, response.read().decode(errors="replace")
    except HTTPError as error:
        return error.code, error.read().decode(errors="replace")
    except (URLError, TimeoutError) as error:
        reason = getattr(error, "reason", error)
        raise TargetUnavailable(
            f"service {name} does not answer at {uri}: {reason}; see `shipway service show -n {name}`"
        ) from error
