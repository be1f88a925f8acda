"""How fast a large model is registered in S3, beside a bare multipart upload of the same file by the same client.

The server is moto's, a process of its own on this machine: the network costs nothing, Shipway's own share shows most.
"""

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import obstore

from benchmarks.registering import memory_mb, random_file
from benchmarks.report import ROOT, Figure
from benchmarks.rounds import interleaved, run
from shipway.registry.models import Registry
from shipway.store.workspace import open_objects, open_workspace
from tests.stores.servers import StoreServer, moto

_PEER = "bare multipart upload"


def s3_register_figures(rounds: int, size_mb: int) -> list[Figure]:
    """Each in a process of its own, in turn, with other bytes each time: what S3 has already is not sent again."""
    grown_mb: list[float] = []
    with tempfile.TemporaryDirectory(prefix="shipway-bench-") as name, moto() as server:
        file = random_file(Path(name) / "model.bin", size_mb)
        acts: dict[str, Callable[[], float]] = {
            "shipway": lambda: _took_s("register", server, file, grown_mb),
            _PEER: lambda: _took_s("bare", server, file, []),
        }
        took = interleaved(max(rounds, 3), acts)
    speed = {act: size_mb / seconds for act, seconds in took.items()}
    ratio = speed["shipway"] / speed[_PEER]
    note = f"{size_mb:,} MB; {speed['shipway']:.0f} MB/s beside {speed[_PEER]:.0f} MB/s, moto's server"
    return [
        Figure(
            figure="s3_register_ratio", unit=f"x {_PEER}", shipway=ratio, peers={_PEER: 1.0}, goal="> 0.8", note=note
        ),
        Figure(figure="s3_register_rss_mb", unit="MB", shipway=median(grown_mb), goal="< 200"),
    ]


def _took_s(act: str, server: StoreServer, file: Path, grown_mb: list[float]) -> float:
    with file.open("r+b") as opened:
        opened.write(os.urandom(32))
    command = [sys.executable, "-m", "benchmarks.registering_s3", act, f"{server.bucket_url}/bench", str(file)]
    found = json.loads(run(command, {**os.environ, **server.environment}, folder=str(ROOT)))
    grown_mb.append(found["grown_mb"])
    return float(found["took_s"])


def _measure(act: str, url: str, file: Path) -> dict[str, float]:
    """What was sent is deleted again: the server keeps it in memory."""
    workspace = open_workspace(url, create=True)
    registry, bare = Registry(workspace), open_objects(f"{url}/bare")[1]
    before_mb, began = memory_mb("VmRSS"), time.perf_counter()
    if act == "register":
        registry.register_path(file, name="large", now=datetime.now(UTC))
    else:
        obstore.put(bare._large, "model.bin", file, use_multipart=True)
    took_s, grown_mb = time.perf_counter() - began, memory_mb("VmHWM") - before_mb
    for digest, _, _ in list(workspace.blobs.listing()):
        workspace.blobs.delete(digest)
    bare.delete("model.bin")
    return {"took_s": took_s, "grown_mb": grown_mb}


if __name__ == "__main__":
    print(json.dumps(_measure(sys.argv[1], sys.argv[2], Path(sys.argv[3]))))
