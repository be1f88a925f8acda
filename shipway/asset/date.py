"""The day of an asset, as the run of its model or version control tells it: unpinned packages are those of that day."""

import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from shipway.domain.environment import Environment
from shipway.domain.model import RunFacts
from shipway.image.packages.as_of import names_in

_PATIENCE_S = 10.0


@dataclass(frozen=True, kw_only=True)
class Day:
    """YYYY-MM-DD, and who says so."""

    day: str
    why: str


def day_of_asset(environment: Environment, runs: Iterable[RunFacts | None], files: Iterable[Path]) -> Day | None:
    """The asset's own day, for names without a version; what was asked for, or is in service already, stands.

    `runs` are those that its models came from, and are looked at only when it matters; `files` what it is written in.
    """
    if environment.as_of is not None or not names_in(environment.requirements)[1]:
        return None
    if ended := [run.ended_at.date() for run in runs if run is not None and run.ended_at is not None]:
        day = max(ended).isoformat()
        return Day(day=day, why=f"unpinned packages are those of {day}, when the model's run ended")
    if (commit := day_of(files)) is not None:
        return Day(day=commit, why=f"unpinned packages are those of {commit}, when the assets were last committed")
    return None


def day_of(paths: Iterable[Path]) -> str | None:
    """The day (YYYY-MM-DD) of the last commit that touched one of `paths`; None unless all are committed as they are.

    A commit that made a checkout's every file at once, such as an import from elsewhere, is its day as well.
    """
    files = [path.resolve() for path in paths]
    if not files or not all(_is_committed(path) for path in files):
        return None
    days = [_git(path.parent, "log", "-1", "--format=%cs", "--", path.name) for path in files]
    return max((day for day in days if day), default=None)


def _is_committed(path: Path) -> bool:
    tracked = _git(path.parent, "ls-files", "--", path.name)
    return bool(tracked) and _git(path.parent, "status", "--porcelain", "--", path.name) == ""


def _git(folder: Path, *words: str) -> str | None:
    """What git prints; None where there is no git, no repository, or none that this user may read."""
    try:
        done = subprocess.run(
            ["git", *words], cwd=folder, capture_output=True, text=True, timeout=_PATIENCE_S, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
