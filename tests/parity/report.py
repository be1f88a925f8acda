"""Prints what differs, and is not listed: `python -m tests.parity.report [--profile legacy] [case-pattern ...]`."""

import argparse
import itertools
import sys
import tempfile
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

from tests.parity.cases import CASES
from tests.parity.cases.case import Case
from tests.parity.comparison import divergences
from tests.parity.differences import Exchanged, unexplained
from tests.parity.exchanges import Ask
from tests.parity.servers import Pair, serving


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("patterns", nargs="*", default=["*"], help="of the names of cases")
    parser.add_argument("--profile", choices=("modern", "legacy"), default="modern")
    parser.add_argument("--all", action="store_true", help="listed differences too")
    given = parser.parse_args()
    chosen = [
        case
        for case in CASES
        if case.setup.profile == given.profile and any(fnmatchcase(case.name, each) for each in given.patterns)
    ]
    failed = 0
    for setup, cases in itertools.groupby(sorted(chosen, key=lambda case: repr(case.setup)), lambda case: case.setup):
        with tempfile.TemporaryDirectory() as folder:
            try:
                with serving(setup, Path(folder)) as pair:
                    for case in cases:
                        lines = list(_lines(case, pair, listed=given.all))
                        failed += bool(lines)
                        sys.stdout.write(f"{'differs' if lines else 'same':8} {case.name}\n{''.join(lines)}")
                        sys.stdout.flush()
            except RuntimeError as error:
                failed += 1
                sys.stdout.write(f"differs  {setup.script}: {str(error)[-1500:]}\n")
    return 1 if failed else 0


def _lines(case: Case, pair: Pair, *, listed: bool) -> Iterator[str]:
    for ask in case.asks:
        exchanged = Exchanged(ask, *pair.ask(ask))
        found = divergences(*exchanged)
        for each in found if listed else unexplained(found, exchanged, case.setup.profile):
            yield f"    {described(ask)}\n        {each}\n"


def described(ask: Ask) -> str:
    """On one line, cut where it is long."""
    headers = {name: value[:60] for name, value in ask.headers}
    return f"{ask.method} {ask.target[:200]} {headers} {ask.body[:100]!r}"


if __name__ == "__main__":
    sys.exit(main())
