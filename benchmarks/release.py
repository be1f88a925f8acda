"""What a release costs, besides the work itself: `make bench-release`. Takes a few minutes; an idle machine, please."""

import sys
from argparse import ArgumentParser
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.commands import first_release_figure, help_figure, service_list_figure
from benchmarks.containers import container_figures
from benchmarks.registering import register_figures
from benchmarks.registering_s3 import s3_register_figures
from benchmarks.releasing import overhead_figure, rollback_figure, warm_ground
from benchmarks.report import RESULTS, Figure, measure_and_tell


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How much is measured."""

    rounds: int
    model_mb: int
    s3_model_mb: int
    moves: int


def measure(settings: Settings) -> list[Figure]:
    """The warm ones first: they leave the machine's package cache warm for the first release."""
    figures = []
    with warm_ground() as opened:
        _say("releases, and Prefect's empty flow between them ...")
        figures.append(overhead_figure(opened, settings.rounds))
        _say("revisions that fail under load ...")
        figures.append(rollback_figure(opened, settings.rounds))
        _say("commands ...")
        figures += [help_figure(opened, settings.rounds), service_list_figure(opened, settings.rounds)]
    _say("the first release of all ...")
    figures.append(first_release_figure(settings.rounds))
    _say(f"registering {settings.model_mb:,} MB ...")
    figures += register_figures(settings.rounds, settings.model_mb)
    _say("registering in S3 ...")
    figures += s3_register_figures(settings.rounds, settings.s3_model_mb)
    _say(f"releases to containers, and {settings.moves} promotions and rollbacks under load ...")
    return [*figures, *container_figures(settings.rounds, moves=settings.moves)]


def main(
    argv: Sequence[str] | None = None,
    *,
    measure: Callable[[Settings], Sequence[Figure]] = measure,
    results: Path = RESULTS,
) -> int:
    settings = _settings(argv)
    return measure_and_tell("release", lambda: measure(settings), results)


def _settings(argv: Sequence[str] | None) -> Settings:
    parser = ArgumentParser(prog="python -m benchmarks.release", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="default: 3, of which the medians are told")
    parser.add_argument("--small", action="store_true", help="a model of 50 MB: does it run at all?")
    args = parser.parse_args(argv)
    if args.rounds < 1:
        parser.error(f"--rounds must be at least 1, not {args.rounds}")
    return Settings(
        rounds=args.rounds,
        model_mb=50 if args.small else 1000,
        s3_model_mb=50 if args.small else 200,
        moves=2 if args.small else 20,
    )


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
