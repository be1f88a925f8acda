"""How fast the scoring server is beside others: `make bench-serving`. Under 8 minutes; an idle machine, please.

The same machine, the same unchanged entry script, the same run: the figures are ratios. wrk and the open-loop client
run on the same cores as what they measure and take from them, most from the fastest servers.
"""

import shutil
import sys
import tempfile
from argparse import ArgumentParser
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.report import RESULTS, ROOT, Figure, measure_and_tell
from benchmarks.serving_load import build_client
from benchmarks.serving_measuring import Bench, heavy_figures, starting_figures, tiny_figures
from benchmarks.serving_peers import Server, install, servers, write_models

_TOOLS = ("uv", "wrk", "cc")
_QUICK = ("shipway", "azmlinfsrv", "bare")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How much is measured."""

    rounds: int
    seconds: float
    quick: bool
    serving: Path
    """The folder that has `shipway_serving`."""

    def servers(self) -> dict[str, Server]:
        known = servers(self.serving)
        return {name: known[name] for name in _QUICK} if self.quick else known


def measure(settings: Settings) -> list[Figure]:
    """Ends the program with a line on stderr when a tool that it needs is not there."""
    missing = [tool for tool in _TOOLS if shutil.which(tool) is None]
    if missing:
        sys.exit(f"not on PATH: {', '.join(missing)}; install them (Debian: wrk and gcc; uv from its own site)")
    _say("environments ...")
    known = settings.servers()
    install(["models", *known])
    with tempfile.TemporaryDirectory(prefix="shipway-bench-") as name:
        folder = Path(name)
        write_models(folder / "models")
        bench = Bench(
            folder=folder,
            client=build_client(folder),
            servers=known,
            rounds=settings.rounds,
            seconds=settings.seconds,
            say=_say,
        )
        figures = tiny_figures(bench)
        _say("cold starts and memory ...")
        figures += starting_figures(bench)
        if not settings.quick:
            figures += heavy_figures(bench)
    return figures


def main(
    argv: Sequence[str] | None = None,
    *,
    measure: Callable[[Settings], Sequence[Figure]] = measure,
    results: Path = RESULTS,
) -> int:
    settings = _settings(argv)
    name = "serving-quick" if settings.quick else "serving"
    return measure_and_tell(name, lambda: measure(settings), results, shared=", which the load generator shares")


def _settings(argv: Sequence[str] | None) -> Settings:
    parser = ArgumentParser(prog="python -m benchmarks.serving", description=__doc__)
    parser.add_argument("--rounds", type=int, metavar="N", help="default: 5, with --quick 3; medians are told")
    parser.add_argument(
        "--quick", action="store_true", help="a minute: the tiny model, beside azmlinfsrv and bare only"
    )
    parser.add_argument(
        "--serving",
        type=Path,
        default=ROOT / "serving",
        metavar="DIR",
        help="measures the server of another tree (DIR has shipway_serving); default: this tree's",
    )
    args = parser.parse_args(argv)
    if args.rounds is not None and args.rounds < 1:
        parser.error(f"--rounds must be at least 1, not {args.rounds}")
    rounds = args.rounds or (3 if args.quick else 5)
    return Settings(rounds=rounds, seconds=2 if args.quick else 3, quick=args.quick, serving=args.serving.resolve())


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
