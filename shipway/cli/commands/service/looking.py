"""shipway service list, show, logs, history: nothing is changed here."""

from argparse import ArgumentTypeError, Namespace
from collections.abc import Mapping, Sequence
from typing import Any

from shipway.cli.commands.service.names import add_name
from shipway.cli.context import Context
from shipway.cli.output import Column, fields, mapping, moment, state_colour, table
from shipway.cli.parser import Parser
from shipway.cli.services import (
    SERVICE_COLUMNS,
    all_services,
    compute_type_of,
    image_digests_of,
    model_ids_of,
    service_document,
)
from shipway.cli.services_told import complete_document, failed_release_of, release_log, service_of, told_of_failure
from shipway.domain.service import Service
from shipway.errors import ServiceNotFound, TargetError

_REVISION_COLUMNS = (
    Column("revision", "REVISION"),
    Column("weight", "WEIGHT", lambda weight: f"{weight} %"),
    Column("state", "STATE", colour=state_colour),
    Column("models", "MODELS", " ".join),
    Column("created_time", "CREATED", moment),
)

_COMPUTE_TYPES = ("local", "aci", "aks", "aksendpoint", "iot", "mir")
"""v1's (contract 13.2), and local, which v1 listed only by the SDK."""


def add_arguments(parser: Parser) -> None:
    find = parser.add_verb("list", _list, "every service of this workspace on this machine")
    find.add_argument(
        "-c", "--compute-type", type=_compute_type, metavar="TYPE", help="local, ACI, AKS, or one of our targets"
    )
    find.add_argument("--model-id", metavar="ID", help="that serve this model version, NAME:VERSION")
    find.add_argument("--model-name", metavar="NAME", help="that serve a version of this model")
    find.add_argument("--image-digest", metavar="DIGEST", help="that run this image")
    for what in ("tag", "property"):
        find.add_argument(
            f"--{what}", action="append", default=[], metavar="KEY[=VALUE]", help=f"with this {what}; repeatable"
        )
    add_name(parser.add_verb("show", _show, "one service and its revisions"))
    logs = add_name(parser.add_verb("logs", _logs, "the last lines that a service logged", az="get-logs"))
    logs.add_argument(
        "-l", "--num_lines", "--tail", dest="tail", type=_line_count, default=5000, metavar="N", help="default: 5000"
    )
    logs.add_argument("-i", "--init", action="store_true", help="v1's start-up container: here the log has it all")
    logs.add_argument("--revision", metavar="ID", help="of this revision only")
    add_name(parser.add_verb("history", _history, "what a service's ledger says, oldest first"))


def _compute_type(text: str) -> str:
    from shipway.targets.base import known_kinds

    known = [*_COMPUTE_TYPES, *known_kinds()]
    if text.lower() not in known:
        raise ArgumentTypeError(f"expected {', '.join(known[:-1])} or {known[-1]}, not {text!r}")
    return text.lower()


def _line_count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"expected a number of lines, 1 or more, not {text!r}")
    return int(text)


def _list(args: Namespace, context: Context) -> int:
    found = [service for service in all_services(context.targets(), context.output.say) if _is_asked_for(service, args)]
    if args.tag or args.property or context.output.is_json:
        documents = [complete_document(service, context) for service in found]
        documents = [d for d in documents if _has(d, "tags", args.tag) and _has(d, "properties", args.property)]
    else:
        documents = [service_document(service) for service in found]
    asked = any((args.compute_type, args.model_id, args.model_name, args.image_digest, args.tag, args.property))
    nothing = "no service is like that" if asked else "no service runs here; try `shipway release RELEASE.yaml`"
    context.output.records(documents, SERVICE_COLUMNS, empty=nothing)
    return 0


def _is_asked_for(service: Service, args: Namespace) -> bool:
    models = model_ids_of(service)
    return (
        args.compute_type in {None, service.kind, compute_type_of(service).lower()}
        and (args.model_id is None or args.model_id in models)
        and (args.model_name is None or args.model_name in {model.rpartition(":")[0] for model in models})
        and (args.image_digest is None or args.image_digest in image_digests_of(service))
    )


def _has(document: Mapping[str, Any], key: str, wanted: Sequence[str]) -> bool:
    """Each of `wanted` is a key, or a key and its value: KEY=VALUE."""
    return all(_matches(document[key], text) for text in wanted)


def _matches(values: Mapping[str, str], text: str) -> bool:
    key, equals, value = text.partition("=")
    return key in values and (not equals or values[key] == value)


def _show(args: Namespace, context: Context) -> int:
    _, service = service_of(context, args.name)
    document = complete_document(service, context)
    head = {
        "service": service.name,
        "description": document["description"],
        "state": f"{service.status.state.value} ({service.status.native})",
        "message": service.status.message,
        "target": service.kind,
        "scoring uri": service.scoring_uri,
        "tags": mapping(document["tags"]),
        "properties": mapping(document["properties"]),
    }
    revisions = table(document["revisions"], _REVISION_COLUMNS) if document["revisions"] else ["no revision"]
    context.output.record(document, [*fields(head), "", *revisions])
    return 0


def _logs(args: Namespace, context: Context) -> int:
    try:
        target, service = service_of(context, args.name)
    except ServiceNotFound:
        if args.revision is not None or not _print_log_of_failure(args, context):
            raise
        return 0
    revisions = [revision.revision_id for revision in service.revisions]
    if args.revision is not None and args.revision not in revisions:
        raise TargetError(
            f"service {service.name} has no revision {args.revision!r}; revisions: {', '.join(revisions) or 'none'}"
        )
    if args.init:
        context.output.say(f"shipway: {service.name} has no container for its start: what init() said is in its log")
    lines = list(target.logs(service.name, revision_id=args.revision, tail=args.tail))
    context.output.record({"name": service.name, "lines": lines}, lines or ["it has logged nothing"])
    return 0


def _print_log_of_failure(args: Namespace, context: Context) -> bool:
    """As v1 showed a failed service's. What a refused release started is gone, and the end of its log is in the
    release's. False when there is none on this machine."""
    failed = failed_release_of(context, args.name)
    lines = release_log(context, failed.release_id)[-args.tail :] if failed else []
    if not failed or not lines:
        return False
    context.output.say(f"shipway: service {args.name} is not up; {told_of_failure(failed)}; this is the release's log")
    context.output.record({"name": args.name, "lines": lines}, lines)
    return True


def _history(args: Namespace, context: Context) -> int:
    from shipway.cli.ledger_view import HISTORY_COLUMNS, history_documents
    from shipway.release.operations import history

    entries = history_documents(history(context.workspace(), args.name))
    context.output.records(entries, HISTORY_COLUMNS, empty="")
    return 0
