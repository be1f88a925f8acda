"""shipway workspace check, create, copy: places that teams share; list, show, attach: v1's names of them."""

import secrets
from argparse import Namespace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from shipway.cli.context import Context
from shipway.cli.output import Column, fields, moment, size, state_colour
from shipway.cli.parser import Parser
from shipway.errors import ConfigError, LeaseHeld, ReleaseError, StoreError

if TYPE_CHECKING:
    from shipway.azureml._places import Known
    from shipway.store.copying import Progress
    from shipway.store.workspace import Workspace

_COLUMNS = (
    Column("what", "WHAT"),
    Column("state", "STATE", colour=state_colour),
    Column("took_ms", "TOOK", show=lambda ms: "" if ms is None else f"{ms:.0f} ms"),
    Column("found", "FOUND"),
)
_NAMED_COLUMNS = (
    Column("workspace_name", "WORKSPACE"),
    Column("resource_group", "RESOURCE GROUP"),
    Column("subscription_id", "SUBSCRIPTION"),
    Column("location", "LOCATION"),
    Column("url", "WHERE IT IS"),
)
_OVERWRITTEN = (
    "/aliases/", "/used-by/", "/flow-run.json", "/open-release.json", "/details.json", "/forgotten.json", "modeldata/",
)  # fmt: skip
"""Parts of the keys of the few records that are not written once for all: docs/reference/workspace.md."""


def add_arguments(parser: Parser) -> None:
    check = parser.add_verb(
        "check", _check, "try out a place: reach, read, write, race to create, and how long each takes"
    )
    check.add_argument("url", metavar="URL", nargs="?", help="default: this workspace")
    create = parser.add_verb("create", _create, "make a workspace in a folder or a bucket that exists")
    create.add_argument(
        "url",
        metavar="URL",
        nargs="?",
        help="a folder, s3://BUCKET/PREFIX, az://CONTAINER/PREFIX, gs://...; default with -w: the workspace "
        "that is near, else .shipway here",
    )
    create.add_argument("-l", "--location", default="", metavar="REGION", help="v1's region: kept, and decides nothing")
    create.add_argument("--exist-ok", action="store_true", help="names that have a workspace already are no error")
    _add_names(create)
    create.set_defaults(parser=create)
    copy = parser.add_verb("copy", _copy, "copy all of a workspace to another place; safe to repeat")
    copy.add_argument("source", metavar="FROM", help="a workspace: a folder or a URL")
    copy.add_argument("to", metavar="TO", help="an empty place, or an earlier copy of FROM")
    found = parser.add_verb("list", _list, "the workspaces that have v1's names on this machine")
    found.add_argument("-g", "--resource-group", metavar="NAME", help="those of this resource group")
    found.add_argument("--subscription-id", metavar="ID", help="those of this subscription")
    _add_names(parser.add_verb("show", _show, "which workspace v1's names mean here, and where it is"))
    attach = parser.add_verb("attach", _attach, "give a workspace the names that it had in v1, on this machine")
    attach.add_argument("url", metavar="URL", nargs="?", help="default: this workspace")
    _add_names(attach, required=True)


def _add_names(verb: Parser, *, required: bool = False) -> None:
    verb.add_argument("-w", "--workspace-name", required=required, metavar="NAME", help="v1's name of the workspace")
    verb.add_argument("-g", "--resource-group", default="", metavar="NAME", help="v1's resource group of it")
    verb.add_argument("--subscription-id", default="", metavar="ID", help="v1's subscription of it")


def run(args: Namespace, context: Context) -> int:
    code: int = args.verb(args, context)
    return code


def _check(args: Namespace, context: Context) -> int:
    from shipway.store.finding import normal_workspace_url
    from shipway.store.probing import probe
    from shipway.store.workspace import open_objects

    url = normal_workspace_url(args.url, context.folder) if args.url else context.workspace_url
    _, objects = open_objects(url)
    rows = [
        {"what": tried.what, "state": "ok" if tried.good else "failed", "took_ms": tried.took_ms, "found": tried.found}
        for tried in probe(objects, secrets.token_hex(8))
    ]
    if all(row["state"] == "ok" for row in rows):
        rows.append(_is_workspace(url))
    context.output.records(rows, _COLUMNS, empty="")
    return 0 if all(row["state"] == "ok" for row in rows) else 1


