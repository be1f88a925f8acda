"""Load for a server on this machine: closed loop by wrk, open loop by a small client of our own. Bounded in time."""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from benchmarks.report import ROOT
from benchmarks.rounds import run
from benchmarks.serving_running import Running

WRK_SCRIPT = ROOT / "benchmarks" / "serving_wrk.lua"
CLIENT_SOURCE = ROOT / "benchmarks" / "serving_open_loop.c"


@dataclass(frozen=True, kw_only=True)
class Answered:
    """Of one run of load; all of its requests were answered with 200."""

    per_s: float
    p50_ms: float
    p99_ms: float
    cpu_us: float
    """What a request cost all of the server's processes together. Other work on the machine hardly changes it."""


def closed_loop(target: Running, *, connections: int, seconds: float) -> Answered:
    """Each connection asks again as soon as it is answered. Raises RuntimeError when any request failed."""
    threads = ["-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", "--timeout", "10s"]
    environment = dict(os.environ, BODY=str(target.body_file))
    before = target.cpu_s()
    said = run(["wrk", *threads, "-s", str(WRK_SCRIPT), target.url], environment)
    return closed_loop_answered(target.server.name, said, target.cpu_s() - before)


def closed_loop_answered(name: str, said: str, cpu_s: float) -> Answered:
    """From what wrk printed, whose last line is our script's."""
    found = json.loads(said.splitlines()[-1])
    if found["errors"] or not found["requests"]:
        raise RuntimeError(
            f"{name}: {found['errors']} of {found['requests']} requests failed under wrk, so it measured nothing"
        )
    return Answered(
        per_s=found["requests"] / found["seconds"],
        p50_ms=found["p50_ms"],
        p99_ms=found["p99_ms"],
        cpu_us=cpu_s / found["requests"] * 1e6,
    )


def build_client(folder: Path) -> Path:
    """The open-loop client, compiled."""
    client = folder / "open_loop"
    run(["cc", "-O2", "-o", str(client), str(CLIENT_SOURCE), "-lm"])
    return client


def open_loop(client: Path, target: Running, *, rate: float, connections: int, seconds: float) -> Answered:
    """Requests fall due at RATE whether or not the earlier ones were answered; latency counts from then."""
    command = [str(client), str(target.port), f"{rate:.3f}", f"{seconds:.3f}", str(connections)]
    before = target.cpu_s()
    done = subprocess.run(command, input=target.request, capture_output=True, check=False, timeout=seconds + 30)
    if done.returncode != 0:
        raise RuntimeError(f"{target.server.name}: the open-loop client ended with {done.returncode}: {done.stderr!r}")
    return open_loop_answered(target.server.name, done.stdout.decode(), seconds, target.cpu_s() - before)


def open_loop_answered(name: str, said: str, seconds: float, cpu_s: float) -> Answered:
    """From the client's line."""
    found = json.loads(said)
    lost = found["due"] - found["answered"] + found["errors"]
    if lost:
        raise RuntimeError(f"{name}: {lost} of {found['due']} requests failed in open loop, so it measured nothing")
    return Answered(
        per_s=found["answered"] / seconds,
        p50_ms=found["p50_ms"],
        p99_ms=found["p99_ms"],
        cpu_us=cpu_s / found["answered"] * 1e6,
    )
