"""shipway gc: frees the disk of blobs, environments, bundles, locks and images that nothing needs; says what first."""

import shutil
from argparse import Namespace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from shipway.cli.context import Context
from shipway.cli.output import Column, moment, size, table
from shipway.cli.parser import Parser
from shipway.errors import LeaseHeld, ShipwayError

if TYPE_CHECKING:
    from shipway.cli.garbage import Garbage
    from shipway.store.workspace import Workspace

_ENGINE_TIMEOUT_S = 60.0
_COLUMNS = (Column("kind", "KIND"), Column("size_bytes", "SIZE", size), Column("name", "NAME"))


def add_arguments(parser: Parser) -> None:
    parser.add_argument("--yes", action="store_true", help="free it; without this, only say what would be freed")


def run(args: Namespace, context: Context) -> int:
    from shipway.cli.garbage import blob_garbage, machine_garbage, needed_here
    from shipway.cli.image_garbage import image_garbage

    workspace, now = context.workspace(), datetime.now(UTC)
    _refuse_while_held(workspace, now)
    garbage = [
        *machine_garbage(workspace, context.state(), now),
        *image_garbage(context.state(), needed_here(workspace, context.state()), now),
        *blob_garbage(workspace, now),
    ]
    if args.yes:
        _refuse_while_held(workspace, datetime.now(UTC))
        garbage = [item for item in garbage if _free(item, context)]
    rows = [{"kind": item.kind, "size_bytes": item.size_bytes, "name": item.name} for item in garbage]
    total = sum(item.size_bytes for item in garbage)
    young = "an hour" if workspace.objects.folder else "a day"
    context.output.record(
        {"freed": args.yes, "size_bytes": total, "items": rows}, _lines(rows, total, freed=args.yes, young=young)
    )
    return 0


def _lines(rows: list[dict[str, object]], total: int, *, freed: bool, young: str) -> list[str]:
    if not rows:
        return [f"nothing to free: everything is needed, or younger than {young}"]
    end = f"freed {size(total)}" if freed else f"{size(total)} can be freed with `shipway gc --yes`"
    return [*table(rows, _COLUMNS), "", end]


def _free(item: "Garbage", context: Context) -> bool:
    """Whether it is gone. What somebody has begun to use stays."""
    if item.kind == "image":
        return _free_image(item, context)
    if item.kind == "blob":
        context.workspace().blobs.delete(item.name)
    for path in item.paths:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    return True


def _free_image(item: "Garbage", context: Context) -> bool:
    from shipway.engine.connection import connect
    from shipway.image.container.kept_images import read_kept_image, remove_image

    (path,) = item.paths
    image = read_kept_image(path)
    try:
        engine = connect(timeout_s=_ENGINE_TIMEOUT_S)
    except ShipwayError as error:
        context.output.say(f"image {item.name} stays: {error}")
        return False
    try:
        return image is None or remove_image(engine, path, image)
    finally:
        engine.close()


def _refuse_while_held(workspace: "Workspace", now: datetime) -> None:
    from shipway.cli.garbage import held_leases

    for lease in held_leases(workspace, now):
        who = f"release {lease.holder.release_id} (process {lease.holder.pid} on {lease.holder.host})"
        service = lease.name.removeprefix("services/")
        raise LeaseHeld(
            f"{who} works on service {service} until {moment(lease.expires_at)} or longer; "
            "run `shipway gc` again when it has ended"
        )
