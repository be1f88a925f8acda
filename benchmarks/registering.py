"""How fast a large model is registered, beside hashing and copying its file, and what memory that takes."""

import hashlib
import json
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from benchmarks.report import ROOT, Figure
from benchmarks.rounds import interleaved, run, seconds_of, seconds_of_command
from shipway.registry.models import Registry
from shipway.store.workspace import open_workspace

_CHUNK_BYTES = 10_000_000
_PEER = "sha256 + cp"


def register_figures(rounds: int, size_mb: int) -> list[Figure]:
    """Both read one file and write on the same disk, in turn; what is still to be written goes to the disk between."""
    grown_mb: list[float] = []
    with tempfile.TemporaryDirectory(prefix="shipway-bench-") as name:
        folder = Path(name)
        file = random_file(folder / "model.bin", size_mb)
        acts: dict[str, Callable[[], float]] = {
            "shipway": lambda: _register_s(folder / "workspace", file, grown_mb),
            _PEER: lambda: _hash_and_copy_s(file, folder / "copy.bin"),
        }
        took = interleaved(rounds, acts)
    speed = {name: size_mb / seconds for name, seconds in took.items()}
    ratio = speed["shipway"] / speed[_PEER]
    return [
        Figure(figure="register_ratio", unit=f"x {_PEER}", shipway=ratio, peers={_PEER: 1.0}, goal="> 0.7"),
        Figure(figure="register_mb_s", unit="MB/s", shipway=speed["shipway"], peers={_PEER: speed[_PEER]}),
        Figure(
            figure="register_rss_mb", unit="MB", shipway=median(grown_mb), goal="< 200", note=f"{size_mb:,} MB file"
        ),
    ]


def random_file(path: Path, size_mb: int) -> Path:
    with path.open("wb") as file:
        for _ in range(size_mb * 1_000_000 // _CHUNK_BYTES):
            file.write(os.urandom(_CHUNK_BYTES))
    return path


def _register_s(workspace: Path, file: Path, grown_mb: list[float]) -> float:
    os.sync()
    found = json.loads(
        run([sys.executable, "-m", "benchmarks.registering", str(workspace), str(file)], folder=str(ROOT))
    )
    shutil.rmtree(workspace)
    grown_mb.append(found["grown_mb"])
    return float(found["took_s"])


def _hash_and_copy_s(file: Path, copy: Path) -> float:
    os.sync()
    took_s = seconds_of(lambda: _sha256(file)) + seconds_of_command(["cp", str(file), str(copy)])
    copy.unlink()
    return took_s


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _register(workspace: Path, file: Path) -> dict[str, float]:
    """In a process of its own, so that its memory is what registering takes."""
    registry = Registry(open_workspace(workspace, create=True))
    before_mb, began = memory_mb("VmRSS"), time.perf_counter()
    registry.register_path(file, name="large", now=datetime.now(UTC))
    return {"took_s": time.perf_counter() - began, "grown_mb": memory_mb("VmHWM") - before_mb}


def memory_mb(name: str) -> float:
    """`VmRSS` is what this process has in memory, `VmHWM` the most that it ever had. Linux only."""
    found = re.search(rf"^{name}:\s+(\d+) kB$", Path("/proc/self/status").read_text(), re.MULTILINE)
    assert found is not None
    return int(found[1]) * 1024 / 1e6


if __name__ == "__main__":
    print(json.dumps(_register(Path(sys.argv[1]), Path(sys.argv[2]))))