def _is_workspace(url: str) -> dict[str, Any]:
    from shipway.store.workspace import open_workspace

    try:
        workspace = open_workspace(url)
        models, services = (len(workspace.records.names(prefix)) for prefix in ("models", "services"))
    except StoreError as error:
        return {"what": "workspace", "state": "failed", "took_ms": None, "found": str(error)}
    found = f"format {workspace.format}; models: {models}, services: {services}"
    return {"what": "workspace", "state": "ok", "took_ms": None, "found": found}


def _list(args: Namespace, context: Context) -> int:
    from shipway.azureml._places import known_workspaces

    known = known_workspaces(resource_group=args.resource_group, subscription_id=args.subscription_id)
    rows = [named_document(each) for each in known]
    asked = args.resource_group or args.subscription_id
    nothing = "no workspace has such names here" if asked else "no workspace has names of v1's here"
    context.output.records(
        rows, _NAMED_COLUMNS, empty=f"{nothing}; give it some with `shipway workspace attach -w NAME -g GROUP [URL]`"
    )
    return 0


def _show(args: Namespace, context: Context) -> int:
    known = _known(args) if args.workspace_name else _of_this_folder(context)
    document = {"workspace_name": "", "resource_group": "", "subscription_id": "", "location": "", "url": ""}
    document |= named_document(known) if known else {"url": context.workspace_url}
    context.output.record(document, fields({key.replace("_", " "): value for key, value in document.items()}))
    return 0


def _known(args: Namespace) -> "Known":
    """The one that the flags name. Raises ConfigError when they name none, or several."""
    from shipway.azureml._places import known_workspaces

    found = known_workspaces(
        name=args.workspace_name,
        resource_group=args.resource_group or None,
        subscription_id=args.subscription_id or None,
    )
    if len(found) == 1:
        return found[0]
    if found:
        choices = ", ".join(known.names.flags for known in found)
        raise ConfigError(f"-w {args.workspace_name}: means several workspaces here: {choices}; say which")
    raise ConfigError(
        f"-w {args.workspace_name}: no workspace has that name here; give it to one with "
        f"`shipway workspace attach -w {args.workspace_name} -g GROUP [URL]`"
    )


def _of_this_folder(context: Context) -> "Known | None":
    """By the names that its `.azureml/config.json` has, or by any that were given to the workspace that is near."""
    from shipway.azureml._places import config_file, find_known, known_workspaces, names_in

    path = config_file(context.folder)
    if path is not None and (known := find_known(names_in(path))) is not None:
        return known
    return next((known for known in known_workspaces() if known.url == context.workspace_url), None)


def _attach(args: Namespace, context: Context) -> int:
    known = attach(args, context, args.url)
    said = f"{known.names.workspace_name} of resource group {known.names.resource_group or '(none)'} is {known.url}"
    context.output.record(named_document(known), [said])
    return 0


def attach(args: Namespace, context: Context, url: str | None = None, *, location: str = "") -> "Known":
    """Gives the names of -w, -g and --subscription-id to a workspace, by default to this one. Raises StoreError."""
    from shipway.azureml._places import Known, Names, remember
    from shipway.store.finding import normal_workspace_url
    from shipway.store.workspace import open_workspace

    found = normal_workspace_url(url, context.folder) if url else context.workspace_url
    names = Names(
        subscription_id=args.subscription_id, resource_group=args.resource_group, workspace_name=args.workspace_name
    )
    known = Known(names=names, url=open_workspace(found).url, location=location)
    remember(known)
    return known


def named_document(known: "Known") -> dict[str, Any]:
    return {
        "workspace_name": known.names.workspace_name,
        "resource_group": known.names.resource_group,
        "subscription_id": known.names.subscription_id,
        "location": known.location,
        "url": known.url,
    }


def _create(args: Namespace, context: Context) -> int:
    if args.workspace_name is not None:
        return _create_named(args, context)
    if args.url is None:
        args.parser.error("give the URL of the place, or v1's names with -w and -g")
    from shipway.store.workspace import create_workspace

    url, is_new = create_workspace(_typed_url(args.url, context))
    said = f"made workspace {url}" if is_new else f"{url} is a workspace already; nothing was changed"
    context.output.record({"workspace": url, "made": is_new}, [said])
    return 0


