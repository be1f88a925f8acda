"""shipway model check: will v1's assets run here, and what will differ? Nothing is registered, built or started."""

from argparse import ArgumentTypeError, Namespace
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date
from functools import partial
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from shipway.cli.context import Context
from shipway.cli.parser import Parser
from shipway.cli.v1_flags import (
    add_deployment_flags,
    add_inference_flags,
    add_models_flags,
    deployment_document,
    inference_of,
    models_of,
)
from shipway.errors import ConfigError, StoreError

if TYPE_CHECKING:
    from shipway.asset.finding import Finding
    from shipway.asset.report import Report
    from shipway.config.documents import Loaded
    from shipway.store.workspace import Workspace

_WIDTH = 100
_INDENT = 14


def add_arguments(parser: Parser) -> None:
    check = parser.add_verb("check", _check, "tell whether v1's assets will run, and what will differ; builds nothing")
    add_models_flags(check)
    add_inference_flags(check)
    add_deployment_flags(check)
    check.add_argument("--python", type=Path, metavar="PATH", help="an interpreter for the process target")
    check.add_argument(
        "--as-of", type=_day, metavar="DATE", help="unpinned packages as of that day, YYYY-MM-DD; default: git's"
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
    report = look_at(
        Question(
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
    )
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
    area = ""
    for finding in report.findings:
        yield from _shown(finding, "" if finding.area == area else str(finding.area))
        area = finding.area
    yield ""
    yield from _verdict(report)


def _shown(finding: "Finding", area: str) -> Iterator[str]:
    mark = _MARKS[finding.severity]
    first, *rest = wrap(finding.line, _WIDTH - _INDENT - 4, break_long_words=False, break_on_hyphens=False) or [""]
    yield f"{area:<{_INDENT}}{mark} {first}"
    yield from (" " * (_INDENT + 4) + line for line in rest)
    yield from (" " * (_INDENT + 4) + line for line in finding.details)


_MARKS = {"ok": "ok ", "note": " - ", "difference": " ~ ", "fault": " ! "}


def _verdict(report: "Report") -> Iterator[str]:
    from shipway.asset.finding import Severity
    from shipway.asset.report import NO

    if report.verdict == NO:
        first, *more = report.of(Severity.FAULT)
        also = f" (and {len(more)} more, marked !)" if more else ""
        yield f"{NO}: {first.line}{also}"
        return
    count = len(report.of(Severity.DIFFERENCE))
    how_many = f" ({count}, marked ~)" if count else ""
    yield f"{report.verdict}{how_many}"
