"""The day of an asset, where version control tells it: unpinned packages get the versions of that day."""

import subprocess
from collections.abc import Iterable
from pathlib import Path

_PATIENCE_S = 10.0


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
