"""Which commit a release comes from, where its folder is under version control."""

import subprocess
from pathlib import Path

_PATIENCE_S = 10.0


def commit_of(folder: Path) -> str | None:
    """The commit that is checked out, with `-dirty` behind it when tracked files differ from it; None without git."""
    command = ["git", "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=_PATIENCE_S, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() or None
