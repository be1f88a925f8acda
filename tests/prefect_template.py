"""Prefect's empty database, made once for all tests of a machine: its migrations take 10 to 40 s, a copy nothing."""

import contextlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_FOLDER = "prefect-template"
"""As shipway.cli.server.template names it; a file there has in its name the one version of Prefect that uses it."""


@contextmanager
def shared_prefect_template(state_home: Path) -> Iterator[None]:
    """`state_home` is a test's own XDG_STATE_HOME: it gets a copy, and what it made is kept for those after it."""
    kept, own = _kept(), state_home / "shipway" / _FOLDER
    if kept.is_dir():
        shutil.copytree(kept, own, dirs_exist_ok=True)
    try:
        yield
    finally:
        _keep(own, kept)


def _keep(own: Path, kept: Path) -> None:
    """Whole, or not at all: others may do the same at once."""
    kept.mkdir(parents=True, exist_ok=True)
    for made in own.glob("*.db"):
        with contextlib.suppress(OSError):
            if not (kept / made.name).exists():
                part = kept / f".{made.name}.{os.getpid()}"
                shutil.copyfile(made, part)
                part.replace(kept / made.name)


def _kept() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "shipway-tests" / _FOLDER
