"""shipway target list: where services can run, what each can do there, and what keeps it from being used now."""

from argparse import Namespace
from typing import TYPE_CHECKING, Any

from shipway.cli.context import Context
from shipway.cli.output import Column
from shipway.cli.parser import Parser

if TYPE_CHECKING:
    from shipway.targets.base import Target

_ABILITIES = Column("abilities", "CAN", ", ".join)
_COLUMNS = (
    Column("kind", "TARGET"),
    _ABILITIES,
    Column("services", "SERVICES", lambda count: str(count or "none")),
    Column("away", "NOT THERE BECAUSE", lambda reason: reason or "-"),
)


def add_arguments(parser: Parser) -> None:
    parser.add_verb("list", _list, "every target, what it can do, and under NOT THERE BECAUSE what keeps it away")


def run(args: Namespace, context: Context) -> int:
    code: int = args.verb(args, context)
    return code


def _list(_args: Namespace, context: Context) -> int:
    records = [_document(target, context) for target in context.targets()]
    context.output.records(records, _COLUMNS, empty="no target can run here")
    return 0


def _document(target: "Target", context: Context) -> dict[str, Any]:
    from shipway.errors import TargetUnavailable
    from shipway.targets.base import MayBeAway, Mirrors, SplitsTraffic

    abilities = {"split traffic": SplitsTraffic, "mirror requests": Mirrors}
    can = [word for word, protocol in abilities.items() if isinstance(target, protocol)]
    try:
        services = len(target.list())
    except TargetUnavailable as error:
        context.output.say(f"shipway: target {target.kind}: {error}")
        services = 0
    away = target.why_away() if isinstance(target, MayBeAway) else None
    return {"kind": target.kind, "abilities": can, "services": services, "away": away}
