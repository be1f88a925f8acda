"""What `shipway model deploy` and `shipway service update` and `reload` share: a release that is asked for with az ml's
flags, told as `shipway release` tells it, and given to programs with v1's keys beside our own."""

import getpass
import os
import secrets
from argparse import Namespace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shipway.cli.context import Context
from shipway.cli.output import fields
from shipway.cli.parser import Parser
from shipway.errors import ConfigError

if TYPE_CHECKING:
    from shipway.release.asked import Asked
    from shipway.release.begin import Prepared

AS_OF = "SHIPWAY_AS_OF"
"""The day of `--as-of`, for scripts that cannot be given it."""


def add_release_flags(parser: Parser) -> None:
    """How it is carried out: v1's `--no-wait`, and `--dry-run` of ours."""
    group = parser.add_argument_group("release")
    group.add_argument("--no-wait", action="store_true", help="go on in the background; `shipway release list` tells")
    group.add_argument("--dry-run", action="store_true", help="print the plan and do nothing")
    group.add_argument("--notes", default="", metavar="TEXT", help="stands in the ledger")


def add_environment_flags(parser: Parser) -> None:
    """Of Shipway's own: how the environment is resolved, and what the answers are compared with."""
    group = parser.add_argument_group("environment and checks")
    group.add_argument("--as-of", metavar="DATE", help=f"YYYY-MM-DD: the day of unpinned packages; default: ${AS_OF}")
    group.add_argument("--relax", action="store_true", help="accept the proposed changes of pins that do not resolve")
    group.add_argument("--python", type=Path, metavar="PATH", help="the interpreter, for the process target")
    group.add_argument("--golden", type=Path, metavar="FILE", help="requests and their right answers, as JSON lines")


def environment_fields(args: Namespace) -> dict[str, Any]:
    """What those flags say, by the names of the fields of `Asked`. Raises ConfigError for a variable that is no day."""
    return {
        "as_of": args.as_of or day_of_the_environment(),
        "relax": args.relax,
        "python": args.python,
        "golden": args.golden,
    }


def day_of_the_environment() -> str | None:
    """Of the process, that is: what SHIPWAY_AS_OF says. Raises ConfigError for what is no day."""
    day = os.environ.get(AS_OF)
    if not day:
        return None
    try:
        return date.fromisoformat(day).isoformat()
    except ValueError:
        raise ConfigError(f"{AS_OF} must be a day such as 2021-03-01, not {day!r}") from None


def release(asked: "Asked", args: Namespace, context: Context) -> int:
    """Plans, keeps and carries out a release; with `--dry-run` or `--no-wait` a part of that. Returns the exit code."""
    from shipway.cli.release import prepare_and_tell, print_plan

    prepared = prepare_and_tell(asked, context)
    if args.dry_run:
        print_plan(prepared.plan, context)
        return 0
    return _carry_out(prepared, args, context)


def _carry_out(prepared: "Prepared", args: Namespace, context: Context) -> int:
    from shipway.cli.release import carry_out, ending_document, ending_lines, print_plan
    from shipway.domain.release import ReleasePhase
    from shipway.errors import ReleaseError
    from shipway.release.begin import keep
    from shipway.release.run import utc_now

    if prepared.refusal:
        if not context.output.is_json:
            print_plan(prepared.plan, context)
        raise ReleaseError(prepared.refusal)
    service = prepared.config.service
    release_id = f"{service}-{secrets.token_hex(4)}"
    keep(prepared, context.workspace(), release_id=release_id, requested_by=getpass.getuser(), now=utc_now())
    if args.no_wait:
        return _leave(service, release_id, context)
    ending = carry_out(context, release_id)
    document = _service_now(service, context) | ending_document(ending, context)
    context.output.record(document, ending_lines(ending, context))
    return 0 if ending.phase is ReleasePhase.PROMOTED else 1


def _leave(service: str, release_id: str, context: Context) -> int:
    """v1 answered at once with a service in Transitioning."""
    from shipway.release.background import start_in_background

    log = start_in_background(context.workspace(), release_id).log
    document = _service_now(service, context) | {
        "state": "Transitioning",
        "release": release_id,
        "log": str(log),
    }
    lines = fields({"release": release_id, "service": service, "state": "Transitioning", "log": str(log)})
    context.output.record(document, [*lines, f"next: shipway release show {release_id}"])
    return 0


def _service_now(service: str, context: Context) -> dict[str, Any]:
    """v1's keys and ours of the service as it is; its name alone after a first release that failed."""
    from shipway.cli.services import find_service
    from shipway.cli.services_told import complete_document
    from shipway.errors import ServiceNotFound

    try:
        _, found = find_service(context.targets(), service)
    except ServiceNotFound:
        return {"name": service}
    return complete_document(found, context)
