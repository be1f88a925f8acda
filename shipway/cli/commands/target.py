"""shipway target list: where services can run, and what each can do there."""

from argparse import Namespace
from typing import Any

from shipway.cli.context import Context
from shipway.cli.output import Column
from shipway.cli.parser import Parser

_ABILITIES = Column("abilities", "CAN", ", ".join)
_COLUMNS = (Column("kind", "TARGET"), _ABILITIES, Column("services", "SERVICES", lambda count: str(count or "none")))


def add_arguments(parser: Parser) -> None:
    parser.add_verb("list", _list, "every target, and what it can do")


def run(args: Namespace, context: Context) -> int:
    code: int = args.verb(args, context)
    return code


def _list(_args: Namespace, context: Context) -> int:
    from shipway.targets.base import known_kinds

    context.output.records([_document(kind, context) for kind in known_kinds()], _COLUMNS, empty="no target")
    return 0


def _document(kind: str, context: Context) -> dict[str, Any]:
    from shipway.errors import MachineError, TargetError
    from shipway.targets.base import Mirrors, SplitsTraffic, load

    abilities = {"split traffic": SplitsTraffic, "mirror requests": Mirrors}
    try:
        target = load(kind, context.state())
        can = [word for word, protocol in abilities.items() if isinstance(target, protocol)]
        return {"kind": kind, "abilities": can, "services": len(target.list()), "fault": None}
    except (MachineError, TargetError) as error:
        context.output.say(f"shipway: target {kind}: {error}")
        return {"kind": kind, "abilities": [], "services": 0, "fault": str(error)}
