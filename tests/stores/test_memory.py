"""Models are larger than memory: what a transfer takes of it does not grow with the model."""

import subprocess
import sys
from pathlib import Path

from shipway.store.workspace import open_workspace

_MB = 1024 * 1024
_MODEL_MB = 96
_BOUND_MB = 72
"""Twelve parts of 5 MB, and what sending them takes; less than the model."""

_TRANSFER = """
import resource, sys
from pathlib import Path
from shipway.store.workspace import open_workspace

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024

url, folder = sys.argv[1], Path(sys.argv[2])
workspace = open_workspace(url)
workspace.blobs.put_file(folder / "small")
before = peak()
digest, _ = workspace.blobs.put_file(folder / "model")
sent = peak()
workspace.blobs.fetch(digest, folder / "back")
print(sent - before, peak() - before)
"""


def test_a_large_model_is_sent_and_fetched_in_bounded_memory(url: str, tmp_path: Path) -> None:
    open_workspace(url, create=True)
    (tmp_path / "small").write_bytes(bytes(6 * _MB))
    with (tmp_path / "model").open("wb") as model:
        model.truncate(_MODEL_MB * _MB)
    done = subprocess.run(
        [sys.executable, "-c", _TRANSFER, url, str(tmp_path)], capture_output=True, text=True, check=True
    )
    sent_mb, fetched_mb = map(int, done.stdout.split())
    assert sent_mb < _BOUND_MB
    assert fetched_mb < _BOUND_MB
    assert (tmp_path / "back").stat().st_size == _MODEL_MB * _MB
