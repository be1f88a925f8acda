"""What a v1 asset costs before it serves: `make bench-assets`. Takes a few minutes; an idle machine, please.

The asset is configs/examples/question-answering, of v1's article of 2021: Python 3.6, packages without versions.
"""

import sys
from argparse import ArgumentParser
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.assets_measuring import check_figure, environment_figure, script_change_figures
from benchmarks.report import RESULTS, Figure, measure_and_tell


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How much is measured."""

    rounds: int
    model_mb: int


def measure(settings: Settings) -> list[Figure]:
    _say("shipway model check, with an empty package cache ...")
    figures = [check_figure(settings.rounds)]
    _say("the environment, and pip 21.3.1 between ...")
    figures.append(environment_figure(settings.rounds))
    _say("a script that changed ...")
    return [*figures, *script_change_figures(settings.rounds, settings.model_mb)]


def main(
    argv: Sequence[str] | None = None,
    *,
    measure: Callable[[Settings], Sequence[Figure]] = measure,
    results: Path = RESULTS,
) -> int:
    settings = _settings(argv)
    return measure_and_tell("assets", lambda: measure(settings), results)


def _settings(argv: Sequence[str] | None) -> Settings:
    parser = ArgumentParser(prog="python -m benchmarks.assets", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="default: 3, of which the medians are told")
    parser.add_argument("--small", action="store_true", help="a model of 1 MB: does it run at all?")
    args = parser.parse_args(argv)
    if args.rounds < 1:
        parser.error(f"--rounds must be at least 1, not {args.rounds}")
    return Settings(rounds=args.rounds, model_mb=1 if args.small else 10)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
