import os
import subprocess
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shipway.store.workspace import Workspace, open_workspace
from tests.absent import absent


@pytest.fixture
def now() -> datetime:
    return datetime(2026, 7, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return open_workspace(tmp_path / "ws", create=True)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """16 MB of disk."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        absent("mounting a small disk needs root and the right to mount")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.fixture
def unwritable() -> Iterator[Path]:
    """A folder with a workspace in it, where the test goes on as somebody who may only read."""
    if os.geteuid() != 0:
        absent("becoming somebody else needs root")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        folder.chmod(0o755)
        open_workspace(folder / "ws", create=True)
        os.seteuid(65534)
        try:
            yield folder
        finally:
            os.seteuid(0)
