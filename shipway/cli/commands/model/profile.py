"""shipway model profile: how fast models and script answer within limits of CPU and memory, and what they need."""

import json
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shipway.cli.commands.model.package import add_pin_flags, read_asked
from shipway.cli.context import Context
from shipway.cli.output import fields
from shipway.cli.parser import Parser
from shipway.cli.v1_flags import add_inference_flags, add_models_flags, add_option, number, whole
from shipway.errors import MachineError
from shipway.machine.progress import telling

if TYPE_CHECKING:
    from shipway.verification.profile import ProfilePlan, ProfileResult

_FAILED = 1
_ALL_OF_IT = 0.95


def add_arguments(parser: Parser) -> None:
    profile = parser.add_verb("profile", _profile, "measure how fast models and script answer, and what they use")
    profile.add_argument("-n", "--name", required=True, help="of the profile")
    add_models_flags(profile)
    add_inference_flags(profile)
    group = profile.add_argument_group("profile")
    add_option(
        group,
        "--idi",
        "--input-dataset-id",
        required=True,
        type=Path,
        metavar="FILE",
        help="request bodies: one JSON a line, or a CSV file with one column",
    )
    add_option(group, "--cc", "--cpu-cores", type=number, metavar="X", help="0.1 to 3.5, the default")
    add_option(group, "--gb", "--memory-gb", type=number, metavar="X", help="0.1 to 15, the default")
    group.add_argument("--seconds", type=number, metavar="X", help="how long to ask; longer until each row was sent")
    group.add_argument("--concurrency", type=whole, metavar="N", help="requests at a time; default: 1")
    group.add_argument("--description", default="", metavar="TEXT")
    add_pin_flags(group)
    group.add_argument("-t", "--output-metadata-file", type=Path, metavar="FILE", help="write the result there as JSON")


def _profile(args: Namespace, context: Context) -> int:
    """Rows and limits are looked at first: an image takes longer."""
    from shipway.release.packaging import package_image
    from shipway.verification.profile import check_asked
    from shipway.verification.profile_rows import read_rows
    from shipway.verification.profile_run import Profiled, run_profile

    rows = read_rows(args.input_dataset_id)
    asked = Profiled(name=args.name, rows=rows, plan=_plan(args), description=args.description)
    check_asked(asked.name, asked.plan)
    with telling(context.output.say):
        made = package_image(read_asked(args, context), context.workspace(), context.state())
    for line in made.told:
        context.output.say(line)
    context.output.say(f"profiling {made.name}: {len(rows)} rows, {asked.plan.seconds:g} s and more")
    result = run_profile(asked, made.image, context.state())
    document = result.document()
    context.output.record(document, _lines(result, document))
    if args.output_metadata_file is not None:
        _write(args.output_metadata_file, document)
    return 0 if result.succeeded else _FAILED


def _plan(args: Namespace) -> "ProfilePlan":
    from shipway.verification.profile import ProfilePlan

    asked = {
        "cpu": args.cpu_cores,
        "memory_gb": args.memory_gb,
        "seconds": args.seconds,
        "concurrency": args.concurrency,
    }
    return ProfilePlan(**{name: value for name, value in asked.items() if value is not None})


def _lines(result: "ProfileResult", document: dict[str, Any]) -> list[str]:
    def shown(name: str, unit: str) -> str:
        value = document[name]
        return "" if value is None else f"{value:g} {unit}"

    used = [shown("maxUtilizedCpu", "cores"), shown("maxUtilizedMemoryInGB", "GB")]
    wanted = [shown("recommendedCpu", "cores"), shown("recommendedMemoryInGB", "GB")]
    latencies = [f"{shown(f'latencyPercentile{rank}InMs', 'ms')} (p{rank})" for rank in ("50", "90", "95", "99")]
    good = document["latencyPercentile50InMs"] is not None
    return [
        f"profile {result.name}: {document['state']}",
        *fields(
            {
                "error": result.error,
                "given": f"{result.plan.cpu:g} cores, {result.plan.memory_gb:g} GB",
                "used at most": ", ".join(filter(None, used)),
                "requests": f"{document['successQueries']} of {document['totalQueries']} answered",
                "latency": ", ".join(latencies) if good else "",
                "a second": shown("measuredQueriesPerSecond", "requests"),
                "recommended": ", ".join(filter(None, wanted)),
            }
        ),
        *_remarks(result),
    ]


def _remarks(result: "ProfileResult") -> list[str]:
    used = result.usage.cpu
    if used is None or used < _ALL_OF_IT * result.plan.cpu:
        return []
    return ["it used all the CPU that it was given: give it more with --cpu-cores, and profile again"]


def _write(path: Path, document: dict[str, Any]) -> None:
    try:
        path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise MachineError(f"the profile was made, but {path} could not be written: {error.strerror}") from error
