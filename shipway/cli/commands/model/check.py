"""shipway model check: will v1's assets run here, and what will differ? Nothing is registered, built or started."""

import os
import shutil
from argparse import ArgumentTypeError, Namespace
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date
from functools import partial
from pathlib import Path
from textwrap import shorten, wrap
from typing import TYPE_CHECKING, Any

from shipway.cli.context import Context
from shipway.cli.output import coloured
from shipway.cli.parser import Parser
from shipway.cli.v1_flags import (
    add_deployment_flags,
    add_inference_flags,
    add_models_flags,
    deployment_document,
    inference_of,
    models_of,
)
from shipway.cli.v1_release import AS_OF
from shipway.errors import ConfigError, StoreError
from shipway.machine.progress import telling

if TYPE_CHECKING:
    from shipway.asset.finding import Finding
    from shipway.asset.report import Report
    from shipway.config.documents import Loaded
    from shipway.store.workspace import Workspace

_WIDEST = 110
_INDENT = 18
_MARKS = {"ok": "ok", "note": " -", "difference": " ~", "fault": " !"}
_COLOURS = {"ok": "green", "difference": "yellow", "fault": "red"}


def add_arguments(parser: Parser) -> None:
    check = parser.add_verb("check", _check, "tell whether v1's assets will run, and what will differ; builds nothing")
    add_models_flags(check)
    add_inference_flags(check)
    add_deployment_flags(check)
    check.add_argument("--python", type=Path, metavar="PATH", help="an interpreter for the process target")
    check.add_argument(
        "--as-of",
        type=_day,
        default=os.environ.get(AS_OF) or None,
        metavar="DATE",
        help=f"YYYY-MM-DD: the day of unpinned packages; default: ${AS_OF}",
    )
    check.add_argument("--relax", action="store_true", help="look at the asset with the pins that are proposed")


def _check(args: Namespace, context: Context) -> int:
    from shipway.asset.look import look_at
    from shipway.asset.question import Question
    from shipway.asset.report import NO

    inference, said = _read(partial(inference_of, args, context))
    deployment, also_said = _read(partial(deployment_document, args))
    for line in (*said, *also_said):
        context.output.say(f"shipway: {line}")
    question = Question(
        working_directory=context.folder,
        inference=inference,
        deployment=deployment,
        inference_file=args.inference_config_file,
        deployment_file=args.deploy_config_file,
        models=models_of(args),
        target=args.compute_target,
        as_of=args.as_of,
        python=args.python,
        relax=args.relax,
        workspace=_workspace(context),
    )
    with telling(context.output.say, "shipway.image"):
        report = look_at(question)
    context.output.record(report.document(), list(_lines(report)))
    return 1 if report.verdict == NO else 0


def _read(load: Callable[[], "Loaded[Any]"]) -> tuple[Any, tuple[str, ...]]:
    """What is wrong with a config is a finding like any other."""
    try:
        loaded = load()
    except ConfigError as error:
        return error, ()
    return loaded.value, loaded.warnings


def _workspace(context: Context) -> "Workspace | None":
    """None where there is none: only models need one. One that was named must be there."""
    if context.given is not None:
        return context.workspace()
    with suppress(StoreError):
        return context.workspace()
    return None


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise ArgumentTypeError(f"expected a day such as 2021-03-01, not {text!r}") from None


def _lines(report: "Report") -> Iterator[str]:
    """By area, then the verdict with what speaks against it or differs."""
    width = max(80, min(shutil.get_terminal_size((100, 24)).columns, _WIDEST))
    area = ""
    for finding in report.findings:
        yield from _shown(finding, "" if finding.area == area else str(finding.area), width)
        area = finding.area
    yield ""
    yield _verdict(report, width)


def _shown(finding: "Finding", area: str, width: int) -> Iterator[str]:
    mark = coloured(_MARKS[finding.severity], _COLOURS.get(finding.severity))
    first, *rest = _wrapped(finding.line, width) or [""]
    yield f"{area:<{_INDENT - 4}}{mark}  {first}"
    details = (line for detail in finding.details for line in _detail(detail, width))
    yield from (" " * _INDENT + line for line in (*rest, *details))


def _detail(line: str, width: int) -> list[str]:
    """A line of a diff stays one."""
    return [line] if line.startswith(("- ", "+ ")) else _wrapped(line, width)


def _wrapped(text: str, width: int) -> list[str]:
    return wrap(text, width - _INDENT, break_long_words=False, break_on_hyphens=False)


def _verdict(report: "Report", width: int) -> str:
    """In two lines at most: a longer reason stands above, whole."""
    from shipway.asset.finding import Severity
    from shipway.asset.report import NO

    faults, differences = report.of(Severity.FAULT), report.of(Severity.DIFFERENCE)
    if report.verdict == NO:
        also = f" (and {len(faults) - 1} more, marked !)" if len(faults) > 1 else ""
        why = shorten(faults[0].line, 2 * width - len(f"{NO}: {also}"), placeholder=" ...", break_on_hyphens=False)
        return coloured(f"{NO}: {why}{also}", "red")
    if differences:
        return coloured(f"{report.verdict} ({len(differences)}, marked ~)", "yellow")
    return coloured(report.verdict, "green")