def _create_named(args: Namespace, context: Context) -> int:
    """As `az ml workspace create -w -g`."""
    from shipway.azureml._places import Names, find_known, workspace_here
    from shipway.store.workspace import create_workspace

    names = Names(
        subscription_id=args.subscription_id, resource_group=args.resource_group, workspace_name=args.workspace_name
    )
    known = find_known(names)
    if known is not None and not args.exist_ok:
        raise ConfigError(
            f"-w {names.workspace_name}: a workspace has that name already, {known.url}; add --exist-ok, or give it to "
            f"another with `shipway workspace attach {names.flags} URL`"
        )
    if known is None:
        url = create_workspace(_typed_url(args.url, context))[0] if args.url else workspace_here(context.folder)
        known = attach(args, context, url, location=args.location)
    said = f"{names.workspace_name} of resource group {names.resource_group or '(none)'} is {known.url}"
    context.output.record(named_document(known), [said])
    return 0


def _copy(args: Namespace, context: Context) -> int:
    from shipway.store.copying import copy_objects
    from shipway.store.finding import normal_workspace_url
    from shipway.store.workspace import normal_url, open_objects, open_workspace

    source = open_workspace(normal_workspace_url(args.source, context.folder))
    _refuse_while_used(source)
    _refuse_within(source, normal_url(_typed_url(args.to, context)))
    url, to = open_objects(_typed_url(args.to, context), create=True)
    if to.stat("workspace.json") is not None:
        _refuse_while_used(open_workspace(url))
    copied = copy_objects(source.objects, to, may_change=may_change, tell=_Teller(context).tell)
    lines = [
        f"copied {copied.objects} objects, {size(copied.size_bytes)}, to {url}"
        + (f"; {copied.already_there} were there already" if copied.already_there else "")
    ]
    document = {
        "from": source.url,
        "workspace": url,
        "objects": copied.objects,
        "size_bytes": copied.size_bytes,
        "already_there": copied.already_there,
    }
    context.output.record(document, lines)
    return 0


def may_change(key: str) -> bool:
    """Whether the object of this key may be overwritten or removed in the life of a workspace."""
    return any(part in key for part in _OVERWRITTEN)


def _typed_url(text: str, context: Context) -> str:
    """Of a place that need not exist; a folder is below the one where the command was typed."""
    from shipway.store.urls import is_remote

    return text if is_remote(text) or "://" in text else str(context.folder / text)


def _refuse_within(source: "Workspace", url: str) -> None:
    """A workspace that holds its copy would change while it is copied."""
    if url == source.url:
        raise StoreError(f"{url} cannot be copied to itself; give another place")
    if url.startswith(f"{source.url}/"):
        raise StoreError(f"{source.url} cannot be copied into itself, to {url}; give a place outside")


def _refuse_while_used(workspace: "Workspace") -> None:
    """Raises LeaseHeld or ReleaseError: a copy of a release under way would be released from two places."""
    from shipway.cli.garbage import held_leases
    from shipway.release.open_releases import open_release

    for lease in held_leases(workspace, datetime.now(UTC)):
        raise LeaseHeld(
            f"release {lease.holder.release_id} (process {lease.holder.pid} on {lease.holder.host}) works in "
            f"{workspace.url} until {moment(lease.expires_at)} or longer; copy it when it has ended"
        )
    for service in workspace.records.names("services"):
        if release := open_release(workspace, service):
            raise ReleaseError(
                f"release {release} of service {service} in {workspace.url} has not ended; first finish it with "
                f"`shipway release resume {release}`, or undo it with `shipway release abort {release}`"
            )


class _Teller:
    """A line at every tenth of the way, and none for what takes no time."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._told = 0

    def tell(self, progress: "Progress") -> None:
        done = progress.size_bytes + progress.objects
        tenths = 10 * done // (progress.of_size_bytes + progress.of_objects)
        if self._told < tenths < 10:
            self._told = tenths
            self._context.output.say(
                f"{tenths}0 %: {progress.objects} of {progress.of_objects} objects, "
                f"{size(progress.size_bytes)} of {size(progress.of_size_bytes)}"
            )
