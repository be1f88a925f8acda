"""shipway workspace check|create|copy: places that teams share."""

import secrets
from argparse import Namespace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from shipway.cli.context import Context
from shipway.cli.output import Column, moment, size, state_colour
from shipway.cli.parser import Parser
from shipway.errors import LeaseHeld, ReleaseError, StoreError

if TYPE_CHECKING:
    from shipway.store.copying import Progress
    from shipway.store.workspace import Workspace

_COLUMNS = (
    Column("what", "WHAT"),
    Column("state", "STATE", colour=state_colour),
    Column("took_ms", "TOOK", show=lambda ms: "" if ms is None else f"{ms:.0f} ms"),
    Column("found", "FOUND"),
)
_OVERWRITTEN = ("/aliases/", "/used-by/", "/flow-run.json", "/open-release.json", "modeldata/")
"""Parts of the keys of the few records that are not written once for all: docs/reference/workspace.md."""


def add_arguments(parser: Parser) -> None:
    check = parser.add_verb(
        "check", _check, "try out a place: reach, read, write, race to create, and how long each takes"
    )
    check.add_argument("url", metavar="URL", nargs="?", help="default: this workspace")
    create = parser.add_verb("create", _create, "make a workspace in a folder or a bucket that exists")
    create.add_argument("url", metavar="URL", help="a folder, s3://BUCKET/PREFIX, az://CONTAINER/PREFIX, gs://...")
    copy = parser.add_verb("copy", _copy, "copy all of a workspace to another place; safe to repeat")
    copy.add_argument("source", metavar="FROM", help="a workspace: a folder or a URL")
    copy.add_argument("to", metavar="TO", help="an empty place, or an earlier copy of FROM")


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


def _create(args: Namespace, context: Context) -> int:
    from shipway.store.workspace import create_workspace

    url, is_new = create_workspace(_typed_url(args.url, context))
    said = f"made workspace {url}" if is_new else f"{url} is a workspace already; nothing was changed"
    context.output.record({"workspace": url, "made": is_new}, [said])
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
